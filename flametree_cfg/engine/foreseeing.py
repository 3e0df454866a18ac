"""Say of a plan what goes beyond the plan: what applying it would refuse, what it gives away, how long applies took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from flametree_cfg.engine.guarding import as_warnings, refusals, take_census
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.sight import Sight
from flametree_cfg.errors import Diagnostic, Related, warning
from flametree_cfg.impact.destinations import Fields, new_destinations
from flametree_cfg.impact.types import Rename
from flametree_cfg.model import LEDGER_ONLY, Address
from flametree_cfg.plan import Plan

MEASURED = 3  # applies: fewer are no expectation
LOOKED_AT = 10  # applies: some failed; all would make a plan slower the longer a history is


def foresee(plan: Plan, sight: Sight, session: Session) -> tuple[Plan, tuple[Diagnostic, ...]]:
    """
    Complete a plan that changes something.

    Returns:
        The plan, and what a reader should know besides.

    Raises:
        ConfigInvalid: a file changed since the run began.
    """
    found = refusals(plan, take_census(plan, session), session.options)
    renames = plan.impact.renames if plan.impact else ()
    told = (*_destinations(plan, sight, session), *map(_likely_rename, renames), *as_warnings(found))
    return replace(plan, refusals=found, durations=_durations(plan, session)), told


def _destinations(plan: Plan, sight: Sight, session: Session) -> Iterator[Diagnostic]:
    if not sight.stored.serial:
        return  # nothing was applied, so no secret went anywhere
    changed = [change for change in plan.changes if change.before is not change.after]

    def others() -> Iterator[Fields]:
        return _staying(sight, {change.address for change in changed})

    before = [change.before for change in changed if change.before is not None]
    after = [change.after for change in changed if change.after is not None]
    yield from new_destinations(before, after, others, session.catalog)


def _staying(sight: Sight, changed: set[Address]) -> Iterator[Fields]:
    """List what is declared and stays as it is, of all the tenant: planning may have looked at a part."""
    tenant = sight.reading.tenant or sight.tenant
    for address, declaration in tenant.declarations.items():
        if address not in changed:
            yield address.kind, declaration.resource.fields


def _likely_rename(rename: Rename) -> Diagnostic:
    before, after = rename.before, rename.after
    return warning(
        "likely-rename",
        "An object goes while one just like it comes under another key",
        f"{before} would be deleted and {after} be made: same type, name and settings",
        f"to keep the object, add `previously: [{before.key}]` under `{after.key}:`",
        address=str(after),
        related=(Related("add the line below this key", str(after)),),
    )


def _durations(plan: Plan, session: Session) -> tuple[float, ...]:
    if all(operation.action in LEDGER_ONLY for operation in plan.operations):
        return ()
    runs = session.ledger.history(plan.tenant, LOOKED_AT)
    applied: Iterable[float] = (run.duration_s for run in runs if run.result == "applied")
    measured = tuple(applied)[:MEASURED]
    return measured if len(measured) == MEASURED else ()
