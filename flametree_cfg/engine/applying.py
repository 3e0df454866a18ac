"""Apply and destroy: lock, settle what a crash left, plan under the lock, carry out, remember."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flametree_cfg.apply import apply_plan, resume
from flametree_cfg.config import TenantReading, located
from flametree_cfg.engine.cards import one_tenant_wanted
from flametree_cfg.engine.options import ApplyResult, Options, PlanResult
from flametree_cfg.engine.planning import each_plan, plan_and_sight, plan_reading, tenants_without_folder
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.sight import Sight
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import (
    ConfigInvalid,
    Diagnostic,
    ExitCode,
    FlametreeError,
    PlanStale,
    Refused,
    by_place,
    error,
    has_errors,
)
from flametree_cfg.model import (
    LEDGER_ONLY,
    Action,
    AppliedRun,
    Event,
    Holder,
    Lease,
    Operation,
    Secret,
    Stage,
    Tenant,
    secrets_in,
)
from flametree_cfg.plan import Plan

_PLAIN = frozenset({str, bool, int, float, type(None)})  # values that hold no secret

OnEvent = Callable[[Event], None]
OnPlan = Callable[[PlanResult], None]
Confirm = Callable[[list[PlanResult]], bool]


def apply(
    paths: Sequence[str | Path], options: Options, on_plan: OnPlan, confirm: Confirm | None, on_event: OnEvent
) -> list[ApplyResult]:
    """
    Bring every tenant under `paths` to what its YAML says.

    Each tenant is planned under its lock, after what an interruption left open was settled. One that fails does not
    stop the others.

    Args:
        on_plan: shown every plan before it is carried out.
        confirm: asked once, with all plans, before anything is written; what is applied afterwards must still be what
            was shown. None: nobody is asked (`--yes`), and each tenant is planned and applied in one go.
        on_event: told what happens.

    Raises:
        Refused: `confirm` said no; nothing was written.
    """
    with Session(options, paths, create=True) as session:
        approved: dict[str, str] | None = None
        if confirm is not None:
            shown = [_shown(result, on_plan) for result in each_plan(paths, session)]
            if any(result.plan and not result.plan.empty for result in shown) and not confirm(shown):
                raise Refused(error("declined", "Nothing was applied", "the plan was not approved"))
            approved = {result.folder: result.digest for result in shown}
        hand = _Hand(on_plan, on_event, approved)
        results = [
            _apply_reading(reading, diagnostics, session, hand)
            for reading, diagnostics in read_and_check(paths, session)
        ]
        seen = [result.tenant_name for result in results]
        return results + [
            ApplyResult(gone.folder, gone.tenant_name, gone.exit_code, gone.diagnostics)
            for gone in tenants_without_folder(paths, seen, session)
        ]


@dataclass(frozen=True, slots=True)
class _Hand:
    on_plan: OnPlan
    on_event: OnEvent
    approved: Mapping[str, str] | None


def _shown(result: PlanResult, on_plan: OnPlan) -> PlanResult:
    on_plan(result)
    return result


def _apply_reading(
    reading: TenantReading, diagnostics: tuple[Diagnostic, ...], session: Session, hand: _Hand
) -> ApplyResult:
    if reading.tenant is None or has_errors(diagnostics):
        if hand.approved is None:
            hand.on_plan(PlanResult(reading.folder, reading.name, None, diagnostics, ExitCode.INVALID))
        return ApplyResult(reading.folder, reading.name, ExitCode.INVALID, diagnostics)
    progress = _Progress()
    try:
        with session.ledger.lock(reading.name, session.options.lock_wait_s, holder_of(session.options)) as lease:
            return _apply_locked(reading, diagnostics, session, hand, lease, progress)
    except FlametreeError as problem:
        found = by_place(located(reading, problem.diagnostics))
        return ApplyResult(
            reading.folder,
            reading.name,
            problem.exit_code,
            found,
            applied=progress.applied,
            total=progress.total,
            resumed=progress.resumed,
        )


@dataclass(slots=True)
class _Progress:
    """What happened so far; read when something breaks off."""

    applied: int = 0
    total: int = 0
    resumed: int = 0

    def note(self, event: Event) -> None:
        self.total = event.total
        self.applied += event.stage is Stage.DONE


def _apply_locked(
    reading: TenantReading,
    diagnostics: tuple[Diagnostic, ...],
    session: Session,
    hand: _Hand,
    lease: Lease,
    progress: _Progress,
) -> ApplyResult:
    stored = session.ledger.read_some(reading.name, ())
    for event in resume(session.platform, session.ledger, lease, stored):
        progress.resumed += 1
        hand.on_event(event)
    result, sight = plan_and_sight(reading, diagnostics, session)
    if hand.approved is None:
        hand.on_plan(result)
    elif result.digest != hand.approved.get(reading.folder, ""):
        raise PlanStale(_moved(reading))
    if result.plan is None or sight is None:
        return ApplyResult(reading.folder, reading.name, result.exit_code, result.diagnostics, resumed=progress.resumed)
    return _carry_out(result, result.plan, sight, session, hand, lease, progress)


def _moved(reading: TenantReading) -> Diagnostic:
    return error(
        "plan-moved",
        "Something moved after the plan was shown",
        f"tenant {reading.name!r} would now be planned differently",
        "nothing was applied to it; run apply again and look at the new plan",
    )


def _carry_out(
    result: PlanResult,
    plan: Plan,
    sight: Sight,
    session: Session,
    hand: _Hand,
    lease: Lease,
    progress: _Progress,
) -> ApplyResult:
    refuse_unallowed(plan, session.options)
    secrets = needed_secrets(plan, sight, session)
    bind_platform(session, lease)
    run, at = session.options.outside.new_run(), session.options.outside.now()
    begun = time.monotonic()
    outcome, serial = "failed", plan.serial
    try:
        for event in apply_plan(plan, session.platform, session.ledger, lease, secrets, run):
            progress.note(event)
            hand.on_event(event)
        outcome = "applied"
    finally:
        number = 0
        bind_platform(session, lease)  # a registry that was just made has its name only now
        if plan.operations:
            if outcome != "applied" and progress.applied:
                outcome = "partial"
            serial = session.ledger.read_some(plan.tenant, ()).serial
            line = _history_line(plan, result.digest, sight, session.options)
            line = replace(line, run=run, at=at, duration_s=_since(begun), result=outcome, serial=serial)
            number = session.ledger.remember(lease, line, plan.operations)
    return ApplyResult(
        result.folder,
        plan.tenant,
        ExitCode.OK,
        result.diagnostics,
        progress.applied,
        progress.total,
        progress.resumed,
        serial,
        number,
        plan,
    )


def bind_platform(session: Session, lease: Lease) -> None:
    """Say in the ledger which platform its ids belong to, as soon as the platform has a name."""
    if session.platform.identity:
        session.ledger.bind_platform(lease, session.platform.identity)


def refuse_unallowed(plan: Plan, options: Options) -> None:
    """
    Stop a plan that deletes what needs saying.

    Raises:
        Refused: an agent goes (with prompts and workflows nobody models here) and no `--allow-delete` names it.
    """
    allowed = set(options.allow_delete)
    refused = [address for address in plan.agents_deleted if not allowed & {"all", str(address)}]
    if refused:
        names = ", ".join(map(str, refused))
        raise Refused(
            error(
                "delete-not-allowed",
                "Deleting an agent has to be allowed",
                f"{names}: prompts and workflows that live only in the portal would go too",
                " ".join(f"--allow-delete {address}" for address in refused) + " (or `--allow-delete all`)",
                address=str(refused[0]),
            )
        )


def needed_secrets(plan: Plan, sight: Sight, session: Session) -> dict[str, str]:
    """
    Give the values of every secret the plan has to send.

    Raises:
        ConfigInvalid: one does not resolve here (`unresolved-secret`) or its value cannot be right; nothing was sent.
    """
    needed: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for operation, path, secret in _sent(plan.operations):
        value = sight.values.get(secret.reference)
        if value is None:
            reason = sight.problems.get(secret.reference, "it was not looked up")
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


def _sent(operations: Sequence[Operation]) -> Iterator[tuple[Operation, tuple[str | int, ...], Secret]]:
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


def _history_line(plan: Plan, digest: str, sight: Sight, options: Options) -> AppliedRun:
    return AppliedRun(
        plan.tenant,
        number=0,
        run="",
        at="",
        who=options.outside.user(),
        commit=options.outside.commit(Path(sight.reading.folder)),
        digest=digest,
        summary=summary_of(plan),
        duration_s=0.0,
        result="",
        serial=plan.serial,
    )


def summary_of(plan: Plan) -> str:
    """Count a plan's operations by what they do: `3 create, 1 update`."""
    counts: dict[str, int] = {}
    for operation in plan.operations:
        counts[operation.action.value] = counts.get(operation.action.value, 0) + 1
    return ", ".join(f"{count} {action}" for action, count in sorted(counts.items()))


