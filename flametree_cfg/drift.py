"""What changed behind our back: stored against live. Knows nothing about plans."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

from flametree_cfg.diff import compare
from flametree_cfg.model import Address, FieldChange, Kind, Snapshot
from flametree_cfg.schema import Catalog


class DriftKind(enum.StrEnum):
    """How an object drifted; closed."""

    CHANGED = "changed"
    DELETED = "deleted"
    ADDED = "added"  # outside: nobody's YAML names it


@dataclass(frozen=True, slots=True)
class Drift:
    """
    One object that is not as we left it.

    Attributes:
        fields: CHANGED only; `before` is what we applied, `after` what the platform has now.
        name: as the portal shows it.
    """

    address: Address
    kind: DriftKind
    type: str
    name: str
    fields: tuple[FieldChange, ...] = ()


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
