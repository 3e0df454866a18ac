"""The only hand that changes the world: journal, then platform, then ledger."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from flametree_cfg.errors import Diagnostic, FlametreeError, Locked, PartlyApplied, error
from flametree_cfg.model import (
    LEDGER_ONLY,
    Action,
    Address,
    Batch,
    Event,
    FieldChange,
    Lease,
    Operation,
    Outcome,
    OutcomeStatus,
    Resource,
    Settled,
    Stage,
    Status,
    Stored,
    foreign_key,
)
from flametree_cfg.plan import Plan
from flametree_cfg.plan.waves import waves
from flametree_cfg.platform import SETTLE_S, Platform
from flametree_cfg.sql import crash
from flametree_cfg.state import Ledger

BATCH_SIZE = (
    500  # operations: one journal write and one platform transaction each; more gains little, less costs fsyncs
)


def resume(
    platform: Platform, ledger: Ledger, lease: Lease, stored: Stored, *, wait_s: float = SETTLE_S, continued: str = ""
) -> Iterator[Event]:
    """
    Settle what a crash left open: ask the platform what became of journaled operations, record it, and tell history.

    What was starting or stopping is brought to where it was going. Nothing else is executed, with one exception: what
    the platform never carried out is struck from the journal and planned anew, but an agent or a channel that was
    stopped to be started again, and whose running no YAML manages, is started again, as no plan would.

    Args:
        platform, ledger, lease: of the tenant.
        stored: read under the lease.
        wait_s: seconds to wait for what is on its way.
        continued: the run of a saved plan that is about to continue: it starts again itself what it stopped.
    """
    if stored.pending:
        yield from _recalled(platform, ledger, lease, stored)
    ledger.conclude(lease)
    settled = platform.settle(stored.tenant, None, wait_s)
    if settled:
        yield from _told(settled, stored.tenant, _addresses(ledger.read(stored.tenant).ids()))
    owed = [one for one in stored.pending if _is_owed(one) and not one.id.startswith(f"{continued}-")]
    if owed:
        yield from _started_again(owed, platform, ledger, lease, stored, wait_s)


def _recalled(platform: Platform, ledger: Ledger, lease: Lease, stored: Stored) -> Iterator[Event]:
    """Settle journal lines; those that are owed stay open until they are carried out."""
    known = platform.outcomes([operation.id for operation in stored.pending])
    _settle([one for one in stored.pending if one.id in known or not _is_owed(one)], known, ledger, lease)
    total = len(stored.pending)
    for index, operation in enumerate(stored.pending, 1):
        message = "done before the interruption" if operation.id in known else "never carried out; planned anew"
        if operation.id not in known and _is_owed(operation):
            message = "never carried out; it was to run again"
        yield Event(Stage.RESUMED, stored.tenant, operation, index, total, message)


def _settle(
    journaled: Sequence[Operation], known: Mapping[str, Outcome], ledger: Ledger, lease: Lease
) -> Mapping[str, Outcome]:
    """Record what the platform did of journaled operations, strike what it never did; gives the former."""
    if known:
        ledger.record(lease, [known[operation.id] for operation in journaled if operation.id in known])
    never = [operation.id for operation in journaled if operation.id not in known]
    if never:
        ledger.abandon(lease, never)
    return known


def _is_owed(operation: Operation) -> bool:
    """Tell whether an operation starts again what nobody else would: its YAML does not say that it runs."""
    after = operation.after
    return operation.action is Action.START and after is not None and "running" not in after.fields


def _started_again(
    owed: Sequence[Operation], platform: Platform, ledger: Ledger, lease: Lease, stored: Stored, wait_s: float
) -> Iterator[Event]:
    now = ledger.read(stored.tenant)
    left = {one.id for one in now.pending}
    ids = now.ids()
    for operation in owed:
        entry = now.entries.get(operation.address)
        if operation.id not in left:
            continue  # done before the interruption
        again = _again(operation.id, entry.resource) if entry else None
        if again is not None and not platform.outcomes([again.id]):
            try:
                _execute(Batch(stored.tenant, (again,), ids), platform, ledger, lease)
            except Locked:
                raise
            except FlametreeError as problem:
                yield Event(Stage.FAILED, stored.tenant, again, message=_words(problem))
        ledger.abandon(lease, [operation.id])
        if entry is not None:
            yield from _told(platform.settle(stored.tenant, [entry.id], wait_s), stored.tenant, _addresses(ids))


def _again(operation_id: str, resource: Resource) -> Operation:
    """Make the start of something as the ledger has it: what a plan was about to make of it did not happen."""
    run, _, number = operation_id.rpartition("-")
    after = resource.with_fields(running=True) if "running" in resource.fields else resource
    changes = (FieldChange(("running",), before=False, after=True),)
    name = f"{run}.again-{number}"
    return Operation(name, Action.START, resource.address, resource.type, before=resource, after=after, changes=changes)


def _words(problem: FlametreeError) -> str:
    return problem.diagnostics[0].detail if problem.diagnostics else str(problem)


def apply_plan(
    plan: Plan,
    platform: Platform,
    ledger: Ledger,
    lease: Lease,
    secrets: Mapping[str, str],
    run: str,
    *,
    wait_s: float = SETTLE_S,
) -> Iterator[Event]:
    """
    Carry a plan out, wave by wave; each is journaled before the platform hears of it and recorded after.

    What a wave stops or starts is waited for before the next one touches it, and all of it at the end.

    Args:
        plan: made under `lease`.
        platform, ledger, lease: of the tenant.
        secrets: value by reference, for every secret the plan has to send.
        run: unique for ever; with the number of an operation it makes the operation's id.
        wait_s: seconds to wait each time for what starts or stops.

    Yields:
        STARTED before and DONE after each wave's operations, WAITING before and SETTLED after what is waited for,
        FINISHED at the end.

    Raises:
        PartlyApplied: earlier waves are applied and recorded, the rest is not; or all is, but something did not start.
            Applying again continues.
        PlanStale, PlatformFailed, AccessDenied: nothing was applied.
        Locked: the lease was lost.
    """
    _amend(ledger, lease, [o for o in plan.operations if o.action in LEDGER_ONLY and o.action is not Action.FORGET])
    wanted = [replace(o, id=f"{run}-{o.id}") for o in plan.operations if o.action not in LEDGER_ONLY]
    carrying = _Carrying(plan.tenant, platform, ledger, lease, secrets, wait_s, len(wanted), run)
    carrying.ids = ledger.read(plan.tenant).ids()
    carrying.owed = {one.address: one for one in wanted if _is_owed(one)}
    try:
        yield from carrying.out(waves(wanted, BATCH_SIZE))
    except Locked:
        raise
    except FlametreeError as problem:
        if not carrying.done:
            raise
        yield from carrying.start_again()
        raise _partly(problem, carrying.done, carrying.total) from problem
    # Forgotten last: until here operations may speak of such an object, as the holder of a slot or of links.
    _amend(ledger, lease, [*(o for o in plan.operations if o.action is Action.FORGET), *plan.heals])
    yield Event(
        Stage.FINISHED, plan.tenant, None, carrying.total, carrying.total, elapsed_s=time.monotonic() - carrying.begun
    )
    if carrying.fallen:
        raise PartlyApplied(*(_fallen(address, one) for address, one in sorted(carrying.fallen.items())))


@dataclass
class _Carrying:
    """
    How far one plan is carried out.

    Attributes:
        ids: of everything there is, by address.
        owed: starts that are journaled with their stop, as no plan would make them again.
        moving: what was told to stop or to start and was not waited for.
        stopped: what this run stopped to start it again, and has not.
        fallen: what did not get where it was to go.
    """

    tenant: str
    platform: Platform
    ledger: Ledger
    lease: Lease
    secrets: Mapping[str, str] = field(repr=False)
    wait_s: float
    total: int
    run: str
    done: int = 0
    begun: float = field(default_factory=time.monotonic)
    ids: dict[Address, str] = field(default_factory=dict)
    owed: dict[Address, Operation] = field(default_factory=dict)
    moving: set[Address] = field(default_factory=set)
    stopped: dict[Address, Operation] = field(default_factory=dict)
    fallen: dict[Address, Settled] = field(default_factory=dict)

    def out(self, listed: Iterable[Sequence[Operation]]) -> Iterator[Event]:
        """Carry waves out, waiting where one touches what another moved, and where something is deaf meanwhile."""
        for wave in listed:
            if not self.moving.isdisjoint(one.address for one in wave):
                yield from self.wait()
            again = any(one.action is Action.START and one.address in self.stopped for one in wave)
            yield from self._wave(wave)
            if again:
                yield from self.wait()
        yield from self.wait()

    def _wave(self, wave: Sequence[Operation]) -> Iterator[Event]:
        for index, operation in enumerate(wave, self.done + 1):
            yield Event(Stage.STARTED, self.tenant, operation, index, self.total)
        owed = [self.owed[one.address] for one in wave if one.action is Action.STOP and one.address in self.owed]
        batch = Batch(self.tenant, tuple(wave), self.ids, self.secrets)
        outcomes = _execute(batch, self.platform, self.ledger, self.lease, owed)
        _learn_ids(self.ids, wave, outcomes)
        elapsed = time.monotonic() - self.begun
        for operation, outcome in zip(wave, outcomes, strict=True):
            self.done += 1
            self._note(operation)
            stage = Stage.DONE if outcome.status is OutcomeStatus.DONE else Stage.FAILED
            yield Event(stage, self.tenant, operation, self.done, self.total, outcome.message, elapsed)

    def _note(self, operation: Operation) -> None:
        address = operation.address
        if operation.action is Action.STOP:
            self.moving.add(address)
            if operation.part_of:
                self.stopped[address] = operation
        elif operation.action is Action.START:
            self.moving.add(address)
            self.stopped.pop(address, None)

    def wait(self) -> Iterator[Event]:
        """
        Wait for all that was told to stop or to start.

        Raises:
            PlatformFailed: something did not stop, and what comes next must not touch it.
        """
        if not self.moving:
            return
        waits, self.moving = tuple(sorted(self.moving)), set()
        by_id = {self.ids[address]: address for address in waits if address in self.ids}
        message = f"at most {self.wait_s:g} s"
        yield Event(Stage.WAITING, self.tenant, None, self.done, self.total, message, waits=waits)
        crash.point("before-settle")
        settled = self.platform.settle(self.tenant, by_id.keys(), self.wait_s)
        crash.point("after-settle")
        yield from _told(settled, self.tenant, by_id)
        stuck = []
        for one in settled:
            if not one.arrived:
                self.fallen[by_id[one.id]] = one
                stuck += [one] if one.wanted is Status.STOPPED else []
        if stuck:
            raise PartlyApplied(*(_fallen(by_id[one.id], self.fallen.pop(by_id[one.id])) for one in stuck))

    def start_again(self) -> Iterator[Event]:
        """Start what was stopped only to be started again: a plan that breaks off must leave nobody deaf."""
        entries = self.ledger.read(self.tenant).entries if self.stopped else {}
        operations = [
            _again(stop.id, entries[address].resource) for address, stop in self.stopped.items() if address in entries
        ]
        if not operations:
            return
        try:
            batch = Batch(self.tenant, tuple(operations), self.ids)
            _execute(batch, self.platform, self.ledger, self.lease)
            self.moving = {one.address for one in operations}
            owed = [self.owed[one.address].id for one in operations if one.address in self.owed]
            self.ledger.abandon(self.lease, owed)
            yield from self.wait()
        except Locked:
            raise
        except FlametreeError as problem:
            yield Event(Stage.FAILED, self.tenant, operations[0], self.done, self.total, _words(problem))


def _told(settled: Sequence[Settled], tenant: str, by_id: Mapping[str, Address]) -> Iterator[Event]:
    """Say what became of each; index and total are those of what was waited for."""
    for index, one in enumerate(settled, 1):
        address = by_id.get(one.id) or Address(one.kind, foreign_key(one.id))
        yield Event(
            Stage.SETTLED,
            tenant,
            None,
            index,
            len(settled),
            one.message,
            one.duration_s,
            address=address,
            settled=one,
        )


def _addresses(ids: Mapping[Address, str]) -> dict[str, Address]:
    return {one: address for address, one in ids.items()}


def _amend(ledger: Ledger, lease: Lease, operations: Sequence[Operation]) -> None:
    if operations:
        ledger.amend(lease, operations)


def _execute(
    batch: Batch, platform: Platform, ledger: Ledger, lease: Lease, owed: Sequence[Operation] = ()
) -> Sequence[Outcome]:
    """Journal, execute and record a batch; what is owed is journaled with it, and stays open."""
    ledger.intend(lease, replace(batch, operations=(*batch.operations, *owed)) if owed else batch)
    crash.point("before-platform")
    try:
        outcomes = platform.execute(batch)
    except FlametreeError:
        # A failed commit may have happened: ask, do not assume.
        known = platform.outcomes([operation.id for operation in batch.operations])
        _settle([*batch.operations, *(() if known else owed)], known, ledger, lease)
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


def start_failed(address: Address, message: str, hint: str) -> Diagnostic:
    """Say that something was applied and is in ERROR, with the platform's message."""
    detail = f"{address} is in ERROR: {message}"
    return error("start-failed", "Something was applied, but does not start", detail, hint, address=str(address))


def _fallen(address: Address, one: Settled) -> Diagnostic:
    if one.wanted is Status.RUNNING and one.status is Status.ERROR:
        return start_failed(address, one.message, "correct what it says, and apply again: it is started then")
    return error(
        "still-moving",
        "Something takes too long to start or to stop",
        f"{address} was to become {one.wanted.value} and is {one.status.value}"
        + (f": {one.message}" if one.message else ""),
        "apply again, which waits for it; --wait-timeout gives it longer",
        address=str(address),
    )


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
