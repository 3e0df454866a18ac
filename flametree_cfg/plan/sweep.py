"""Go over a tenant once, holding nothing, to find the few resources on which the three sides do not agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flametree_cfg.diff import fields_agree
from flametree_cfg.model import (
    Address,
    Declaration,
    Entry,
    Kind,
    LiveObject,
    LiveTenant,
    Resource,
    Stored,
    Tenant,
    Value,
    live_snapshot,
    with_keys,
)

Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Swept:
    """
    What going over a tenant gave.

    Attributes:
        changed: addresses on which YAML, ledger and platform do not agree at a glance; planning looks closer.
        outside: ids of what the platform has and the ledger does not know, system connectors among them.
    """

    changed: frozenset[Address]
    outside: tuple[str, ...]


def sweep(
    declarations: Mapping[Address, Declaration],
    printed: Callable[[Fields], Fields],
    entries: Iterable[Entry],
    objects: Iterable[LiveObject],
) -> Swept | None:
    """
    Find where the sides do not agree.

    Args:
        declarations: what the YAML says.
        printed: puts fingerprints on the secrets in a resource's fields, on every one.
        entries: the ledger's, gone over once.
        objects: the platform's, gone over once, after the entries; agents after connectors, attachments last.

    Returns:
        None where something that the ledger knows is gone from the platform: then everything has to be looked at.
    """
    known: dict[tuple[Kind, str], Address] = {}
    changed: set[Address] = set()
    declared = met = 0
    for entry in entries:
        address = entry.resource.address
        known[address.kind, entry.id] = address
        declaration = declarations.get(address)
        if declaration is None:
            changed.add(address)
            continue
        declared += 1
        kept, said = entry.resource, declaration.resource
        if (
            entry.protected != declaration.protected
            or kept.external != said.external
            or kept.system != said.system
            or kept.fields != printed(said.fields)
        ):
            changed.add(address)
    if declared < len(declarations):
        changed.update(declarations.keys() - set(known.values()))
    outside: list[str] = []
    for item in objects:
        ours = known.get((item.kind, item.id))
        if ours is None:
            outside.append(item.id)
            continue
        met += 1
        if ours not in changed and not fields_agree(
            with_keys(item, known), declarations[ours].resource.fields, printed=True
        ):
            changed.add(ours)
    return Swept(frozenset(changed), tuple(outside)) if met == len(known) else None


def versions(
    changed: Iterable[Address],
    declarations: Mapping[Address, Declaration],
    stored: Stored,
    live: LiveTenant,
    ids: Mapping[Address, str],
) -> tuple[dict[Address, Sequence[Resource]], list[Resource]]:
    """
    List every version of what changed, and what is outside our care, for `near`.

    Args:
        changed: what changed.
        declarations: what the YAML says of it.
        stored: the ledger's entries of it.
        live: the platform's objects of it, and those outside.
        ids: platform ids of everything of ours that those refer to.
    """
    now, _ = live_snapshot(live, {**ids, **stored.ids()})
    found: dict[Address, Sequence[Resource]] = {}
    for address in changed:
        declared, entry, seen = declarations.get(address), stored.entries.get(address), now.resources.get(address)
        all_three = (declared and declared.resource, entry and entry.resource, seen)
        found[address] = [one for one in all_three if one]
    return found, [resource for address, resource in now.resources.items() if address not in found]


def mentioned(live: LiveTenant) -> set[str]:
    """List the platform ids that objects refer to."""
    found: set[str] = set()
    for item in live.objects:
        if item.kind is Kind.ATTACHMENT:
            found.update((item.fields["agent"], item.fields["channel"]))
        elif item.kind is Kind.AGENT:
            for value in (item.fields.get("connectors") or {}).values():
                found.update([value] if isinstance(value, str) else value or ())
    return found


def part_of(tenant: Tenant, addresses: frozenset[Address]) -> Tenant:
    """Give only some of what a tenant declares."""
    declarations = {address: found for address, found in tenant.declarations.items() if address in addresses}
    return replace(tenant, declarations=declarations)
