"""`drift`: find what was changed outside."""

from __future__ import annotations

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.reports import report_option
from flametree_cfg.errors import ExitCode, worst


@click.group("drift", no_args_is_help=True)
def drift() -> None:
    """Find changes made outside."""


@drift.command("check")
@common
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@report_option
def check(invocation: Invocation, paths: tuple[str, ...]) -> ExitCode:
    """Compare what was last applied with the platform; leaves with 3 when something moved."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    results = engine.check_drift(paths, invocation.options())
    invocation.tell(d for result in results for d in result.diagnostics)
    invocation.show(Document.DRIFT, results)
    return worst(result.exit_code for result in results)
