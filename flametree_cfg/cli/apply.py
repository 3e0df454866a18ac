"""`apply`: make the platform as the YAML says."""

from __future__ import annotations

import click

from flametree_cfg.cli.consent import consent
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.targets import allow_delete_option, target_option
from flametree_cfg.errors import ExitCode, worst


@click.command("apply")
@common
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--yes", "-y", is_flag=True, show_envvar=True, help="Do not ask.")
@click.option("--no-delete", is_flag=True, show_envvar=True, help="Delete nothing.")
@allow_delete_option
@target_option
def apply(
    invocation: Invocation,
    paths: tuple[str, ...],
    *,
    yes: bool,
    no_delete: bool,
    allow_delete: tuple[str, ...],
    targets: tuple[str, ...],
) -> ExitCode:
    """Make the platform as the YAML says. Shows the plan and asks first; continues an interrupted apply by itself."""
    from flametree_cfg import engine
    from flametree_cfg.report import Apply, Document

    options = invocation.options(no_delete=no_delete, allow_delete=allow_delete, targets=targets)
    confirm = None if yes else consent(invocation, "Apply these changes?")
    results = engine.apply(paths, options, invocation.show_plan, confirm, invocation.progress)
    invocation.tell(d for result in results for d in result.diagnostics)
    invocation.show(Document.APPLY, Apply(results))
    return worst(result.exit_code for result in results)
