"""Go over a tenant once, holding nothing, to find the few resources on which the three sides do not agree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from flametree_cfg.diff import fields_agree, same
from flametree_cfg.model import (
    TRANSITIONS,
    Address,
    Declaration,
    Entry,
    EntryText,
    Kind,
    LiveObject,
    LiveTenant,
    Resource,
    Stored,
    Tenant,
    Value,
    entry_marks,
    live_snapshot,
    with_keys,
)

Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Page:
    """
    Some hundred entries of the ledger, named.

    Attributes:
        addresses: of the entries, in the ledger's order.
        marks: of each, what it says beside its fields (`model.entry_marks`).
        digest: names the fields of them all.
    """

    addresses: Sequence[Address]
    marks: Sequence[int]
    digest: str


@dataclass(frozen=True, slots=True)
class Survey:
    """
    What going over ledger and platform once gave.

    Attributes:
        pages: all entries.
        moved: addresses at which the platform has not what the ledger says, at a glance, or is on its way elsewhere.
        outside: ids of what the platform has and the ledger does not know, system connectors among them.
    """

    pages: Sequence[Page]
    moved: Sequence[Address]
    outside: tuple[str, ...]


def survey(
    entries: Iterable[Sequence[EntryText]],
    objects: Iterable[LiveObject],
    parse: Callable[[list[str]], Sequence[Fields]],
    digest: Callable[[Iterable[str]], str],
) -> Survey | None:
    """
    Go over ledger and platform and compare them; the YAML is not needed for that.

    Args:
        entries: the ledger's, some hundred at a time.
        objects: the platform's, gone over once, after the entries; agents after connectors, attachments last.
        parse: reads the fields of many entries.
        digest: names the fields of many entries.

    Returns:
        None where something that the ledger knows is gone from the platform: then everything has to be looked at.
    """
    known: dict[tuple[Kind, str], Address] = {}
    texts: dict[tuple[Kind, str], str] = {}
    pages = []
    for some in entries:
        for address, platform_id, _, text in some:
            key = address.kind, platform_id
            known[key] = address
            texts[key] = text
        pages.append(Page([one[0] for one in some], [one[2] for one in some], digest([one[3] for one in some])))
    moved: list[Address] = []
    outside: list[str] = []
    remaining = iter(objects)
    while chunk := list(islice(remaining, _AT_ONCE)):
        ours = [one for one in chunk if (one.kind, one.id) in texts]
        if len(ours) < len(chunk):
            outside += [one.id for one in chunk if (one.kind, one.id) not in texts]
        kept = parse([texts.pop((one.kind, one.id)) for one in ours])
        moved += [
            known[one.kind, one.id]
            for one, fields in zip(ours, kept, strict=True)
            if one.status in TRANSITIONS or not fields_agree(with_keys(one, known), fields)
        ]
    return None if texts else Survey(pages, moved, tuple(outside))


_AT_ONCE = 500  # objects: parsing their entries' fields in one call takes a third of the time


def differing(
    found: Survey,
    declarations: Mapping[Address, Declaration],
    digest: Callable[[Sequence[Fields]], str],
    read: Callable[[Collection[Address]], Mapping[Address, Entry]],
    printed: Callable[[Fields], Fields],
) -> frozenset[Address]:
    """
    List the addresses on which YAML, ledger and platform do not agree at a glance; planning looks closer.

    Args:
        found: of ledger and platform.
        declarations: what the YAML says.
        digest: names the fields of many declarations as a survey's pages are named, fingerprints on every secret.
        read: reads entries of the ledger as the survey saw them.
        printed: puts fingerprints on the secrets in a resource's fields, on every one.
    """
    changed = set(found.moved)
    met = 0
    for page in found.pages:
        said = [declarations.get(address) for address in page.addresses]
        there = [one for one in said if one is not None]
        met += len(there)
        if (
            len(there) < len(said)
            or [entry_marks(one.resource, protected=one.protected) for one in there] != page.marks
            or digest([one.resource.fields for one in there]) != page.digest
        ):
            kept = read(page.addresses)
            pairs = ((address, kept.get(address), declarations.get(address)) for address in page.addresses)
            changed.update(address for address, entry, one in pairs if not _agree(entry, one, printed))
    if met < len(declarations):
        changed.update(declarations.keys() - {address for page in found.pages for address in page.addresses})
    return frozenset(changed)


def _agree(entry: Entry | None, declaration: Declaration | None, printed: Callable[[Fields], Fields]) -> bool:
    if entry is None or declaration is None:
        return False
    kept, said = entry.resource, declaration.resource
    beside = entry_marks(kept, protected=entry.protected), entry_marks(said, protected=declaration.protected)
    return beside[0] == beside[1] and same(kept.fields, printed(said.fields))


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
