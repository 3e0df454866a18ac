"""`drift revert`: put back what was changed outside, and nothing else."""

from __future__ import annotations

from typing import Any

import click

from flametree_cfg.cli.consent import consent
from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.probing import verify_options
from flametree_cfg.cli.targets import gate_options
from flametree_cfg.errors import ExitCode


@click.command("revert")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.argument("subjects", metavar="[ADDRESS[.FIELD]]...", nargs=-1)
@click.option("--yes", "-y", is_flag=True, show_envvar=True, help="Do not ask.")
@gate_options
@verify_options
def revert(invocation: Invocation, path: str, subjects: tuple[str, ...], *, yes: bool, **gates: Any) -> ExitCode:
    """
    Put back what was changed outside: fields as they were applied, deleted objects made again.

    Changes of the YAML that were not applied yet stay so; what was added outside stays where it is.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Apply, Document

    options = invocation.options(**gates)
    confirm = None if yes else consent(invocation, "Put this back?")
    result = engine.revert_drift(path, subjects, options, invocation.show_plan, confirm, invocation.progress)
    invocation.tell(result.diagnostics)
    invocation.show(Document.APPLY, Apply([result], "drift revert"))
    return result.exit_code
