"""Keys that resources had before."""

from __future__ import annotations

from flametree_cfg.errors import Related, error
from flametree_cfg.invariants.rule import Found
from flametree_cfg.model import Address, Tenant


def previously_declared(tenant: Tenant) -> Found:
    """
    Refuse a previous key that is also declared: the object cannot be under both.

    Source: design.md, What is managed.
    """
    for address, previously in _moved(tenant):
        for index, key in enumerate(previously):
            before = Address(address.kind, key)
            if before in tenant.declarations:
                yield error(
                    "previously-declared",
                    "Previous key is also declared",
                    f"{address} was {before} before, and {before} is declared",
                    f"remove `{key}` from `previously`, or give the other one another key",
                    address=str(address),
                    path=("previously", index),
                    related=(Related("is declared", str(before)),),
                )


def previously_claimed_twice(tenant: Tenant) -> Found:
    """Refuse two resources that were the same one before."""
    first: dict[Address, Address] = {}
    for address, previously in sorted(_moved(tenant)):
        for index, key in enumerate(previously):
            holder = first.setdefault(Address(address.kind, key), address)
            if holder != address:
                yield error(
                    "previously-claimed-twice",
                    "Two resources claim one previous key",
                    f"{holder} was {address.kind.value}.{key} before too",
                    f"remove `{key}` from `previously` of one of them",
                    address=str(address),
                    path=("previously", index),
                    related=(Related("claims it too", str(holder), ("previously",)),),
                )


def _moved(tenant: Tenant) -> list[tuple[Address, tuple[str, ...]]]:
    return [(address, one.previously) for address, one in tenant.declarations.items() if one.previously]
