"""Which object of the platform is which resource of the YAML, and what the others shall be called. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from flametree_cfg.config.writing_names import Keys
from flametree_cfg.model import Address, Declaration, Kind, LiveObject, LiveTenant, Stored, folded

_Named = tuple[Kind, str, str, bool]


class Matched(Struct, frozen=True):
    """
    What belongs together.

    Attributes:
        ids: platform id of every address that the platform has, attachments left out.
        new: addresses that no YAML declares, in the order to write them.
        gone: addresses that the YAML declares and the ledger knows, and the platform has no more.
    """

    ids: Mapping[Address, str]
    new: tuple[Address, ...]
    gone: tuple[Address, ...]


def match(
    live: LiveTenant, stored: Stored, declared: Mapping[Address, Declaration], mentioned: Collection[Address] = ()
) -> Matched:
    """
    Match what the platform has with what is declared: through the ledger, else by kind, type and name.

    System integrations count if something uses them. What nobody declares gets the key it had in the ledger, or one
    made of its name, which nothing that is `mentioned` has: a base may say it, or the tenant's own null.
    """
    objects: dict[tuple[Kind, str], LiveObject] = {
        (one.kind, one.id): one for one in live.objects if one.kind is not Kind.ATTACHMENT
    }
    ids = {
        address: entry.id
        for address, entry in stored.entries.items()
        if address.kind is not Kind.ATTACHMENT and (address.kind, entry.id) in objects
    }
    ids |= _by_name(objects, ids, declared)
    gone = tuple(
        address
        for address in declared
        if address.kind is not Kind.ATTACHMENT and address in stored.entries and address not in ids
    )
    known = {(address.kind, one) for address, one in ids.items()}
    used = _used(live)
    left = [one for key, one in objects.items() if key not in known and (not one.system or one.id in used)]
    keys = Keys({*declared, *stored.entries, *mentioned})
    for one in sorted(left, key=_order):
        ids[keys.make(one.kind, str(one.fields.get("type")), _name(one))] = one.id
    new = sorted((a for a in ids if a not in declared), key=lambda a: _place(a, objects[a.kind, ids[a]]))
    return Matched(ids, tuple(new), gone)


def _by_name(
    objects: Mapping[tuple[Kind, str], LiveObject], ids: Mapping[Address, str], declared: Mapping[Address, Declaration]
) -> Iterator[tuple[Address, str]]:
    known = {(address.kind, one) for address, one in ids.items()}
    free: dict[_Named, str] = {
        (one.kind, str(one.fields.get("type")), folded(_name(one)), one.system): one.id
        for key, one in objects.items()
        if key not in known
    }
    for address, declaration in declared.items():
        resource = declaration.resource
        if address.kind is Kind.ATTACHMENT or address in ids:
            continue
        found = free.pop((address.kind, resource.type, folded(resource.name), resource.system), None)
        if found is not None:
            yield address, found


def _used(live: LiveTenant) -> frozenset[str]:
    """List the connectors that an agent links, and the defaults."""
    used = {one.id for one in live.objects if one.fields.get("default")}
    for one in live.objects:
        for linked in (one.fields.get("connectors") or {}).values() if one.kind is Kind.AGENT else ():
            used.update(linked if isinstance(linked, list | tuple) else [linked])
    return frozenset(used)


def _name(one: LiveObject) -> str:
    return str(one.fields.get("name", ""))


def _order(one: LiveObject) -> tuple[int, str, str]:
    return list(Kind).index(one.kind), folded(_name(one)), one.id


def _place(address: Address, one: LiveObject) -> tuple[int, bool, str, str]:
    """Sort what is written: kinds in the order of the sections, system integrations last, one type together."""
    return list(Kind).index(address.kind), one.system, str(one.fields.get("type")), address.key
