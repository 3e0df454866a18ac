"""Save plans: what was shown, in a file that is applied as it is or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from flametree_cfg import __version__
from flametree_cfg.config.planfile import write_plan_file
from flametree_cfg.engine.options import Options, PlanResult
from flametree_cfg.errors import Diagnostic, FlametreeError, error
from flametree_cfg.plan import plan_body
from flametree_cfg.plan.saved import SavedPlan, SavedTenant, overall_digest, write_saved

VALID_H = 168  # hours: a review that takes longer than a week looks at another world


def save_plans(results: Sequence[PlanResult], path: str, options: Options, valid_h: float = VALID_H) -> str:
    """
    Save plans to a file.

    Args:
        results: as `make_plans` gives them.
        path: of the file; replaced if it is there.
        valid_h: hours until it expires.

    Returns:
        The digest that people approve.

    Raises:
        FlametreeError: there is no plan of a tenant (`no-plan-to-save`), or the file cannot be written.
    """
    planned = [result for result in results if result.folder]
    missing = [result for result in planned if result.plan is None]
    if missing or not planned:
        raise FlametreeError(
            error(
                "no-plan-to-save",
                "No plan file was written",
                f"there is no plan of {', '.join(one.tenant_name or one.folder for one in missing) or 'anything'}",
                "a plan file holds all tenants of a run or none: correct these, or plan the others by themselves",
            )
        )
    now = options.outside.now()
    saved = SavedPlan(
        options.outside.new_run(),
        __version__,
        now,
        (datetime.fromisoformat(now) + timedelta(hours=valid_h)).isoformat(timespec="seconds"),
        tuple(sorted((_tenant(result, options) for result in planned), key=lambda tenant: tenant.tenant)),
    )
    write_plan_file(path, write_saved(saved))
    return saved.digest


def _tenant(result: PlanResult, options: Options) -> SavedTenant:
    plan = result.plan
    assert plan is not None  # noqa: S101  # the caller saw to it
    return SavedTenant(
        plan.tenant,
        result.folder,
        plan_body(plan),
        result.digest,
        plan.lineage,
        plan.serial,
        plan.platform or result.platform,
        options.outside.commit(Path(result.folder)) if result.commit is None else result.commit,
        plan.rotated,
        result.note,
        result.probed,
    )


def digest_of_all(results: Sequence[PlanResult]) -> str:
    """Name what a run does to all its tenants; empty where there is a plan of none."""
    digests = {result.tenant_name: result.digest for result in results if result.plan is not None}
    return overall_digest(digests) if digests else ""


def not_approved(expect: str, digest: str) -> Diagnostic:
    """Say that what would be applied is not what was approved."""
    return error(
        "not-approved",
        "This is not the plan that was approved",
        f"approved was {expect}, this is {digest or 'no plan'}",
        "nothing was applied; look at the new plan and approve its digest",
    )
