"""The only hand that changes the world: journal, then platform, then ledger."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from flametree_cfg.errors import FlametreeError, Locked, PartlyApplied, error
from flametree_cfg.model import (
    LEDGER_ONLY,
    Action,
    Address,
    Batch,
    Event,
    Lease,
    Operation,
    Outcome,
    OutcomeStatus,
    Stage,
    Stored,
)
from flametree_cfg.plan import Plan
from flametree_cfg.platform import Platform
from flametree_cfg.sql import crash
from flametree_cfg.state import Ledger

BATCH_SIZE = (
    500  # operations: one journal write and one platform transaction each; more gains little, less costs fsyncs
)


def resume(platform: Platform, ledger: Ledger, lease: Lease, stored: Stored) -> Iterator[Event]:
    """
    Settle what a crash left open: ask the platform what became of journaled operations, and record it.

    Nothing is executed: what the platform never carried out is struck from the journal and planned anew.
    """
    if not stored.pending:
        return
    known = _settle(stored.pending, platform, ledger, lease)
    total = len(stored.pending)
    for index, operation in enumerate(stored.pending, 1):
        message = "done before the interruption" if operation.id in known else "never carried out; planned anew"
        yield Event(Stage.RESUMED, stored.tenant, operation, index, total, message)


def _settle(journaled: Sequence[Operation], platform: Platform, ledger: Ledger, lease: Lease) -> Mapping[str, Outcome]:
    """Record what the platform did of journaled operations, strike what it never did; gives the former."""
    known = platform.outcomes([operation.id for operation in journaled])
    if known:
        ledger.record(lease, [known[operation.id] for operation in journaled if operation.id in known])
    never = [operation.id for operation in journaled if operation.id not in known]
    if never:
        ledger.abandon(lease, never)
    return known


def apply_plan(
    plan: Plan, platform: Platform, ledger: Ledger, lease: Lease, secrets: Mapping[str, str], run: str
) -> Iterator[Event]:
    """
    Carry a plan out, batch by batch; each is journaled before the platform hears of it and recorded after.

    Args:
        plan: made under `lease`.
        secrets: value by reference, for every secret the plan has to send.
        run: unique for ever; with the number of an operation it makes the operation's id.

    Yields:
        STARTED before and DONE after each batch's operations, FINISHED at the end.

    Raises:
        PartlyApplied: earlier batches are applied and recorded, the rest is not; applying again continues.
        PlanStale, PlatformFailed, AccessDenied: nothing was applied.
        Locked: the lease was lost.
    """
    started = time.monotonic()
    _amend(ledger, lease, [o for o in plan.operations if o.action in LEDGER_ONLY and o.action is not Action.FORGET])
    ids = ledger.read(plan.tenant).ids()
    wanted = [replace(o, id=f"{run}-{o.id}") for o in plan.operations if o.action not in LEDGER_ONLY]
    total = len(wanted)
    for first in range(0, total, BATCH_SIZE):
        operations = wanted[first : first + BATCH_SIZE]
        for index, operation in enumerate(operations, first + 1):
            yield Event(Stage.STARTED, plan.tenant, operation, index, total)
        try:
            outcomes = _execute(Batch(plan.tenant, tuple(operations), ids, secrets), platform, ledger, lease)
        except Locked:
            raise
        except FlametreeError as problem:
            if first:
                raise _partly(problem, first, total) from problem
            raise
        _learn_ids(ids, operations, outcomes)
        elapsed = time.monotonic() - started
        for index, (operation, outcome) in enumerate(zip(operations, outcomes, strict=True), first + 1):
            stage = Stage.DONE if outcome.status is OutcomeStatus.DONE else Stage.FAILED
            yield Event(stage, plan.tenant, operation, index, total, outcome.message, elapsed)
    # Forgotten last: until here operations may speak of such an object, as the holder of a slot or of links.
    _amend(ledger, lease, [*(o for o in plan.operations if o.action is Action.FORGET), *plan.heals])
    yield Event(Stage.FINISHED, plan.tenant, None, total, total, elapsed_s=time.monotonic() - started)


def _amend(ledger: Ledger, lease: Lease, operations: Sequence[Operation]) -> None:
    if operations:
        ledger.amend(lease, operations)


def _execute(batch: Batch, platform: Platform, ledger: Ledger, lease: Lease) -> Sequence[Outcome]:
    ledger.intend(lease, batch)
    crash.point("before-platform")
    try:
        outcomes = platform.execute(batch)
    except FlametreeError:
        _settle(batch.operations, platform, ledger, lease)  # a failed commit may have happened: ask, do not assume
        raise
    crash.point("after-platform")
    ledger.record(lease, outcomes)
    return outcomes


def _learn_ids(ids: dict[Address, str], operations: Sequence[Operation], outcomes: Sequence[Outcome]) -> None:
    for operation, outcome in zip(operations, outcomes, strict=True):
        if operation.action is Action.DELETE:
            ids.pop(operation.address, None)
        elif outcome.id:
            ids[operation.address] = outcome.id


def _partly(problem: FlametreeError, done: int, total: int) -> PartlyApplied:
    return PartlyApplied(
        error(
            "partly-applied",
            "Some operations were applied, the rest was not",
            f"{done} of {total} operations are applied and recorded",
            "nothing is lost: run apply again, it plans what remains",
        ),
        *problem.diagnostics,
    )
