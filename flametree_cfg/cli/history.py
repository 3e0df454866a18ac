"""`history`: what was applied, when and by whom."""

from __future__ import annotations

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode


@click.group("history", no_args_is_help=True)
def history() -> None:
    """What was applied, when and by whom."""


@history.command("list")
@common
@click.argument("path", metavar="PATH")
def list_runs(invocation: Invocation, path: str) -> ExitCode:
    """List the applies of a tenant, newest first."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document, History

    invocation.show(Document.HISTORY, History(path, engine.history(path, invocation.options())))
    return ExitCode.OK


@history.command("show")
@common
@click.argument("path", metavar="PATH")
@click.argument("run", metavar="N", type=click.IntRange(1))
def show_run(invocation: Invocation, path: str, run: int) -> ExitCode:
    """Show one apply: every operation, with its fields before and after."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Run

    line, operations = engine.history_show(path, run, invocation.options())
    invocation.show(Document.RUN, Run(line, operations))
    return ExitCode.OK
