"""`apply`: make the platform as the YAML says, or as a saved plan says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from flametree_cfg.cli.consent import consent
from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.probing import verify_options
from flametree_cfg.cli.targets import gate_options, target_option
from flametree_cfg.errors import Diagnostic, ExitCode, WrongUsage, error, worst

if TYPE_CHECKING:
    from flametree_cfg.engine import ApplyResult
    from flametree_cfg.plan.saved import SavedPlan


@click.command("apply")
@common
@click.argument("paths", metavar="PATH...|PLANFILE", nargs=-1, required=True)
@environment_options
@click.option("--yes", "-y", is_flag=True, show_envvar=True, help="Do not ask.")
@click.option(
    "--expect",
    metavar="DIGEST",
    default="",
    show_envvar=True,
    help="Apply only the plan with this digest, which was approved; does not ask.",
)
@gate_options
@verify_options
@click.option(
    "--rollback-on-unhealthy",
    is_flag=True,
    show_envvar=True,
    help="If a connector that was made or changed does not answer, undo this apply by a plan of its own.",
)
@target_option
def apply(
    invocation: Invocation,
    paths: tuple[str, ...],
    *,
    yes: bool,
    expect: str,
    targets: tuple[str, ...],
    no_delete: bool,
    **gates: Any,
) -> ExitCode:
    """
    Make the platform as the YAML says, or do what a plan file of `plan --out` says and nothing else.

    Shows the plan and asks first, unless it is a plan file; continues an interrupted apply by itself. Afterwards it
    checks the connectors it made or changed; leaves with 9 when one is unhealthy, and undoes nothing unless told to.
    """
    from flametree_cfg import engine
    from flametree_cfg.config.planfile import is_plan_file
    from flametree_cfg.report import Apply, Document

    if gates["rollback_on_unhealthy"] and not gates["verify"]:
        raise WrongUsage(_unverified())
    options = invocation.options(targets=targets, no_delete=no_delete, **gates)
    results: list[ApplyResult]
    if any(is_plan_file(path) for path in paths):
        if len(paths) > 1 or no_delete or targets or options.variables or options.var_files:
            raise WrongUsage(_only_the_file())
        results = engine.apply_saved(
            paths[0], options, expect, _announce(invocation), invocation.progress, invocation.show_plan
        )
    else:
        confirm = None if yes or expect else consent(invocation, "Apply these changes?")
        results = engine.apply(paths, options, invocation.show_plan, confirm, invocation.progress, expect)
    invocation.tell(d for result in results for d in result.diagnostics)
    invocation.show(Document.APPLY, Apply(results))
    return worst(result.exit_code for result in results)


def _announce(invocation: Invocation) -> Callable[[SavedPlan], None]:
    """Make what tells, before anything is written, which plan is applied to whom."""

    def announce(saved: SavedPlan) -> None:
        from flametree_cfg import engine
        from flametree_cfg.report import Line, Tone, probed_lines

        lines = [Line(f"Plan of {saved.made_at}, digest {saved.digest}", Tone.HEAD)]
        for tenant in saved.tenants:
            count = len(tenant.body["operations"])
            lines.append(Line(f"  {tenant.tenant}: {count} {'operation' if count == 1 else 'operations'}"))
            lines += probed_lines(engine.aged(tenant.probed), invocation.beside.symbols, "    ")
        invocation.beside.show(lines)

    return announce


def _only_the_file() -> Diagnostic:
    return error(
        "wrong-usage",
        "The command line is not understood",
        "a plan file stands alone: it holds all its tenants, targets, deletions and what variables stood for",
        "leave out other paths, --target, --no-delete, --var and --var-file, or give them to `plan --out`",
    )


def _unverified() -> Diagnostic:
    return error(
        "wrong-usage",
        "The command line is not understood",
        "--rollback-on-unhealthy goes back from what a check finds, and --no-verify checks nothing",
        "leave one of them out; FLAMETREE_VERIFY may say no too",
    )
