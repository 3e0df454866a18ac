"""Judge what drifted: what the YAML says of it, what the next plan makes of it, which apply set it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config import TenantReading
from flametree_cfg.diff import compare, same
from flametree_cfg.drift import Drift, DriftKind, Fate, Judged
from flametree_cfg.engine.ignoring import Ignores, judged_ignored
from flametree_cfg.engine.origins import Subject, find_origins
from flametree_cfg.engine.session import Session
from flametree_cfg.model import (
    Address,
    AppliedRun,
    FieldChange,
    Kind,
    Resource,
    Secret,
    Snapshot,
    Tenant,
    Value,
    agent,
    map_secrets,
)


class Verdicts(NamedTuple):
    """What is drift, and what a person said to let be."""

    drift: tuple[Drift, ...]
    ignored: tuple[Drift, ...]


class Judge(Struct, frozen=True):
    """
    Judges the drift of one tenant.

    Attributes:
        tenant: as declared; None where the YAML cannot be used.
        live: the platform's side, secrets filled from the ledger.
    """

    reading: TenantReading
    tenant: Tenant | None
    live: Snapshot
    ignores: Ignores
    session: Session

    def judge(self, found: Iterable[Drift]) -> Verdicts:
        """
        Say what is to be said of each.

        Left out is what only the ledger does not know yet: the YAML and the platform agree, or the YAML imports it, and
        the next apply writes that down.
        """
        imported = self._imported()
        fated = [one for drift in found if drift.address not in imported and (one := self._fated(drift)) is not None]
        origins = find_origins(self.reading.name, _subjects(fated), self.session)
        told = [self._told(drift, origins) for drift in fated]
        return Verdicts(tuple(_some(told, ignored=False)), tuple(_some(told, ignored=True)))

    def _imported(self) -> frozenset[Address]:
        """Name what the YAML takes over as drift does, which knows of no import."""
        declarations = self.tenant.declarations.values() if self.tenant else ()
        return frozenset(Address(one.resource.address.kind, f"id:{one.imports}") for one in declarations if one.imports)

    def _fated(self, drift: Drift) -> Drift | None:
        if drift.kind is DriftKind.CHANGED:
            judged = [(field, one) for field in drift.fields if (one := self._field(drift, field)) is not None]
            fields = tuple(field for field, _ in judged)
            return replace(drift, fields=fields, judged=tuple(one for _, one in judged)) if judged else None
        object_ = self._added(drift) if drift.kind is DriftKind.ADDED else self._deleted(drift)
        return replace(drift, judged=(object_,)) if object_ is not None else None

    def _field(self, drift: Drift, field: FieldChange) -> Judged | None:
        """Judge one field; None where the YAML says what the platform has."""
        desired, fate = self._desired(drift)
        if desired is None:
            judged = Judged(field.path, fate)
        elif not _declares(desired, field):
            judged = Judged(field.path, Fate.LEFT)
        else:
            live = self.live.resources[drift.address]
            left = compare(live, desired, desired, self.session.catalog).fields
            change = next((one for one in left if one.path == field.path), None)
            if change is None:
                return None
            fate = Fate.REVERTED if same(_referring(change.after), _referring(field.before)) else Fate.SET
            judged = Judged(field.path, fate, change.after)
        if fate is not Fate.REMOVED and self.ignores.rule(drift.address, field.path):
            said = judged_ignored(field, self.ignores, drift.address)
            return replace(said, declared=judged.declared)
        return judged

    def _desired(self, drift: Drift) -> tuple[Resource | None, Fate]:
        """Give what the YAML says of an object, or what becomes of one it says nothing about."""
        if self.tenant is None:
            return None, Fate.UNKNOWN
        declaration = self.tenant.declarations.get(drift.address)
        if declaration is not None:
            return declaration.resource, Fate.REVERTED
        return None, Fate.LEFT if self._kept(drift) else Fate.REMOVED

    def _kept(self, drift: Drift) -> bool:
        """Tell whether nothing in the YAML speaks of it: its section is absent, or its agent declares no `channels`."""
        assert self.tenant is not None  # noqa: S101  # the caller saw to it
        if drift.address.kind.section not in self.tenant.sections:
            return True
        owner = self.tenant.declarations.get(agent(drift.address.agent_key))
        return drift.address.kind is Kind.ATTACHMENT and owner is not None and not owner.attachments

    def _deleted(self, drift: Drift) -> Judged | None:
        """Judge an object that is gone; None where the YAML does not have it either."""
        desired, fate = self._desired(drift)
        if fate is Fate.REMOVED:
            return None
        return Judged((), Fate.LEFT if desired is not None and desired.external else fate)

    def _added(self, drift: Drift) -> Judged:
        rule = self.ignores.rule(drift.address, ())
        if rule is not None:
            return Judged((), Fate.IGNORED, place=rule.place, until=rule.until, reason=rule.reason)
        return Judged((), Fate.LEFT)

    def _told(self, drift: Drift, origins: Mapping[Subject, AppliedRun]) -> Drift:
        """Add where the YAML says so, and which apply did."""
        address = str(drift.address)
        judged = []
        for one in drift.judged:
            place = one.place
            if place is None and self.tenant is not None and one.fate in (Fate.REVERTED, Fate.SET):
                place = self.reading.locate(address, one.path)
            judged.append(replace(one, place=place, run=origins.get((drift.address, one.path))))
        return replace(drift, judged=tuple(judged))


def _referring(value: Value) -> Value:
    """Leave of secrets only the references: nobody resolves them for a check, so the YAML's have no fingerprints."""
    return map_secrets(value, lambda _path, secret: Secret(secret.reference))


def _declares(desired: Resource, field: FieldChange) -> bool:
    """Tell whether the YAML speaks of a field: of an agent's roles and variables it names some or none."""
    key = str(field.path[0])
    if (desired.external or desired.system) and key in ("type", "name"):
        return False  # they only find it
    value: Value = desired.fields.get(key)
    return field.path[1] in (value or {}) if key == "connectors" else key in desired.fields


def _subjects(found: Iterable[Drift]) -> Iterator[Subject]:
    for drift in found:
        if drift.kind is not DriftKind.ADDED:
            yield from ((drift.address, one.path) for one in drift.judged)


def _some(found: Iterable[Drift], *, ignored: bool) -> Iterator[Drift]:
    for drift in found:
        if drift.kind is not DriftKind.CHANGED:
            if (drift.judged[0].fate is Fate.IGNORED) is ignored:
                yield drift
            continue
        pairs = [
            (field, one)
            for field, one in zip(drift.fields, drift.judged, strict=True)
            if (one.fate is Fate.IGNORED) is ignored
        ]
        if pairs:
            fields, judged = zip(*pairs, strict=True)
            yield replace(drift, fields=fields, judged=judged)
