"""`plan`: show what `apply` would do."""

from __future__ import annotations

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.reports import report_option
from flametree_cfg.cli.targets import target_option
from flametree_cfg.errors import ExitCode, worst


@click.command("plan")
@common
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--detailed-exitcode", is_flag=True, show_envvar=True, help="Leave with 2 when changes are pending.")
@click.option(
    "--no-refresh",
    is_flag=True,
    show_envvar=True,
    help="Compare with the ledger only: reads no platform, resolves no secret.",
)
@target_option
@report_option
def plan(
    invocation: Invocation,
    paths: tuple[str, ...],
    *,
    detailed_exitcode: bool,
    no_refresh: bool,
    targets: tuple[str, ...],
) -> ExitCode:
    """Show what apply would do. Changes nothing."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    results = engine.make_plans(paths, invocation.options(refresh=not no_refresh, targets=targets))
    unplanned = [result for result in results if result.plan is None]
    invocation.tell(d for result in unplanned for d in result.diagnostics)
    invocation.show(Document.PLAN, results)
    codes = [result.exit_code for result in results]
    if detailed_exitcode:
        codes += [ExitCode.CHANGES_PENDING for result in results if result.plan is not None and not result.plan.empty]
    return worst(codes)
