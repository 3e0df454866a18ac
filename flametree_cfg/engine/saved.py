"""Apply a saved plan: that, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.apply import resume, start_failed
from flametree_cfg.config.planfile import read_plan_file
from flametree_cfg.engine.applying import Hand, OnPlan
from flametree_cfg.engine.carrying import OnEvent, Progress, Work, carry_out, holder_of, sent
from flametree_cfg.engine.options import ApplyResult, Options
from flametree_cfg.engine.prints import Printer, printer
from flametree_cfg.engine.rewriting import rewriting_plan
from flametree_cfg.engine.saving import not_approved
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Diagnostic, ExitCode, FlametreeError, PlanStale, error
from flametree_cfg.impact.consequences import find_impact
from flametree_cfg.impact.types import Impact
from flametree_cfg.model import (
    Action,
    FieldChange,
    Kind,
    Lease,
    Operation,
    OutcomeStatus,
    Resource,
    Secret,
    Snapshot,
    Status,
    Stored,
    agent,
    at_path,
    channel,
    live_snapshot,
    map_secrets,
)
from flametree_cfg.plan import Plan
from flametree_cfg.plan.readset import before_and_after, moved
from flametree_cfg.plan.saved import MAX_SIZE, SavedPlan, SavedTenant, operations_of, read_saved

Announce = Callable[[SavedPlan], None]


def apply_saved(
    path: str,
    options: Options,
    expect: str,
    announce: Announce,
    on_event: OnEvent,
    on_plan: OnPlan = lambda _: None,
) -> list[ApplyResult]:
    """
    Apply a plan file, once; while what it began is not ended, the same file continues it.

    The YAML is not looked at. A tenant that fails does not stop the others.

    Args:
        path: of the file.
        options: as for `apply`; targets and the like are the plan's.
        expect: the digest that was approved; empty to take the file's.
        announce: told what is about to be applied.
        on_event: told what happens.
        on_plan: shown the plan of the way back, where a check fails and that was asked for.

    Raises:
        PlanStale: the file is no plan, was altered, has expired, has another digest than the one approved, or is not
            of the tenant that `options.tenant_id` names.
    """
    saved = read_saved(read_plan_file(path, MAX_SIZE))
    _refuse_expired(saved, options.outside.now())
    if expect and expect != saved.digest:
        raise PlanStale(not_approved(expect, saved.digest))
    _refuse_other_tenant(saved, options.tenant_id)
    announce(saved)
    with Session(options, [saved.tenants[0].folder], create=True) as session:
        hand = Hand(on_plan, on_event, None)
        return [
            _looked_after(_apply_tenant(tenant, f"{saved.id}.{number}", session, on_event), tenant, session, hand)
            for number, tenant in enumerate(saved.tenants, 1)
        ]


def _looked_after(result: ApplyResult, saved: SavedTenant, session: Session, hand: Hand) -> ApplyResult:
    if not result.applied or not session.options.verify:
        return result
    from flametree_cfg.engine.probing_after import look_after

    return look_after(result, operations_of(saved.body), session, hand, also=saved.rotated)


def _refuse_other_tenant(saved: SavedPlan, wanted: str | None) -> None:
    names = [one.tenant for one in saved.tenants]
    if wanted is not None and names != [wanted]:
        raise PlanStale(
            error(
                "foreign-plan",
                "The plan was made for something else",
                f"it is of {', '.join(names)}, --tenant-id says {wanted}",
                f"nothing was written; plan with --tenant-id {wanted}",
            )
        )


def _refuse_expired(saved: SavedPlan, now: str) -> None:
    try:
        expired = datetime.fromisoformat(saved.expires_at) <= datetime.fromisoformat(now)
    except (ValueError, TypeError):
        expired = True
    if expired:
        raise PlanStale(
            error(
                "plan-expired",
                "The plan has expired",
                f"it was made at {saved.made_at} and was good until {saved.expires_at}",
                "plan again; `plan --valid-for HOURS` makes one that lasts longer",
            )
        )


def _apply_tenant(saved: SavedTenant, run: str, session: Session, on_event: OnEvent) -> ApplyResult:
    progress = Progress()
    try:
        operations = operations_of(saved.body)
        with session.ledger.lock(saved.tenant, session.options.lock_wait_s, holder_of(session.options)) as lease:
            return _Applying(saved, run, session, lease, on_event, progress).apply(operations)
    except FlametreeError as problem:
        return ApplyResult(
            saved.folder,
            saved.tenant,
            problem.exit_code,
            tuple(problem.diagnostics),
            applied=progress.applied,
            total=progress.total,
            resumed=progress.resumed,
            serial=progress.serial,
            run_number=progress.run_number,
            transitions=tuple(progress.transitions),
        )


class _Applying(Struct, frozen=True):
    """One tenant of a saved plan, under its lock."""

    saved: SavedTenant
    run: str
    session: Session
    lease: Lease
    on_event: OnEvent
    progress: Progress

    def apply(self, operations: Sequence[Operation]) -> ApplyResult:
        """Apply what is left of the operations, then rewrite the secrets that were said to be rotated."""
        session = self.session
        stored = session.ledger.read(self.saved.tenant)
        only_secrets = self._only_secrets_left()
        done = self._done(operations)
        self._refuse_foreign(stored, begun=bool(done) or self._is_open(stored))
        doors, wait_s = (session.platform, session.ledger), session.options.wait_s
        for event in resume(*doors, self.lease, stored, wait_s=wait_s, continued=self.run):
            self.progress.note_resumed(event)
            self.on_event(event)
        if only_secrets:
            return self._result(*(self._rewrite() or (stored.serial, 0)))
        if stored.pending or done:
            stored = session.ledger.read(self.saved.tenant)
        left = _left(operations, done, stored)
        live = self._live(left, stored)
        self._refuse_moved(left, live)
        serial, number = self._carry_out(_sending(left, stored), stored, impact=self._impact(left, live))
        if self.saved.rotated:
            serial, number = self._rewrite() or (serial, number)
        return self._result(serial, number, () if left else self._fallen(operations))

    def _result(self, serial: int, number: int, fallen: tuple[Diagnostic, ...] = ()) -> ApplyResult:
        progress = self.progress
        done = (progress.applied, progress.total, progress.resumed, serial, number)
        moved = tuple(progress.transitions)
        code = ExitCode.PARTIAL if fallen else ExitCode.OK
        return ApplyResult(self.saved.folder, self.saved.tenant, code, fallen, *done, transitions=moved)

    def _fallen(self, operations: Sequence[Operation]) -> tuple[Diagnostic, ...]:
        """Say what this plan started when it was applied before, and does not run: the same file starts it no more."""
        started = [operation.address for operation in operations if operation.action is Action.START]
        entries = self.session.ledger.read_some(self.saved.tenant, started).entries
        addresses = {entry.id: address for address, entry in entries.items()}
        live = self.session.platform.read_some(self.saved.tenant, addresses.keys()).objects
        hint = f"correct what it says, and apply what the files say, which starts it: apply {self.saved.folder}"
        return tuple(start_failed(addresses[one.id], one.message, hint) for one in live if one.status is Status.ERROR)

    def _only_secrets_left(self) -> bool:
        """
        Tell whether the operations were applied, and an interruption left secrets to be sent again.

        Raises:
            PlanStale: nothing is left: a plan is applied once.
        """
        runs = self.session.ledger.history(self.saved.tenant)
        applied = {run.run: run.at for run in runs if run.result == "applied"}
        used = applied.get(self._secrets_run) or applied.get(self.run)
        if not used:
            return False
        newest = runs[0].run in (self.run, self._secrets_run)  # later applies saw to it
        if self.saved.rotated and newest and self._secrets_run not in applied and self._still_rotated():
            return True
        raise PlanStale(_used(self.saved, used))

    def _still_rotated(self) -> bool:
        return not self._rewriting().empty

    def _rewriting(self) -> Plan:
        return rewriting_plan(self.saved.tenant, self.saved.folder, self.saved.rotated, self.session)

    @property
    def _secrets_run(self) -> str:
        return f"{self.run}.secrets"

    def _is_open(self, stored: Stored) -> bool:
        return any(operation.id.startswith(f"{self.run}-") for operation in stored.pending)

    def _refuse_foreign(self, stored: Stored, *, begun: bool) -> None:
        """
        Refuse what was made for another ledger or platform.

        Args:
            stored: the ledger.
            begun: this very plan was begun, and interrupted.

        Raises:
            PlanStale: it was.
        """
        saved, identity = self.saved, self.session.platform.identity
        if stored.lineage != saved.lineage and (saved.lineage or (stored.serial and not begun)):
            raise PlanStale(_foreign(saved, "another ledger: check --state"))
        if saved.platform and identity != saved.platform:
            raise PlanStale(_foreign(saved, "another platform: check --platform"))

    def _done(self, operations: Sequence[Operation]) -> frozenset[str]:
        """Find what this very plan did before an interruption."""
        ids = {f"{self.run}-{operation.id}": operation.id for operation in operations}
        known = self.session.platform.outcomes(list(ids))
        return frozenset(ids[one] for one, outcome in known.items() if outcome.status is OutcomeStatus.DONE)

    def _live(self, operations: Sequence[Operation], stored: Stored) -> Snapshot:
        live = self.session.platform.read(self.saved.tenant)
        ids = stored.ids() | {o.address: o.platform_id for o in operations if o.action is Action.BIND}
        return live_snapshot(live, ids)[0]

    def _refuse_moved(self, operations: Sequence[Operation], live: Snapshot) -> None:
        found = moved(operations, live.resources.values(), self.session.catalog)
        if found:
            raise PlanStale(*found)

    def _impact(self, operations: Sequence[Operation], live: Snapshot) -> Impact:
        """Find the impact anew: the gates trust no file."""
        catalog, rotated = self.session.catalog, set(self.saved.rotated)
        before, after = before_and_after(operations, live.resources.values(), catalog)
        found = find_impact(before, after, operations, catalog)
        restarted = {one for one in rotated if one.kind is Kind.AGENT}
        restarted |= {
            agent(one.address.agent_key)
            for one in live.of_kind(Kind.ATTACHMENT)
            if channel(one.address.channel_key) in rotated
        }
        return replace(found, affected=tuple(sorted({*found.affected, *restarted})))

    def _carry_out(
        self, operations: Sequence[Operation], stored: Stored, run: str = "", impact: Impact | None = None
    ) -> tuple[int, int]:
        saved, session = self.saved, self.session
        references = {secret.reference for _, _, secret in sent(operations)}
        resolved = session.resolve(references, saved.folder)
        lineage = session.ledger.read_some(saved.tenant, ()).lineage
        printed = printer(session.fingerprints(resolved.values, lineage))
        plan = Plan(
            saved.tenant,
            tuple(_printed(operation, printed) for operation in operations),
            serial=stored.serial,
            lineage=lineage,
            platform=stored.platform,
            impact=impact,
        )
        approved = impact is None  # secrets that are sent again were counted with the plan they belong to
        work = Work(
            plan,
            saved.folder,
            saved.digest,
            resolved.values,
            resolved.problems,
            run or self.run,
            approved,
            saved.note,
            saved.commit,  # not that of the folder now, which nobody looks at
        )
        return carry_out(work, session, self.lease, self.on_event, self.progress)

    def _rewrite(self) -> tuple[int, int] | None:
        """Send the secrets that were listed as rotated, if they still are."""
        plan = self._rewriting()
        if plan.empty:
            return None
        stored = self.session.ledger.read(self.saved.tenant)
        return self._carry_out(plan.operations, stored, self._secrets_run)


def _left(operations: Sequence[Operation], done: Collection[str], stored: Stored) -> list[Operation]:
    """Leave out what was done before an interruption; the ledger moves addresses before the platform does anything."""
    left = [operation for operation in operations if operation.id not in done]
    return [
        operation
        for operation in left
        if operation.action not in (Action.MOVE, Action.BIND)
        or not (done or (operation.action is Action.MOVE and operation.previous not in stored.entries))
    ]


def _sending(operations: Sequence[Operation], stored: Stored) -> list[Operation]:
    """Leave the fingerprints of secrets that are not sent as the ledger knows them."""
    return [_with_known(operation, stored) for operation in operations]


def _with_known(operation: Operation, stored: Stored) -> Operation:
    after = operation.after
    entry = stored.entries.get(operation.address) or stored.entries.get(operation.previous or operation.address)
    if after is None or entry is None:
        return operation
    sending = {secret.reference for _, _, secret in sent([operation])}

    def known(path: tuple[str | int, ...], secret: Secret) -> Secret:
        before = at_path(entry.resource.fields, path)
        same = isinstance(before, Secret) and before.reference == secret.reference
        return before if same and secret.reference not in sending else secret

    return replace(operation, after=replace(after, fields=map_secrets(after.fields, known)))


def _printed(operation: Operation, printed: Printer) -> Operation:
    """Put fingerprints on the secrets an operation sends, and on the same in what the ledger will know."""
    changes = tuple(_printed_change(change, printed) for change in operation.changes)
    after = operation.after
    if after is not None:
        after = Resource(after.address, printed(after.fields), after.external, after.system)
    return replace(operation, changes=changes, after=after)


def _printed_change(change: FieldChange, printed: Printer) -> FieldChange:
    return replace(change, after=printed({"settings": {"": change.after}})["settings"][""])


def _foreign(saved: SavedTenant, what: str) -> Diagnostic:
    return error(
        "foreign-plan",
        "The plan was made for something else",
        f"tenant {saved.tenant!r}: it was made with {what}",
        "plan again here; nothing was written",
    )


def _used(saved: SavedTenant, at: str) -> Diagnostic:
    return error(
        "plan-used",
        "The plan was applied already",
        f"tenant {saved.tenant!r}: at {at}",
        "a plan is applied once; plan again",
    )
