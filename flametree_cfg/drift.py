"""What changed behind our back: stored against live."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from flametree_cfg.model import Address, FieldChange


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
