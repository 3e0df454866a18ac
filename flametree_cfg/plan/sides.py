"""Bring desired, stored and live to one set of addresses, so that they can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.diff import agrees, fill_secrets, immutable_change
from flametree_cfg.errors import ConfigInvalid, Diagnostic, error
from flametree_cfg.model import (
    Address,
    Declaration,
    Entry,
    Kind,
    LiveObject,
    LiveTenant,
    Resource,
    Snapshot,
    Stored,
    Tenant,
    folded,
    live_snapshot,
    readdress,
)
from flametree_cfg.plan.importing import check_imports, wanted_imports
from flametree_cfg.schema import Catalog

OUTGOING = "~old"
"""Ends the key of an object that another one replaces; no YAML key can hold it."""


class Sides(Struct, frozen=True):
    """
    Desired, stored and live under the same addresses.

    Attributes:
        stored: the ledger's entries, after keys were renamed (`previously:`) or replaced objects put aside.
        live: what the platform has; without a refresh, what the ledger says it has. The secrets of what is clean are
            masked until `with_secrets`.
        found: externals that the ledger does not know yet, or under another id, and declared attachments that exist.
        imports: platform ids of what is taken over because the YAML says so; they are in `found` too.
        moves: address before to address after, as the ledger has to record it.
        clean: addresses of which desired, stored and live were seen to agree; others may, on a closer look.
    """

    tenant: Tenant
    stored: Mapping[Address, Entry]
    live: Snapshot
    objects: Mapping[Address, LiveObject]
    found: Mapping[Address, str]
    moves: Mapping[Address, Address]
    clean: AbstractSet[Address] = frozenset()
    imports: Mapping[Address, str] = field(default_factory=dict)

    @property
    def desired(self) -> Mapping[Address, Declaration]:
        """What the YAML declares."""
        return self.tenant.declarations


def join_sides(tenant: Tenant, stored: Stored, live: LiveTenant | None, catalog: Catalog) -> Sides:
    """
    Join the three by platform id, through the ledger.

    Args:
        tenant: as declared.
        stored: the ledger.
        live: what the platform reports; None to plan against the ledger alone.

    Raises:
        ConfigInvalid: an external or system object was not found on the platform (`external-not-found`), or one that
            is to be imported cannot be.
    """
    renamed = dict(_renamed_keys(tenant, stored))
    sides = _joined(tenant, stored, live, renamed, catalog)
    replaced = {
        origin: _aside(destination, stored) for origin, destination in _replaced(sides, stored, live, renamed, catalog)
    }
    return _joined(tenant, stored, live, renamed | replaced, catalog) if replaced else sides


def _joined(
    tenant: Tenant, stored: Stored, live: LiveTenant | None, moves: Mapping[Address, Address], catalog: Catalog
) -> Sides:
    entries = _moved_entries(stored, moves)
    imports = wanted_imports(tenant, entries)
    if live is None:
        resources = {address: entry.resource for address, entry in entries.items()}
        for address, declaration in tenant.declarations.items():
            if declaration.resource.external or declaration.resource.system or address in imports:
                resources.setdefault(address, declaration.resource)
        return Sides(tenant, entries, Snapshot(tenant.name, resources), {}, imports, moves, imports=imports)
    check_imports(imports, tenant, entries, live, catalog)
    found = _found_externals(tenant, entries, live) | imports
    # An attachment is found by what it joins: an external may be known under another key than when it was made.
    ids = {address: entry.id for address, entry in entries.items() if address.kind is not Kind.ATTACHMENT}
    snapshot, objects = live_snapshot(live, ids | found)
    found |= _found_attachments(tenant, entries, objects)
    seen = dict(snapshot.resources)
    clean = set()
    for address, entry in entries.items():
        resource = seen.get(address)
        if resource is None:
            continue
        if _clean(tenant.declarations.get(address), entry, resource) and address not in found:
            clean.add(address)
        else:
            seen[address] = fill_secrets(resource, entry.resource, catalog)
    return Sides(tenant, entries, Snapshot(tenant.name, seen), objects, found, moves, clean, imports)


def with_secrets(sides: Sides, catalog: Catalog) -> Sides:
    """Put what the ledger knows of secrets on the clean resources too, which only a simulation looks at."""
    filled = {
        address: fill_secrets(resource, sides.stored[address].resource, catalog) if address in sides.clean else resource
        for address, resource in sides.live.resources.items()
    }
    return replace(sides, live=Snapshot(sides.tenant.name, filled))


def _clean(declaration: Declaration | None, entry: Entry, live: Resource) -> bool:
    if declaration is None or entry.protected is not declaration.protected:
        return False
    stored, desired = entry.resource, declaration.resource
    return (
        stored.fields == desired.fields
        and stored.external is desired.external
        and stored.system is desired.system
        and agrees(live, desired)
    )


def _renamed_keys(tenant: Tenant, stored: Stored) -> Iterator[tuple[Address, Address]]:
    for address, declaration in tenant.declarations.items():
        if address in stored.entries:
            continue
        for key in declaration.previously:
            before = Address(address.kind, key)
            if before in stored.entries and before not in tenant.declarations:
                yield before, address
                break


def _replaced(
    sides: Sides, stored: Stored, live: LiveTenant | None, moves: Mapping[Address, Address], catalog: Catalog
) -> Iterator[tuple[Address, Address]]:
    """Find objects that cannot become what is wanted; gives (address in the ledger, address in the YAML)."""
    if len(sides.clean) == len(stored.entries):
        return
    by_id = {(item.kind, item.id): item for item in live.objects} if live else {}
    for before, entry in stored.entries.items():
        after = moves.get(before, before)
        declaration = sides.desired.get(after)
        if declaration is None or after in sides.clean:
            continue
        if before.kind is Kind.ATTACHMENT or declaration.resource.external:
            continue
        if entry.resource.external:
            yield before, after  # what was somebody else's stays theirs: it is never adopted
            continue
        item = by_id.get((before.kind, entry.id))
        now = Resource(before, item.fields) if item else entry.resource
        if immutable_change(now, declaration.resource, catalog):
            yield before, after


def _aside(address: Address, stored: Stored) -> Address:
    key = address.key + OUTGOING
    while Address(address.kind, key) in stored.entries:
        key += OUTGOING
    return Address(address.kind, key)


def _moved_entries(stored: Stored, moves: Mapping[Address, Address]) -> Mapping[Address, Entry]:
    if not moves:
        return stored.entries
    moved = [replace(entry, resource=readdress(entry.resource, moves)) for entry in stored.entries.values()]
    return {entry.resource.address: entry for entry in moved}


def _found_externals(tenant: Tenant, entries: Mapping[Address, Entry], live: LiveTenant) -> dict[Address, str]:
    wanted = [d for d in tenant.declarations.values() if d.resource.external or d.resource.system]
    if not wanted:
        return {}
    ours = {entry.id for entry in entries.values() if not (entry.resource.external or entry.resource.system)}
    by_name: dict[tuple[Kind, str, str, bool], str] = {
        (item.kind, str(item.fields.get("type")), folded(str(item.fields.get("name", ""))), item.system): item.id
        for item in live.objects
        if item.kind is not Kind.ATTACHMENT and item.id not in ours
    }
    found: dict[Address, str] = {}
    missing: list[Diagnostic] = []
    for declaration in wanted:
        resource = declaration.resource
        name = (resource.address.kind, resource.type, folded(resource.name), resource.system)
        platform_id = by_name.get(name)
        if platform_id is None:
            missing.append(_not_found(resource))
            continue
        entry = entries.get(resource.address)
        if entry is None or entry.id != platform_id:
            found[resource.address] = platform_id
    if missing:
        raise ConfigInvalid(*missing)
    return found


def _found_attachments(
    tenant: Tenant, entries: Mapping[Address, Entry], objects: Mapping[Address, LiveObject]
) -> dict[Address, str]:
    """Find declared attachments that somebody made before us; what they join is known, so they cannot be others."""
    return {
        address: objects[address].id
        for address in tenant.declarations
        if address.kind is Kind.ATTACHMENT and address not in entries and address in objects
    }


def _not_found(resource: Resource) -> Diagnostic:
    what = "system integration" if resource.system else "object"
    return error(
        "external-not-found",
        "The platform has no such object",
        f"{resource.address} is an {'external ' if resource.external else ''}{what} of type {resource.type} "
        f"named {resource.name!r}, and the platform has none".replace("an system", "a system"),
        "check the name and the type in the portal: `drift accept` and `pull` write a new name; or remove the block",
        address=str(resource.address),
        path=("name",),
    )
