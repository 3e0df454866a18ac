"""Carry a plan out under the tenant's lock, and remember it; the same for a plan just made and for one from a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.apply import apply_plan
from flametree_cfg.engine.options import Options, Transition
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import ConfigInvalid, Diagnostic, error
from flametree_cfg.model import (
    LEDGER_ONLY,
    Action,
    AppliedRun,
    Event,
    Hiding,
    Holder,
    Lease,
    Operation,
    Secret,
    Stage,
    secrets_in,
)
from flametree_cfg.plan import Plan

OnEvent = Callable[[Event], None]

_PLAIN = frozenset({str, bool, int, float, type(None)})  # values that hold no secret


class Progress(Struct):
    """What happened so far; read when something breaks off. `plan` is what is carried out, if it came to that."""

    applied: int = 0
    total: int = 0
    resumed: int = 0
    run_number: int = 0
    serial: int = 0
    plan: Plan | None = None
    transitions: list[Transition] = field(default_factory=list)

    def note_resumed(self, event: Event) -> None:
        """Take in what settling an interruption did."""
        self.resumed += event.stage is Stage.RESUMED
        self._note_settled(event)

    def note(self, event: Event) -> None:
        """Take in what just happened."""
        if event.settled is None:
            self.total = event.total
        self.applied += event.stage is Stage.DONE
        self._note_settled(event)

    def _note_settled(self, event: Event) -> None:
        if event.settled is not None and event.address is not None:
            self.transitions.append(Transition(event.address, event.settled))


class Work(Hiding, frozen=True):
    """
    A plan about to be carried out.

    Attributes:
        folder: of the tenant.
        digest: of the plan's body.
        values: of secrets, by reference.
        problems: why others did not resolve, by reference.
        run: unique for ever; empty for a new one.
        approved: it belongs to a plan that passed the gates.
        note: goes before the summary in history.
        commit: for history; None for that of the folder.
    """

    never_shown = frozenset({"values"})

    plan: Plan
    folder: str
    digest: str
    values: Mapping[str, str]
    problems: Mapping[str, str]
    run: str = ""
    approved: bool = False
    note: str = ""
    commit: str | None = None


class Carried(NamedTuple):
    """The ledger's serial afterwards, and the number of the run in history; 0 if nothing was written there."""

    serial: int
    number: int


def carry_out(work: Work, session: Session, lease: Lease, on_event: OnEvent, progress: Progress) -> Carried:
    """
    Carry a plan out under a lock, and remember it in history.

    Raises:
        Refused: it goes beyond what was allowed; nothing was written.
        ConfigInvalid: a secret that has to be sent does not resolve; nothing was written.
        FlametreeError: as `apply_plan`.
    """
    plan = progress.plan = work.plan
    if plan.operations and not work.approved:
        from flametree_cfg.engine.guarding import guard

        guard(plan, session)
    secrets = needed_secrets(plan, work, session)
    bind_platform(session, lease)
    run, at = work.run or session.options.outside.new_run(), session.options.outside.now()
    begun, wait_s = time.monotonic(), session.options.wait_s
    outcome, serial = "failed", plan.serial
    line = None
    if plan.operations:
        line = replace(_history_line(work, session.options), run=run, at=at)
        session.ledger.begin(lease, line, plan.operations)
    try:
        for event in apply_plan(plan, session.platform, session.ledger, lease, secrets, run, wait_s=wait_s):
            progress.note(event)
            on_event(event)
        outcome = "applied"
    finally:
        number = 0
        bind_platform(session, lease)  # a registry that was just made has its name only now
        if line is not None:
            if outcome != "applied" and progress.applied:
                outcome = "partial"
            serial = progress.serial = session.ledger.read_some(plan.tenant, ()).serial
            line = replace(line, duration_s=_since(begun), result=outcome, serial=serial)
            number = progress.run_number = session.ledger.remember(lease, line, plan.operations)
    return Carried(serial, number)


def bind_platform(session: Session, lease: Lease) -> None:
    """Say in the ledger which platform its ids belong to, as soon as the platform has a name."""
    if session.platform.identity:
        session.ledger.bind_platform(lease, session.platform.identity)


def needed_secrets(plan: Plan, work: Work, session: Session) -> dict[str, str]:
    """
    Give the values of every secret the plan has to send.

    Raises:
        ConfigInvalid: one does not resolve here (`unresolved-secret`) or its value cannot be right; nothing was sent.
    """
    needed: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for operation, path, secret in sent(plan.operations):
        value = work.values.get(secret.reference)
        if value is None:
            reason = work.problems.get(secret.reference, "it was not looked up")
            problems.append(_unresolved(operation, path, secret.reference, reason))
            continue
        needed[secret.reference] = value
        if path[0] == "settings":
            inner = path[1:]
            found = session.catalog.check_secret(operation.address.kind, operation.type, inner, value)
            problems += [replace(one, address=str(operation.address)) for one in found]
    if problems:
        raise ConfigInvalid(*problems)
    return needed


def sent(operations: Sequence[Operation]) -> Iterator[tuple[Operation, tuple[str | int, ...], Secret]]:
    """List the secrets that operations send, each with its operation and path."""
    for operation in operations:
        if operation.action in LEDGER_ONLY or operation.action is Action.DELETE:
            continue
        for change in operation.changes:
            if change.after.__class__ in _PLAIN:
                continue
            for path, secret in secrets_in(change.after, change.path):
                yield operation, path, secret


def _unresolved(operation: Operation, path: tuple[str | int, ...], reference: str, reason: str) -> Diagnostic:
    return error(
        "unresolved-secret",
        "A secret that has to be sent does not resolve here",
        f"{operation.address} {'.'.join(map(str, path))}: {reference}: {reason}",
        "provide it and apply again; nothing was sent",
        address=str(operation.address),
        path=path,
    )


def holder_of(options: Options) -> Holder:
    """Say who we are, for the one who waits."""
    outside = options.outside
    return Holder(outside.user(), outside.host(), outside.pid(), options.command)


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 3)


def _history_line(work: Work, options: Options) -> AppliedRun:
    return AppliedRun(
        work.plan.tenant,
        number=0,
        run="",
        at="",
        who=options.outside.user(),
        commit=options.outside.commit(Path(work.folder)) if work.commit is None else work.commit,
        digest=work.digest,
        summary=f"{work.note}: {summary_of(work.plan)}" if work.note else summary_of(work.plan),
        duration_s=0.0,
        result="",
        serial=work.plan.serial,
    )


def summary_of(plan: Plan) -> str:
    """Count a plan's operations by what they do: `3 create, 1 update`."""
    counts: dict[str, int] = {}
    for operation in plan.operations:
        counts[operation.action.value] = counts.get(operation.action.value, 0) + 1
    return ", ".join(f"{count} {action}" for action, count in sorted(counts.items()))
