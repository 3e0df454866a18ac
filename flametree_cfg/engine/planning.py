"""Plan: bring a tenant's three sides together."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flametree_cfg.config import TenantReading, located
from flametree_cfg.diff import COMPOUND, WITH_SECRETS
from flametree_cfg.engine.options import Options, PlanResult
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import (
    Diagnostic,
    ExitCode,
    FlametreeError,
    PlanStale,
    WrongUsage,
    by_place,
    error,
    has_errors,
    warning,
)
from flametree_cfg.invariants import World, check_renamed_mentions
from flametree_cfg.model import (
    Declaration,
    Kind,
    LiveTenant,
    OutcomeStatus,
    Resource,
    Secret,
    Stored,
    Tenant,
    Value,
    parse_address,
    secrets_in,
)
from flametree_cfg.plan import Plan, Selection, make_plan, plan_digest
from flametree_cfg.state import after_outcomes


@dataclass(frozen=True, slots=True)
class Sight:
    """What was read of one tenant to plan it; `values` are resolved secrets by reference."""

    reading: TenantReading
    tenant: Tenant
    stored: Stored
    live: LiveTenant | None
    values: Mapping[str, str]
    problems: Mapping[str, str]


def make_plans(paths: Sequence[str | Path], options: Options) -> list[PlanResult]:
    """
    Plan every tenant under `paths`; one result a folder, and one for each tenant whose folder is gone.

    Reads the platform unless `options.refresh` is false; writes nothing anywhere.
    """
    with Session(options, paths) as session:
        return list(each_plan(paths, session))


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
    if reading.tenant is None or has_errors(diagnostics):
        return PlanResult(reading.folder, reading.name, None, diagnostics, ExitCode.INVALID), None
    try:
        sight = look(reading, reading.tenant, session)
        plan = plan_sight(sight, session)
    except FlametreeError as problem:
        return failed_plan(reading, diagnostics, problem), None
    more = located(reading, [*_interrupted(sight.stored), *_old_names(sight, session), *plan.warnings])
    told = by_place({*diagnostics, *more})
    return PlanResult(reading.folder, reading.name, plan, told, ExitCode.OK, plan_digest(plan)), sight


def failed_plan(reading: TenantReading, diagnostics: Sequence[Diagnostic], problem: FlametreeError) -> PlanResult:
    """Turn what went wrong with one tenant into its result, so that the others go on."""
    found = by_place([*diagnostics, *located(reading, problem.diagnostics)])
    return PlanResult(reading.folder, reading.name, None, found, problem.exit_code)


def look(reading: TenantReading, tenant: Tenant, session: Session) -> Sight:
    """Read ledger and platform, and resolve secrets; without a refresh only the ledger."""
    stored = session.ledger.read(tenant.name)
    if not session.options.refresh:
        return Sight(reading, tenant, stored, None, {}, {})
    stored = as_settled(stored, session)
    live = session.platform.read(tenant.name)
    references = references_of(tenant)
    resolved = session.resolve(references, reading.folder)
    return Sight(reading, tenant, stored, live, resolved.values, resolved.problems)


def as_settled(stored: Stored, session: Session) -> Stored:
    """See the ledger as it will be once an apply has settled what a crash left open; nothing is written."""
    if not stored.pending:
        return stored
    known = session.platform.outcomes([operation.id for operation in stored.pending])
    done = [
        (operation, known[operation.id])
        for operation in stored.pending
        if operation.id in known and known[operation.id].status is OutcomeStatus.DONE
    ]
    return replace(stored, entries=after_outcomes(stored.entries, done))


def plan_sight(sight: Sight, session: Session) -> Plan:
    """Make the plan, limited to what the options ask for."""
    prints = session.fingerprints(sight.values, sight.stored.lineage)
    tenant = with_fingerprints(sight.tenant, prints)
    live = sight.live
    if live is not None:
        live = of_this_platform(live, sight.stored, session)
    return make_plan(tenant, sight.stored, live, session.catalog, _selection(session.options))


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


def of_this_platform(live: LiveTenant, stored: Stored, session: Session) -> LiveTenant:
    """
    Give back what was read, if it is of the platform that the ledger speaks of.

    Raises:
        PlanStale: it is another one; its ids mean nothing here, and all of ours would look deleted.
    """
    if stored.platform in ("", session.platform.identity):
        return live
    raise PlanStale(
        error(
            "other-platform",
            "The ledger belongs to another platform",
            f"tenant {stored.tenant!r} was applied to platform {stored.platform}, this one is "
            f"{session.platform.identity or 'not there yet'}",
            "check --platform and --state; `flametree-cfg state rm` forgets objects of a platform that is gone",
        )
    )


def references_of(tenant: Tenant) -> set[str]:
    """List every secret reference a tenant declares."""
    return {
        secret.reference for declaration in tenant.declarations.values() for _, secret in _secrets(declaration.resource)
    }


def _secrets(resource: Resource) -> Iterator[tuple[tuple[str | int, ...], Secret]]:
    for key in WITH_SECRETS:
        value = resource.fields.get(key)
        if value:
            yield from secrets_in(value, (key,))


def with_fingerprints(tenant: Tenant, prints: Mapping[str, str]) -> Tenant:
    """Put fingerprints on the secrets of a tenant, by reference."""
    if not prints:
        return tenant

    printed = {reference: Secret(reference, print_) for reference, print_ in prints.items()}
    return replace(tenant, declarations={a: _with_prints(d, printed) for a, d in tenant.declarations.items()})


def _with_prints(declaration: Declaration, printed: Mapping[str, Secret]) -> Declaration:
    before = declaration.resource
    changed: dict[str, Value] = {}
    for key in WITH_SECRETS:
        value = before.fields.get(key)
        if value:
            filled = _filled(value, printed)
            if filled is not value:
                changed[key] = filled
    if not changed:
        return declaration
    resource = Resource(before.address, {**before.fields, **changed}, before.external, before.system)
    return Declaration(resource, declaration.previously, declaration.protected, declaration.attachments)


def _filled(value: Value, printed: Mapping[str, Secret]) -> Value:
    """Put fingerprints on the secrets in a value; the value itself where there are none."""
    if isinstance(value, Secret):
        return printed.get(value.reference, value)
    if isinstance(value, dict):
        changed = {}
        for key, item in value.items():
            if item.__class__ in COMPOUND and (filled := _filled(item, printed)) is not item:
                changed[key] = filled
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        items = [_filled(item, printed) if item.__class__ in COMPOUND else item for item in value]
        return items if any(map(operator.is_not, items, value)) else value
    return value


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
        world = World.of(declaration.resource for declaration in sight.tenant.declarations.values())
        yield from check_renamed_mentions(world, session.catalog, sight.stored.snapshot())


def tenants_without_folder(paths: Sequence[str | Path], seen: Sequence[str], session: Session) -> Iterator[PlanResult]:
    """Report tenants that the ledger knows and no folder declares; they are never deleted."""
    from flametree_cfg.config import is_tenant_folder

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
                "bring the folder back, or delete its objects on purpose: flametree-cfg destroy FOLDER",
            )
            yield PlanResult("", tenant, None, (gone,), ExitCode.OK)
