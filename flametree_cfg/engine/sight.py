"""See a tenant: as much of ledger and platform as planning it needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config import TenantReading, marks_by_name
from flametree_cfg.engine.agreement import Agreement, compares_all, load_agreed, print_of, unmoved
from flametree_cfg.engine.prints import printer, references_in, references_of
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import PlanStale, error
from flametree_cfg.model import Address, Declaration, LiveTenant, OutcomeStatus, Sketch, Stored, Tenant, sketch_of
from flametree_cfg.plan import Reading, Swept, as_declared, mentioned, near, part_of, sweep, versions
from flametree_cfg.state import after_outcomes, fields_writer, read_all_fields

Declared = Callable[[frozenset[Address]], Mapping[Address, Declaration]]
"""Gives the declarations of some addresses."""

Basis = Callable[[], Agreement]
"""Makes an agreement, which costs a fingerprint over every secret."""

_SMALL = 50  # resources: seeing them all costs less than thinking about it


class Sight(Struct, frozen=True):
    """
    What was read of one tenant to plan it.

    Attributes:
        tenant, stored, live: the part of each side that planning needs; often all of it.
        values: resolved secrets by reference.
        problems: why others did not resolve, by reference.
        basis: tells the state of all sides as it was read, to be remembered if the plan finds nothing to do; None where
            that is known already or cannot be told.
    """

    reading: TenantReading
    tenant: Tenant
    stored: Stored
    live: LiveTenant | None
    values: Mapping[str, str]
    problems: Mapping[str, str]
    basis: Basis | None = None


def look(reading: TenantReading, session: Session) -> Sight:
    """
    Read what planning a valid tenant needs.

    What did not move since everything agreed is not read; else everything is gone over once, holding only what does
    not agree; else everything is read. All three give the same plan.
    """
    if reading.given is None and compares_all(session.options):
        sight = _by_agreement(reading, session) or _by_sweep(reading, session)
        if sight is not None:
            return sight
    return _whole(reading, session)


def _whole(reading: TenantReading, session: Session) -> Sight:
    """Read all of ledger and platform, and resolve secrets; without a refresh only the ledger."""
    tenant = _tenant(reading)
    stored = session.ledger.read(tenant.name)
    if not session.options.refresh:
        return Sight(reading, tenant, stored, None, {}, {})
    stored = as_settled(stored, session)
    live = session.platform.read(tenant.name)
    resolved = session.resolve(references_of(tenant), reading.folder)
    return Sight(reading, tenant, stored, live, resolved.values, resolved.problems)


def _tenant(reading: TenantReading) -> Tenant:
    assert reading.tenant is not None  # noqa: S101  # callers saw that it is valid
    return reading.tenant


def _by_agreement(reading: TenantReading, session: Session) -> Sight | None:
    """See only what changed in the files, where nothing else moved since everything agreed."""
    at = (reading.folder, reading.name)
    if at in session.looked_up:
        agreed = session.looked_up.pop(at)
    else:
        agreed = load_agreed(*at, session, declared=reading.declared)
    if agreed is None:
        return None
    agreement = agreed.agreement
    if reading.parts.content == agreement.content:
        part = _Part(reading, frozenset(agreement.sections), (), agreement.outside)
        basis: Basis | None = None
    else:
        changed = reading.changed_since(agreement.base)
        if changed is None or frozenset(agreement.sections) != reading.outline.sections:
            return None
        if any(declaration.imports for declaration in changed.after.values()):
            return None
        part = _Part(reading, reading.outline.sections, changed.addresses, agreement.outside)
        new = references_in(changed.after.values()).difference(agreement.references)
        more = session.resolve(new, reading.folder)
        if more.problems:
            return None
        basis = partial(_renewed, agreement, {**agreed.values, **more.values}, reading, session)
    if not part.changed and not part.outside:
        return part.nothing(session, basis)
    sight = part.sight(reading.outline.sketches, reading.outline.declarations, session, basis)
    return sight if sight and unmoved(agreement, session) else None


def _renewed(agreement: Agreement, values: Mapping[str, str], reading: TenantReading, session: Session) -> Agreement:
    """Give the agreement there is if what changed in the files turns out to change nothing else."""
    return replace(
        agreement,
        content=reading.parts.content,
        base=marks_by_name(reading),
        references=tuple(sorted(values)),
        secrets=print_of(values, agreement.lineage, session),
    )


def _by_sweep(reading: TenantReading, session: Session) -> Sight | None:
    """Go over everything once, and see only what does not agree."""
    stored = session.ledger.read_some(reading.name, ())
    if not stored.lineage or stored.pending or stored.platform != session.platform.identity:
        return None
    stamp, revision = session.ledger.stamp(reading.name), session.platform.revision(reading.name)
    tenant = _tenant(reading)
    if any(declaration.imports for declaration in tenant.declarations.values()):
        return None  # what has been imported is told, which nobody would be who looks at changes alone
    swept = _seen_ahead(tenant, (stamp, revision), session) or _compared(tenant, stored, reading, session)
    if swept is None:
        return None

    def basis() -> Agreement:
        references = references_of(tenant)
        values = session.resolve(references, reading.folder).values
        return Agreement(
            tenant.name,
            reading.parts.content,
            marks_by_name(reading),
            tuple(sorted(tenant.sections)),
            stamp,
            stored.lineage,
            stored.platform,
            revision,
            tuple(sorted(references)),
            print_of(values, stored.lineage, session),
            swept.outside,
        )

    part = _Part(reading, tenant.sections, swept.changed, swept.outside)
    if not part.changed and not part.outside:
        if reading.diagnostics:  # what is told may hold anything, and what is a secret is hidden in it
            session.resolve(references_of(tenant), reading.folder)
        return part.nothing(session, basis)
    return part.sight(lambda: _sketches(tenant), lambda some: part_of(tenant, some).declarations, session, basis)


def _seen_ahead(tenant: Tenant, state: tuple[str, str], session: Session) -> Swept | None:
    """Say what was seen ahead, if ledger and platform are in this state still and the ledger says what is declared."""
    seen = session.ahead and session.ahead.seen()
    if not seen or seen.tenant != tenant.name or (seen.stamp, seen.revision) != state:
        return None
    return seen.swept if as_declared(seen.pages, tenant.declarations, fields_writer({})) else None


def _compared(tenant: Tenant, stored: Stored, reading: TenantReading, session: Session) -> Swept | None:
    """Find where the sides do not agree; None where a secret has no value, or something is gone."""
    references = references_of(tenant)
    prints = session.fingerprints(session.resolve(references, reading.folder).values, stored.lineage)
    if len(prints) < len(references):
        return None
    entries, objects = session.ledger.texts(tenant.name), session.platform.sweep(tenant.name)
    compared = Reading(fields_writer(prints), read_all_fields, printer(prints))
    return sweep(tenant.declarations, compared, entries, objects)


def _sketches(tenant: Tenant) -> Iterator[Sketch]:
    return (sketch_of(declaration.resource) for declaration in tenant.declarations.values())


class _Part(Struct, frozen=True):
    """A part of a tenant: what changed and what the platform has outside our care, with all that those concern."""

    reading: TenantReading
    sections: frozenset[str]
    changed: Collection[Address]
    outside: Sequence[str]

    def nothing(self, session: Session, basis: Basis | None) -> Sight:
        """See that there is nothing to see."""
        stored = session.ledger.read_some(self.reading.name, ())
        return Sight(self.reading, self._tenant({}), stored, LiveTenant(self.reading.name, ()), {}, {}, basis)

    def sight(
        self, sketches: Callable[[], Iterable[Sketch]], declared: Declared, session: Session, basis: Basis | None
    ) -> Sight | None:
        """See the part; None where that is hardly less than the whole."""
        if self._too_much(self.changed):
            return None
        name = self.reading.name
        before = declared(frozenset(self.changed))
        if any(declaration.previously or declaration.imports for declaration in before.values()):
            return None
        stored, live = self._read(self.changed, session)
        ids = {address: one for one, address in _addresses(name, live, session).items()}
        found, others = versions(self.changed, before, stored, live, ids)
        around = near(found, others, sketches(), session.catalog)
        if around is None or self._too_much(around.addresses):
            return None
        stored, live = self._read(around.addresses, session)
        tenant = self._tenant(declared(around.addresses))
        resolved = session.resolve(references_of(tenant), self.reading.folder)
        return Sight(self.reading, tenant, stored, live, resolved.values, resolved.problems, basis)

    def _too_much(self, addresses: Collection[Address]) -> bool:
        return len(addresses) > _SMALL + self.reading.count // 4

    def _read(self, addresses: Collection[Address], session: Session) -> tuple[Stored, LiveTenant]:
        stored = session.ledger.read_some(self.reading.name, addresses)
        return stored, session.platform.read_some(self.reading.name, {*stored.ids().values(), *self.outside})

    def _tenant(self, declarations: Mapping[Address, Declaration]) -> Tenant:
        files = tuple(self.reading.parts.names)
        return Tenant(self.reading.name, declarations, self.sections, self.reading.folder, files)


def _addresses(name: str, live: LiveTenant, session: Session) -> Mapping[str, Address]:
    return session.ledger.addresses(name, mentioned(live))


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
