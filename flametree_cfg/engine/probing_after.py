"""After an apply: check the connectors it made or changed, and go back from what does not answer, if so asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flametree_cfg.engine.checking_health import failures, run_checks
from flametree_cfg.engine.options import ApplyResult
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Diagnostic, ExitCode, FlametreeError, warning, worst
from flametree_cfg.model import (
    Action,
    Address,
    Event,
    Health,
    Kind,
    Operation,
    Probed,
    Resource,
    Stage,
    Status,
    live_snapshot,
)

if TYPE_CHECKING:
    from flametree_cfg.engine.applying import Hand

_OUTGOING = "~old"  # ends the key of an object whose successor is there before it goes


def connectors_written(operations: Iterable[Operation]) -> dict[Address, Resource]:
    """List the connectors that operations make, or give other settings or secrets; as they are afterwards."""
    found: dict[Address, Resource] = {}
    for operation in operations:
        address, after = operation.address, operation.after
        if address.kind is not Kind.CONNECTOR or after is None or _OUTGOING in address.key:
            continue
        changed = operation.action is Action.UPDATE and any(one.path[0] == "settings" for one in operation.changes)
        if changed or operation.action is Action.CREATE:
            found[address] = after
    return found


def look_after(
    result: ApplyResult,
    operations: Iterable[Operation],
    session: Session,
    hand: Hand,
    also: Collection[Address] = (),
) -> ApplyResult:
    """
    Check what one tenant's apply wrote, outside its lock.

    What was applied stays, unless the operator asked to go back: then everything of this run is undone by a plan of
    its own, under the same rules. A channel that does not start counts as what does not answer.

    Args:
        result: of the apply; nothing is checked if it applied nothing.
        operations: that it carried out.
        session: whose doors are open.
        hand: told what is found, and shown the plan of the way back.
        also: connectors whose secrets were sent again beside the operations.
    """
    if not session.options.verify or not result.applied:
        return result
    operations = tuple(operations)
    written = {*connectors_written(operations), *(one for one in also if one.kind is Kind.CONNECTOR)}
    try:
        looked = _checked(result, written, session, hand) if written else result
    except FlametreeError as problem:
        code = worst([result.exit_code, problem.exit_code])
        return replace(result, diagnostics=(*result.diagnostics, *problem.diagnostics), exit_code=code)
    if not session.options.rollback_on_unhealthy or not (_unwell(looked) or _not_started(looked)):
        return looked
    made = [one.address for one in operations if one.action is Action.CREATE]
    return _back(looked, made, session, hand)


def _unwell(result: ApplyResult) -> bool:
    return any(one.found.health is Health.UNHEALTHY for one in result.checks)


def _not_started(result: ApplyResult) -> bool:
    """Tell whether a channel or an agent was to run and does not: its provider refused it as it starts."""
    settled = (one.settled for one in result.transitions)
    return any(one.wanted is Status.RUNNING and one.status is Status.ERROR for one in settled)


def _checked(result: ApplyResult, written: Collection[Address], session: Session, hand: Hand) -> ApplyResult:
    tenant = result.tenant_name
    ids = session.ledger.read(tenant).ids()
    live = session.platform.read_some(tenant, [ids[one] for one in written if one in ids])
    snapshot, objects = live_snapshot(live, ids)

    def tell(_tenant: str, one: Probed) -> None:
        bad = one.found.health is Health.UNHEALTHY
        said = f"checked {one.address}: {one.found.health.value}: {one.found.message}"
        hand.on_event(Event(Stage.FAILED if bad else Stage.DONE, tenant, message=said, elapsed_s=one.found.duration_s))

    checks = run_checks(tenant, list(snapshot.of_kind(Kind.CONNECTOR)), objects, session, tell)
    wrong = tuple(failures(checks))
    code = worst([result.exit_code, ExitCode.CHECK_FAILED]) if wrong else result.exit_code
    return replace(result, checks=checks, diagnostics=(*result.diagnostics, *wrong), exit_code=code)


def _back(result: ApplyResult, made: Iterable[Address], session: Session, hand: Hand) -> ApplyResult:
    """Go back to the apply before; what this run made may be deleted again, for it is a minute old."""
    number = result.run_number - 1
    if number < 1:
        return replace(result, diagnostics=(*result.diagnostics, _nowhere(result)))
    from flametree_cfg.engine.rolling_back import go_back

    chosen = session.options
    allowed = (*chosen.allow_delete, *map(str, made))
    limits = replace(chosen, allow_delete=allowed, max_delete="100%", targets=(), no_delete=False)
    twin = session.with_options(limits)
    try:
        back = go_back(result.folder, number, twin, hand)
        if back.plan is not None:
            written = connectors_written(back.plan.operations)
            back = _checked(back, written, twin, hand) if written and back.applied else back
    except FlametreeError as problem:
        back = ApplyResult(result.folder, result.tenant_name, problem.exit_code, tuple(problem.diagnostics))
    code = worst([result.exit_code, back.exit_code])
    return replace(result, back=back, diagnostics=(*result.diagnostics, *back.diagnostics), exit_code=code)


def _nowhere(result: ApplyResult) -> Diagnostic:
    return warning(
        "no-way-back",
        "There is nothing to go back to",
        f"this was the first apply of tenant {result.tenant_name!r}; what it made stays",
        "repair what does not answer and apply again, or `flametree-cfg destroy` what was made",
    )