def destroy(
    path: str | Path, options: Options, on_plan: OnPlan, confirm: Confirm | None, on_event: OnEvent
) -> list[ApplyResult]:
    """
    Delete everything of one tenant that is ours; foreign objects stay.

    Needs `--allow-delete` like every deletion of agents: `options.allow_delete` must hold `all`.

    Raises:
        Refused: it does not, or `confirm` said no.
        WrongUsage: `path` is a folder of several tenants.
    """
    if "all" not in options.allow_delete:
        raise Refused(
            error(
                "delete-not-allowed",
                "Deleting a whole tenant has to be allowed",
                f"{path}: every connector, channel and agent that the ledger knows would go",
                "--allow-delete all",
            )
        )
    with Session(options, [path], create=True) as session:
        results = []
        readings = list(read_and_check([path], session))
        if len(readings) > 1:
            raise one_tenant_wanted(path, [reading for reading, _ in readings])
        for reading, diagnostics in readings:
            if reading.tenant is None:
                results.append(ApplyResult(reading.folder, reading.name, ExitCode.INVALID, diagnostics))
                continue
            emptied = replace(reading, given=_nothing(reading.tenant), diagnostics=())
            approved = None
            if confirm is not None:
                shown = _shown(plan_reading(emptied, (), session), on_plan)
                if shown.plan and not shown.plan.empty and not confirm([shown]):
                    raise Refused(error("declined", "Nothing was applied", "the plan was not approved"))
                approved = {reading.folder: shown.digest}
            results.append(_apply_reading(emptied, (), session, _Hand(on_plan, on_event, approved)))
        return results


def _nothing(tenant: Tenant) -> Tenant:
    return replace(tenant, declarations={}, sections=frozenset({"connectors", "channels", "agents"}))
