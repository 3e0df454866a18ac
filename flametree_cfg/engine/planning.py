"""Plan: bring a tenant's three sides together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flametree_cfg.config import TenantReading, has_ignores, located
from flametree_cfg.engine.agreement import keep_agreement, look_up_agreed
from flametree_cfg.engine.ahead import look_ahead
from flametree_cfg.engine.digesting import digest_of, digested_beside
from flametree_cfg.engine.options import Options, PlanResult
from flametree_cfg.engine.prints import with_fingerprints
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.sight import Sight, look, of_this_platform
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import (
    Diagnostic,
    ExitCode,
    FlametreeError,
    WrongUsage,
    by_place,
    error,
    has_errors,
    warning,
)
from flametree_cfg.model import (
    Kind,
    Stored,
    parse_address,
)
from flametree_cfg.plan import Plan, Selection, nothing_to_do

if TYPE_CHECKING:
    from flametree_cfg.engine.ignoring import Ignores


def make_plans(paths: Sequence[str | Path], options: Options) -> list[PlanResult]:
    """
    Plan every tenant under `paths`; one result a folder, and one for each tenant whose folder is gone.

    Reads the platform unless `options.refresh` is false; writes nothing anywhere.
    """
    with Session(options, paths) as session:
        session.ahead = look_ahead(paths, session)
        session.meanwhile = partial(look_up_agreed, session=session)
        results = list(each_plan(paths, session))
    return digested_beside(results)


def each_plan(paths: Sequence[str | Path], session: Session) -> Iterator[PlanResult]:
    """Plan tenants one by one, so that memory holds one at a time."""
    seen = []
    for reading, diagnostics in read_and_check(paths, session):
        seen.append(reading.name)
        yield plan_reading(reading, diagnostics, session)
    yield from tenants_without_folder(paths, seen, session)


def plan_reading(reading: TenantReading, diagnostics: tuple[Diagnostic, ...], session: Session) -> PlanResult:
    """Plan one tenant that was read and judged; what goes wrong becomes its result."""
    return plan_and_sight(reading, diagnostics, session)[0]


def plan_and_sight(
    reading: TenantReading, diagnostics: tuple[Diagnostic, ...], session: Session
) -> tuple[PlanResult, Sight | None]:
    """Plan one tenant, and keep what was read for it; None where no plan could be made."""
    if not reading.valid or has_errors(diagnostics):
        return PlanResult(reading.folder, reading.name, None, diagnostics, ExitCode.INVALID, reading=reading), None
    foreseen: tuple[Diagnostic, ...] = ()
    try:
        ignores = _ignores(reading, session)
        sight = look(reading, session)
        plan = plan_sight(sight, session, ignores)
        if plan.operations:
            from flametree_cfg.engine.foreseeing import foresee

            plan, foreseen = foresee(plan, sight, session)
    except FlametreeError as problem:
        return failed_plan(reading, diagnostics, problem), None
    more = located(reading, [*_interrupted(sight.stored), *_old_names(sight, session), *plan.warnings, *foreseen])
    if ignores:
        more += ignores.told
    if sight.basis is not None:
        keep_agreement(sight.basis, plan, reading, session)
    told = by_place({*diagnostics, *more})
    identity = session.platform.identity if session.options.refresh else ""
    return PlanResult(reading.folder, reading.name, plan, told, ExitCode.OK, digest_of(plan), identity, reading), sight


def failed_plan(reading: TenantReading, diagnostics: Sequence[Diagnostic], problem: FlametreeError) -> PlanResult:
    """Turn what went wrong with one tenant into its result, so that the others go on."""
    found = by_place([*diagnostics, *located(reading, problem.diagnostics)])
    return PlanResult(reading.folder, reading.name, None, found, problem.exit_code, reading=reading)


def _ignores(reading: TenantReading, session: Session) -> Ignores | None:
    """
    Read what is to be let be; None for nearly all tenants, and where something stands for the files.

    Raises:
        ConfigInvalid: the list cannot be used.
    """
    if reading.given is not None or not has_ignores(reading.folder):
        return None
    from flametree_cfg.engine.ignoring import load_ignores, refuse_unusable

    found = load_ignores(reading.folder, session)
    refuse_unusable(found)
    return found


def plan_sight(sight: Sight, session: Session, ignores: Ignores | None = None) -> Plan:
    """Make the plan, limited to what the options ask for, without what is to be let be."""
    live = sight.live
    if live is not None:
        live = of_this_platform(live, sight.stored, session)
        if not (sight.tenant.declarations or sight.stored.entries or live.objects):
            return nothing_to_do(sight.tenant.name, sight.stored)
    from flametree_cfg.plan import make_plan

    prints = session.fingerprints(sight.values, sight.stored.lineage)
    tenant = with_fingerprints(sight.tenant, prints)
    selection = _selection(session.options)
    if not ignores or not ignores.rules:
        return make_plan(tenant, sight.stored, live, session.catalog, selection)
    from flametree_cfg.engine.ignoring import let_be, with_ignored

    let = let_be(tenant, sight.stored, live, ignores, session)
    return with_ignored(make_plan(let.tenant, sight.stored, live, session.catalog, selection), let, session)


def _selection(options: Options) -> Selection:
    """
    Read `--target` and `--no-delete`.

    Raises:
        WrongUsage: a target is no address.
    """
    targets = {text: parse_address(text) for text in options.targets}
    wrong = [text for text, address in targets.items() if address is None]
    if wrong:
        raise WrongUsage(
            error(
                "bad-address",
                "This is no address",
                ", ".join(wrong),
                "write KIND.KEY, such as connector.openai-prod",
            )
        )
    return Selection(frozenset(address for address in targets.values() if address), not options.no_delete)


def _interrupted(stored: Stored) -> Iterator[Diagnostic]:
    if stored.pending:
        yield warning(
            "apply-interrupted",
            "An apply was interrupted",
            f"{len(stored.pending)} journaled operations have no recorded outcome yet",
            "run apply: it settles them first; this plan may still change",
        )


def _old_names(sight: Sight, session: Session) -> Iterator[Diagnostic]:
    """Look for instructions that name a connector as it was called before this change."""
    renamed = any(
        (entry := sight.stored.entries.get(address)) and entry.resource.name != declaration.resource.name
        for address, declaration in sight.tenant.declarations.items()
        if address.kind is Kind.CONNECTOR
    )
    if renamed:
        from flametree_cfg.invariants import World, check_renamed_mentions

        world = World.of(declaration.resource for declaration in sight.tenant.declarations.values())
        yield from check_renamed_mentions(world, session.catalog, sight.stored.snapshot())


def tenants_without_folder(paths: Sequence[str | Path], seen: Sequence[str], session: Session) -> Iterator[PlanResult]:
    """Report tenants that the ledger knows and no folder declares; they are never deleted."""
    from flametree_cfg.config import is_tenant_folder

    if session.options.tenant_id is not None:  # the ledger has the folder's other tenants too
        return
    if "" in seen:  # a folder that could not be read may well be the one
        return
    if all(is_tenant_folder(Path(path)) for path in paths):
        return
    for tenant in session.ledger.tenants():
        if tenant not in seen:
            gone = warning(
                "tenant-without-folder",
                "A tenant in the ledger has no folder",
                f"{tenant!r} was applied before; nothing under {', '.join(map(str, paths))} declares it; it is kept",
                "bring the folder back, or delete its objects on purpose: flametree-cfg destroy FOLDER; "
                f"if it is another environment of a folder, that one takes --tenant-id {tenant}",
            )
            yield PlanResult("", tenant, None, (gone,), ExitCode.OK)
