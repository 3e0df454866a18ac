"""What changed behind our back: stored against live. Knows nothing about plans."""

from __future__ import annotations

import enum
from collections.abc import Collection

from msgspec import Struct

from flametree_cfg.diff import compare
from flametree_cfg.errors import Location, Path
from flametree_cfg.model import Address, AppliedRun, FieldChange, Kind, Snapshot, Value
from flametree_cfg.schema import Catalog


class DriftKind(enum.StrEnum):
    """How an object drifted; closed."""

    CHANGED = "changed"
    DELETED = "deleted"
    ADDED = "added"  # outside: nobody's YAML names it


class Fate(enum.StrEnum):
    """What the next plan makes of what drifted; closed."""

    REVERTED = "reverted"  # the YAML still says what was applied
    SET = "set"  # the YAML says something else by now
    REMOVED = "removed"  # the YAML no longer has the object
    LEFT = "left"  # the YAML says nothing about it: outside our care
    IGNORED = "ignored"  # a person said so, until a day
    UNKNOWN = "unknown"  # the YAML cannot be used


class Judged(Struct, frozen=True):
    """
    What is to be said of one field that drifted, or of a whole object.

    Attributes:
        path: as in the change; empty for the object.
        declared: what the YAML says; None where it says nothing.
        place: where it says so, or where the object stands.
        run: the apply that set it, without its operations; None where history does not reach so far.
        until, reason: of an IGNORED one: the last day, as `YYYY-MM-DD`, and why.
    """

    path: Path
    fate: Fate
    declared: Value = None
    place: Location | None = None
    run: AppliedRun | None = None
    until: str = ""
    reason: str = ""


class Drift(Struct, frozen=True):
    """
    One object that is not as we left it.

    Attributes:
        fields: CHANGED only; `before` is what we applied, `after` what the platform has now.
        name: as the portal shows it.
        judged: one for each field, in the same order, or one for the object; empty in a plan, which judges by itself.
    """

    address: Address
    kind: DriftKind
    type: str
    name: str
    fields: tuple[FieldChange, ...] = ()
    judged: tuple[Judged, ...] = ()

    @property
    def told(self) -> tuple[tuple[FieldChange, Judged | None], ...]:
        """Give each field with what is to be said of it."""
        judged = self.judged if len(self.judged) == len(self.fields) else (None,) * len(self.fields)
        return tuple(zip(self.fields, judged, strict=True))


def find_drift(
    stored: Snapshot, live: Snapshot, catalog: Catalog, clean: Collection[Address] = ()
) -> tuple[Drift, ...]:
    """
    Say what changed behind our back.

    Pure. Secrets are not compared: no platform reports them.

    Args:
        stored: what we last applied, one resource per address.
        live: what the platform reports, ours and foreign alike, secrets filled from the ledger.
        clean: addresses already known to agree.

    Returns:
        One entry per address that differs, sorted by address; empty if nothing moved. System integrations belong to
        the platform and are never "added"; nor is what the YAML declares as external and the ledger is to learn.

    Source: domain.md R14; README, Decisions.
    """
    found = []
    for address, applied in stored.resources.items():
        if address in clean:
            continue
        now = live.resources.get(address)
        if now is None:
            found.append(Drift(address, DriftKind.DELETED, applied.type, applied.name))
            continue
        difference = compare(applied, now, applied, catalog)
        if difference.fields:
            found.append(Drift(address, DriftKind.CHANGED, now.type, now.name, difference.fields))
    found += [
        Drift(address, DriftKind.ADDED, resource.type, resource.name)
        for address, resource in live.resources.items()
        if address not in stored.resources and not resource.system and (address.foreign or _attaches(address))
    ]
    return tuple(sorted(found, key=lambda drift: drift.address))


def _attaches(address: Address) -> bool:
    """Tell whether it is an attachment: between two objects of ours it has no foreign part in its address."""
    return address.kind is Kind.ATTACHMENT
