"""The only comparison in the house."""

from __future__ import annotations

from dataclasses import dataclass

from flametree_cfg.model import Action, Address, FieldChange, Resource


@dataclass(frozen=True, slots=True)
class Change:
    """
    What is different about one resource.

    Attributes:
        action: CREATE, UPDATE or DELETE (MOVE, BIND, FORGET where only the ledger changes).
        replaced: UPDATE only: the object cannot be changed in place (another type); it is made anew.
        previous: the address before, where the key changed.
    """

    address: Address
    action: Action
    before: Resource | None
    after: Resource | None
    fields: tuple[FieldChange, ...] = ()
    replaced: bool = False
    previous: Address | None = None
