"""Revert drift: put back what was changed outside, and nothing else, by a plan like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.apply import resume
from flametree_cfg.config import TenantReading, located
from flametree_cfg.diff import patch
from flametree_cfg.drift import Drift, DriftKind, Fate, find_drift
from flametree_cfg.engine.applying import Hand, and_looked_after
from flametree_cfg.engine.carrying import OnEvent, Progress, Work, carry_out, holder_of, sent
from flametree_cfg.engine.checking import live_sides
from flametree_cfg.engine.choosing import Subject, read_subject, read_valid
from flametree_cfg.engine.digesting import digest_of
from flametree_cfg.engine.foreseeing import foresee
from flametree_cfg.engine.ignoring import Let, load_ignores, refuse_unusable, with_ignored
from flametree_cfg.engine.judging import Judge
from flametree_cfg.engine.options import ApplyResult, Options, PlanResult
from flametree_cfg.engine.prints import printer
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.sight import Sight, as_settled
from flametree_cfg.errors import (
    Diagnostic,
    ExitCode,
    FlametreeError,
    PlanStale,
    Refused,
    WrongUsage,
    by_place,
    error,
    warning,
)
from flametree_cfg.model import Address, Declaration, FieldChange, Lease, Operation, Snapshot, Stored, Tenant
from flametree_cfg.plan import Plan, Selection, make_plan, nothing_to_do

OnPlan = Callable[[PlanResult], None]
Confirm = Callable[[list[PlanResult]], bool]

_SECTIONS = frozenset({"connectors", "channels", "agents"})


def revert_drift(
    path: str | Path,
    subjects: Sequence[str],
    options: Options,
    on_plan: OnPlan,
    confirm: Confirm | None,
    on_event: OnEvent,
) -> ApplyResult:
    """
    Put back what drifted of one tenant: fields as they were applied, deleted objects made again.

    What the YAML says differently since, what is ignored, what nobody's YAML speaks of and what was added outside stay
    as they are.

    Args:
        path: the folder of one tenant.
        subjects: `ADDRESS[.FIELD]` each; empty for all that drifted.
        options: with the gates.
        on_plan, confirm, on_event: as for `apply`.

    Raises:
        WrongUsage: a subject did not drift, or is no address; or `path` is a folder of several tenants.
        Refused: `confirm` said no; nothing was written.
    """
    wanted = [read_subject(text) for text in subjects]
    with Session(options, [path], create=True) as session:
        reading = read_valid(path, session)
        approved = None
        if confirm is not None:
            shown = _Reverting(reading, wanted, session).planned().result
            on_plan(shown)
            if shown.plan and shown.plan.operations and not shown.plan.refusals and not confirm([shown]):
                raise Refused(error("declined", "Nothing was applied", "the plan was not approved"))
            approved = shown.digest
        progress = Progress()
        try:
            with session.ledger.lock(reading.name, options.lock_wait_s, holder_of(options)) as lease:
                result = _carried(_Reverting(reading, wanted, session), lease, approved, on_plan, on_event, progress)
            return and_looked_after(result, reading, session, Hand(on_plan, on_event, None))
        except FlametreeError as problem:
            found = by_place(located(reading, problem.diagnostics))
            done = (progress.applied, progress.total, progress.resumed)
            return ApplyResult(reading.folder, reading.name, problem.exit_code, found, *done, plan=progress.plan)


def _carried(
    reverting: _Reverting,
    lease: Lease,
    approved: str | None,
    on_plan: OnPlan,
    on_event: OnEvent,
    progress: Progress,
) -> ApplyResult:
    """Settle what an interruption left open, plan under the lock, and carry that out."""
    session, reading = reverting.session, reverting.reading
    stored, wait_s = session.ledger.read_some(reading.name, ()), session.options.wait_s
    for event in resume(session.platform, session.ledger, lease, stored, wait_s=wait_s):
        progress.note_resumed(event)
        on_event(event)
    planned = reverting.planned()
    result, plan = planned.result, planned.result.plan
    assert plan is not None  # noqa: S101  # what goes wrong with planning is raised
    if approved is None:
        on_plan(result)
    elif result.digest != approved:
        said = f"tenant {reading.name!r} would now be planned differently"
        hint = "nothing was applied to it; run the command again and look at the new plan"
        raise PlanStale(error("plan-moved", "Something moved after the plan was shown", said, hint))
    work = Work(plan, reading.folder, result.digest, planned.values, planned.problems, note="drift revert")
    serial, number = carry_out(work, session, lease, on_event, progress)
    counts = (progress.applied, progress.total, progress.resumed)
    return ApplyResult(
        reading.folder, reading.name, ExitCode.OK, result.diagnostics, *counts, serial, number, result.plan
    )


class _Planned(Struct, frozen=True):
    """A plan to revert, with the secrets it sends by reference, and why others do not resolve."""

    result: PlanResult
    values: Mapping[str, str]
    problems: Mapping[str, str]


class _Reverting(Struct, frozen=True):
    """One tenant whose drift is to be reverted."""

    reading: TenantReading
    wanted: Sequence[Subject]
    session: Session

    def planned(self) -> _Planned:
        """
        Plan it, from what ledger and platform say now.

        Raises:
            WrongUsage: something that was named did not drift.
            ConfigInvalid: no order of steps is legal.
        """
        reading, session = self.reading, self.session
        stored = as_settled(session.ledger.read(reading.name), session)
        seen, live = live_sides(reading.name, stored, session)
        ignores = load_ignores(reading.folder, session)
        refuse_unusable(ignores)
        found = find_drift(stored.snapshot(), live, session.catalog)
        verdicts = Judge(reading, reading.tenant, live, ignores, session).judge(found)
        chosen = list(self._chosen(verdicts.drift))
        told = [*ignores.told, *_not_reverted(verdicts.drift)]
        if not chosen:
            return self._result(nothing_to_do(reading.name, stored), told, {}, {})
        let = self._let(stored, live, found, {one.address: one for one in chosen})
        let = replace(let, drift=verdicts.ignored)
        targets = Selection(frozenset(one.address for one in chosen))
        plan = with_ignored(make_plan(let.tenant, stored, seen, session.catalog, targets), let, session)
        references = {secret.reference for _, _, secret in sent(plan.operations)}
        resolved = session.resolve(references, reading.folder)
        plan = _printed(plan, resolved.values, stored, session)
        sight = Sight(reading, let.tenant, stored, seen, resolved.values, resolved.problems)
        plan, foreseen = foresee(plan, sight, session)
        return self._result(plan, [*told, *plan.warnings, *foreseen], resolved.values, resolved.problems)

    def _result(
        self, plan: Plan, told: Sequence[Diagnostic], values: Mapping[str, str], problems: Mapping[str, str]
    ) -> _Planned:
        reading = self.reading
        plan = replace(plan, heals=(), unmanaged=(), held=())
        found = by_place(located(reading, told))
        identity = self.session.platform.identity
        result = PlanResult(reading.folder, reading.name, plan, found, ExitCode.OK, digest_of(plan), identity)
        return _Planned(result, values, problems)

    def _chosen(self, drift: Sequence[Drift]) -> Iterator[Drift]:
        """
        Choose what was named, or all, of what can be put back.

        Raises:
            WrongUsage: something that was named is not among it.
        """
        can = [one for one in map(_revertible, drift) if one is not None]
        for address, field in self.wanted:
            if not any(one.address == address and (not field or _fields(one, field)) for one in can):
                raise WrongUsage(_not_there(address, field))
        for one in can:
            named = [field for address, field in self.wanted if address == one.address]
            if not self.wanted or "" in named:
                yield one
            elif named:
                yield replace(one, fields=tuple(change for field in named for change in _fields(one, field)))

    def _let(self, stored: Stored, live: Snapshot, found: Sequence[Drift], chosen: Mapping[Address, Drift]) -> Let:
        """Want everything as the platform has it, but what was chosen as it was applied; the ledger keeps the rest."""
        moved = {one.address: one for one in found}
        declared, kept = {}, {}
        for address, entry in stored.entries.items():
            resource = entry.resource
            if address not in live.resources and (resource.external or resource.system):
                continue  # it cannot be found, and is nothing that we make
            put_back = {change.path for change in chosen[address].fields} if address in chosen else set()
            drifted = moved[address].fields if address in moved else ()
            left = [change for change in drifted if change.path not in put_back]
            if left:
                resource = patch(resource, left, self.session.catalog)
                kept[address] = tuple(replace(change, after=change.before) for change in left)
            declared[address] = Declaration(resource, (), entry.protected, attachments=False)
        return Let(Tenant(self.reading.name, declared, _SECTIONS, self.reading.folder, ()), kept, ())


def _revertible(one: Drift) -> Drift | None:
    """Give of an object what an apply would touch; None where that is nothing."""
    if one.kind is DriftKind.DELETED:
        return one if one.judged[0].fate is Fate.REVERTED else None
    if one.kind is DriftKind.ADDED:
        return None
    fields = tuple(change for change, judged in one.told if judged and judged.fate in (Fate.REVERTED, Fate.SET))
    return replace(one, fields=fields, judged=()) if fields else None


def _fields(one: Drift, field: str) -> list[FieldChange]:
    return [change for change in one.fields if f"{'.'.join(map(str, change.path))}.".startswith(f"{field}.")]


def _not_there(address: Address, field: str) -> Diagnostic:
    return error(
        "no-such-drift",
        "There is no such drift",
        f"{address}{'.' if field else ''}{field} is as it was applied, is ignored, or is outside our care",
        "`drift check` names what drifted",
    )


def _not_reverted(drift: Sequence[Drift]) -> Iterator[Diagnostic]:
    added = [str(one.address) for one in drift if one.kind is DriftKind.ADDED]
    if added:
        yield warning(
            "added-outside",
            "What was added outside stays",
            f"{', '.join(added[:10])}{f' and {len(added) - 10} more' if len(added) > 10 else ''}",
            "nothing of ours is deleted to make room; delete it in the portal, or `import` it",
        )


def _printed(plan: Plan, values: Mapping[str, str], stored: Stored, session: Session) -> Plan:
    """Put fingerprints on the secrets that are sent; all others stay as the ledger knows them."""
    lineage = session.ledger.read_some(stored.tenant, ()).lineage or stored.lineage
    printed = printer(session.fingerprints(values, lineage))

    def one(operation: Operation) -> Operation:
        if operation.after is None or not any(True for _ in sent([operation])):
            return operation
        return replace(operation, after=replace(operation.after, fields=printed(operation.after.fields)))

    return replace(plan, operations=tuple(map(one, plan.operations)))
