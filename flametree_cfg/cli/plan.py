"""`plan`: show what `apply` would do."""

from __future__ import annotations

from typing import Any

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.probing import reach_options
from flametree_cfg.cli.reports import report_option
from flametree_cfg.cli.targets import gate_options, read_only_option, target_option
from flametree_cfg.errors import Diagnostic, ExitCode, WrongUsage, error, worst


@click.command("plan")
@common
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@environment_options
@click.option("--detailed-exitcode", is_flag=True, show_envvar=True, help="Leave with 2 when changes are pending.")
@click.option(
    "--no-refresh",
    is_flag=True,
    show_envvar=True,
    help="Compare with the ledger only: reads no platform, resolves no secret.",
)
@click.option(
    "--probe",
    is_flag=True,
    show_envvar=True,
    help="Try new and changed connectors before anything is applied. Sends their secrets: never where nobody reviewed.",
)
@reach_options
@gate_options
@target_option
@click.option("--out", metavar="FILE", show_envvar=True, help="Save the plan, for `apply FILE`.")
@click.option(
    "--valid-for",
    "valid_h",
    metavar="HOURS",
    type=click.FloatRange(min=0, min_open=True, max=24 * 366),
    default=168,
    show_default=True,
    show_envvar=True,
    help="How long a saved plan can be applied.",
)
@read_only_option
@report_option
def plan(
    invocation: Invocation,
    paths: tuple[str, ...],
    *,
    detailed_exitcode: bool,
    no_refresh: bool,
    targets: tuple[str, ...],
    out: str | None,
    probe: bool,
    valid_h: float,
    read_only: bool,
    **gates: Any,
) -> ExitCode:
    """
    Show what apply would do. Changes nothing.

    With --probe, connectors that would be made or changed are called with the values their references have here. That
    sends secrets to the addresses in the YAML, so it is for configuration that somebody reviewed, never for a pull
    request as it comes in. Leaves with 9 when one is unhealthy.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Line

    options = invocation.options(refresh=not no_refresh, targets=targets, read_only=read_only, **gates)
    if probe and no_refresh:
        raise WrongUsage(_probes_unread())
    results = engine.make_plans(paths, options)
    if probe:
        from flametree_cfg.cli.check import tell_checks

        results = engine.probe_plans(results, paths, options, tell_checks(invocation))
    unplanned = [result for result in results if result.plan is None]
    invocation.tell(d for result in unplanned for d in result.diagnostics)
    invocation.show(Document.PLAN, results)
    if out is not None:
        engine.save_plans(results, out, options, valid_h)
        invocation.err.show([Line(f"Saved to {out}; approve {engine.digest_of_all(results)}")])
    codes = [result.exit_code for result in results]
    if detailed_exitcode:
        codes += [ExitCode.CHANGES_PENDING for result in results if result.plan is not None and not result.plan.settled]
    return worst(codes)


def _probes_unread() -> Diagnostic:
    return error(
        "wrong-usage",
        "The command line is not understood",
        "--no-refresh resolves no secret, and --probe needs their values",
        "leave one of them out",
    )
