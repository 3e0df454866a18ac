"""Apply and destroy: lock, settle what a crash left, plan under the lock, carry out, remember."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.apply import resume
from flametree_cfg.config import TenantReading, located
from flametree_cfg.engine.carrying import OnEvent, Progress, Work, carry_out, holder_of
from flametree_cfg.engine.choosing import one_tenant_wanted
from flametree_cfg.engine.options import ApplyResult, Options, PlanResult
from flametree_cfg.engine.planning import each_plan, plan_and_sight, plan_reading, tenants_without_folder
from flametree_cfg.engine.saving import digest_of_all, not_approved
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import (
    Diagnostic,
    ExitCode,
    FlametreeError,
    PlanStale,
    Refused,
    by_place,
    error,
    has_errors,
)
from flametree_cfg.model import Lease, Tenant

OnPlan = Callable[[PlanResult], None]
Confirm = Callable[[list[PlanResult]], bool]


def apply(
    paths: Sequence[str | Path],
    options: Options,
    on_plan: OnPlan,
    confirm: Confirm | None,
    on_event: OnEvent,
    expect: str = "",
) -> list[ApplyResult]:
    """
    Bring every tenant under `paths` to what its YAML says.

    Each tenant is planned under its lock, after what an interruption left open was settled. One that fails does not
    stop the others.

    Args:
        on_plan: shown every plan before it is carried out.
        confirm: asked once, with all plans, before anything is written, unless gates refuse them all; what is applied
            afterwards must still be what was shown. None: nobody is asked (`--yes`), and each tenant is planned and
            applied in one go.
        on_event: told what happens.
        expect: the digest that was approved, of all tenants together; empty where nobody approved one.

    Raises:
        Refused: `confirm` said no; nothing was written.
        PlanStale: what would be applied has another digest than `expect`; nothing was written.
    """
    with Session(options, paths, create=True) as session:
        approved: dict[str, str] | None = None
        if confirm is not None or expect:
            shown = [_shown(result, on_plan) for result in each_plan(paths, session)]
            if expect and digest_of_all(shown) != expect:
                raise PlanStale(not_approved(expect, digest_of_all(shown)))
            if confirm is not None and any(map(_would_be_applied, shown)) and not confirm(shown):
                raise Refused(error("declined", "Nothing was applied", "the plan was not approved"))
            approved = {result.folder: result.digest for result in shown}
        hand = Hand(on_plan, on_event, approved)
        results = [
            and_looked_after(apply_reading(reading, diagnostics, session, hand), reading, session, hand)
            for reading, diagnostics in read_and_check(paths, session)
        ]
        seen = [result.tenant_name for result in results]
        return results + [
            ApplyResult(gone.folder, gone.tenant_name, gone.exit_code, gone.diagnostics)
            for gone in tenants_without_folder(paths, seen, session)
        ]


class Hand(Struct, frozen=True):
    """
    How tenants are applied.

    Attributes:
        on_plan: shown every plan, unless it was shown before.
        on_event: told what happens.
        approved: the digest of what was shown, by folder; None where nobody was asked.
        note: goes before the summary in history.
        commit: for history; None for that of the tenant's folder.
    """

    on_plan: OnPlan
    on_event: OnEvent
    approved: Mapping[str, str] | None
    note: str = ""
    commit: str | None = None


def _would_be_applied(result: PlanResult) -> bool:
    """Tell whether there is anything to ask about: a plan that a gate refuses is refused whatever the answer."""
    return result.plan is not None and not result.plan.empty and not result.plan.refusals


def _shown(result: PlanResult, on_plan: OnPlan) -> PlanResult:
    on_plan(result)
    return result


def apply_reading(
    reading: TenantReading, diagnostics: tuple[Diagnostic, ...], session: Session, hand: Hand
) -> ApplyResult:
    """Plan one tenant under its lock, and apply it; what goes wrong becomes its result."""
    if reading.tenant is None or has_errors(diagnostics):
        if hand.approved is None:
            hand.on_plan(PlanResult(reading.folder, reading.name, None, diagnostics, ExitCode.INVALID))
        return ApplyResult(reading.folder, reading.name, ExitCode.INVALID, diagnostics)
    progress = Progress()
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
            serial=progress.serial,
            run_number=progress.run_number,
            plan=progress.plan,
            transitions=tuple(progress.transitions),
        )


def and_looked_after(result: ApplyResult, reading: TenantReading, session: Session, hand: Hand) -> ApplyResult:
    """Check what an apply wrote, where it wrote anything and the operator wants that."""
    if not result.applied or result.plan is None or not session.options.verify:
        return result
    from flametree_cfg.engine.probing_after import look_after

    looked = look_after(result, result.plan.operations, session, hand)
    return replace(looked, diagnostics=by_place(located(reading, looked.diagnostics)))


def _apply_locked(
    reading: TenantReading,
    diagnostics: tuple[Diagnostic, ...],
    session: Session,
    hand: Hand,
    lease: Lease,
    progress: Progress,
) -> ApplyResult:
    stored = session.ledger.read_some(reading.name, ())
    for event in resume(session.platform, session.ledger, lease, stored, wait_s=session.options.wait_s):
        progress.note_resumed(event)
        hand.on_event(event)
    result, sight = plan_and_sight(reading, diagnostics, session)
    if hand.approved is None:
        hand.on_plan(result)
    elif result.digest != hand.approved.get(reading.folder, ""):
        raise PlanStale(_moved(reading))
    if result.plan is None or sight is None:
        moved = tuple(progress.transitions)
        told = (result.exit_code, result.diagnostics)
        return ApplyResult(reading.folder, reading.name, *told, resumed=progress.resumed, transitions=moved)
    work = Work(
        result.plan,
        reading.folder,
        result.digest,
        sight.values,
        sight.problems,
        note=hand.note,
        commit=hand.commit,
    )
    serial, number = carry_out(work, session, lease, hand.on_event, progress)
    return ApplyResult(
        result.folder,
        reading.name,
        ExitCode.OK,
        result.diagnostics,
        progress.applied,
        progress.total,
        progress.resumed,
        serial,
        number,
        result.plan,
        transitions=tuple(progress.transitions),
    )


def _moved(reading: TenantReading) -> Diagnostic:
    return error(
        "plan-moved",
        "Something moved after the plan was shown",
        f"tenant {reading.name!r} would now be planned differently",
        "nothing was applied to it; run apply again and look at the new plan",
    )


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
            results.append(apply_reading(emptied, (), session, Hand(on_plan, on_event, approved)))
        return results


def _nothing(tenant: Tenant) -> Tenant:
    return replace(tenant, declarations={}, sections=frozenset({"connectors", "channels", "agents"}))
