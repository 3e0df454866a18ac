"""`rollback`: make the objects what they were after an earlier apply."""

from __future__ import annotations

from typing import Any

import click

from flametree_cfg.cli.consent import consent
from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.probing import verify_options
from flametree_cfg.cli.targets import gate_options, target_option
from flametree_cfg.errors import ExitCode, worst


@click.command("rollback")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.argument("run", metavar="N", type=click.IntRange(1))
@click.option("--yes", "-y", is_flag=True, show_envvar=True, help="Do not ask.")
@click.option(
    "--expect",
    metavar="DIGEST",
    default="",
    show_envvar=True,
    help="Apply only the plan with this digest, which was approved; does not ask.",
)
@click.option("--out", metavar="FILE", show_envvar=True, help="Save the plan, for `apply FILE`; apply nothing.")
@gate_options
@verify_options
@target_option
def rollback(
    invocation: Invocation,
    path: str,
    run: int,
    *,
    yes: bool,
    expect: str,
    out: str | None,
    targets: tuple[str, ...],
    **gates: Any,
) -> ExitCode:
    """
    Make the objects of a tenant what they were after apply N of its history.

    Shows the plan and asks first. The YAML is not changed: bring it back too, or the next apply undoes the rollback.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Apply, Document, Line

    options = invocation.options(targets=targets, **gates)
    if out is not None:
        return _save(invocation, engine.plan_rollback(path, run, options), out, options)
    confirm = None if yes or expect else consent(invocation, f"Go back to run {run}?")
    results = engine.rollback(path, run, options, invocation.show_plan, confirm, invocation.progress, expect)
    invocation.tell(d for result in results for d in result.diagnostics)
    invocation.show(Document.APPLY, Apply(results, "rollback"))
    differing = [
        d for result in results if not result.exit_code for d in result.diagnostics if d.code == "yaml-differs"
    ]
    if targets:
        return worst(result.exit_code for result in results)  # a part went back: neither is at that run
    invocation.err.show(Line(f"The platform is back at run {run}, the YAML is not: {d.hint}") for d in differing)
    return worst(result.exit_code for result in results)


def _save(invocation: Invocation, planned: Any, out: str, options: Any) -> ExitCode:
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Line

    if planned.plan is None:
        invocation.tell(planned.diagnostics)
    invocation.show(Document.PLAN, [planned])
    if planned.plan is not None:
        engine.save_plans([planned], out, options)
        invocation.err.show([Line(f"Saved to {out}; approve {planned.digest}")])
    exit_code: ExitCode = planned.exit_code
    return exit_code
