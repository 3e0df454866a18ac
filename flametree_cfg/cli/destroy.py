"""`destroy`: delete everything of a tenant that is ours."""

from __future__ import annotations

import click

from flametree_cfg.cli.consent import consent
from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.targets import allow_delete_option
from flametree_cfg.errors import ExitCode, worst


@click.command("destroy")
@common
@click.argument("path", metavar="PATH")
@environment_options
@click.option("--yes", "-y", is_flag=True, show_envvar=True, help="Do not ask.")
@allow_delete_option
def destroy(invocation: Invocation, path: str, *, yes: bool, allow_delete: tuple[str, ...]) -> ExitCode:
    """Delete everything of a tenant that is ours; foreign objects stay. Needs --allow-delete all."""
    from flametree_cfg import engine
    from flametree_cfg.report import Apply, Document

    options = invocation.options(allow_delete=allow_delete)
    confirm = None if yes else consent(invocation, "Delete all of this? Type the tenant's name.", answer="")
    results = engine.destroy(path, options, invocation.show_plan, confirm, invocation.progress)
    invocation.tell(d for result in results for d in result.diagnostics)
    invocation.show(Document.APPLY, Apply(results, "destroy"))
    return worst(result.exit_code for result in results)
