"""Go over a tenant once, holding nothing, to find the few resources on which the three sides do not agree."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.diff import fields_agree, same
from flametree_cfg.model import (
    TRANSITIONS,
    Address,
    Declaration,
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


class Swept(Struct, frozen=True):
    """
    What going over a tenant gave.

    Attributes:
        changed: addresses on which YAML, ledger and platform do not agree at a glance, or that are on their way to run
            or to stop; planning looks closer.
        outside: ids of what the platform has and the ledger does not know, system connectors among them.
    """

    changed: frozenset[Address]
    outside: tuple[str, ...]


class Reading(Struct, frozen=True):
    """
    How the fields of the ledger's entries and of declarations compare.

    Attributes:
        written: writes the fields of many declarations as the ledger keeps them, fingerprints on every secret, with
            commas between.
        parse: reads the fields of many entries.
        printed: puts fingerprints on the secrets in a declaration's fields, on every one.
    """

    written: Callable[[Sequence[Fields]], bytes]
    parse: Callable[[list[str]], Sequence[Fields]]
    printed: Callable[[Fields], Fields]


def sweep(
    declarations: Mapping[Address, Declaration],
    reading: Reading,
    entries: Iterable[Sequence[EntryText]],
    objects: Iterable[LiveObject],
) -> Swept | None:
    """
    Find where the sides do not agree.

    Args:
        declarations: what the YAML says.
        reading: of fields.
        entries: the ledger's, gone over once, some hundred at a time: their text tells whether they are as declared.
        objects: the platform's, gone over once, after the entries; agents after connectors, attachments last.

    Returns:
        None where something that the ledger knows is gone from the platform: then everything has to be looked at.
    """
    known: dict[tuple[Kind, str], Address] = {}
    changed: set[Address] = set()
    declared = 0
    for page in entries:
        known.update([((address[0], platform_id), address) for address, platform_id, _, _ in page])
        said = [declarations.get(entry[0]) for entry in page]
        declared += len(said) - said.count(None)
        changed.update(_not_as_declared(page, said, reading))
    if declared < len(declarations):
        changed.update(declarations.keys() - set(known.values()))
    return _over_objects(objects, known, changed, lambda address: declarations[address].resource.fields)


def _over_objects(
    objects: Iterable[LiveObject],
    known: Mapping[tuple[Kind, str], Address],
    changed: set[Address],
    fields_of: Callable[[Address], Fields],
) -> Swept | None:
    """Add what the platform does not have as these fields say; None where something that is known is gone from it."""
    outside: list[str] = []
    met = 0
    for item in objects:
        ours = known.get((item.kind, item.id))
        if ours is None:
            outside.append(item.id)
            continue
        met += 1
        if ours not in changed and (
            item.status in TRANSITIONS or not fields_agree(with_keys(item, known), fields_of(ours), printed=True)
        ):
            changed.add(ours)
    return Swept(frozenset(changed), tuple(outside)) if met == len(known) else None


Page = tuple[int, str]
"""How many of the ledger's entries, in the order of their addresses, and a digest of all but their fingerprints."""


class SweptAhead(Struct, frozen=True):
    """
    What going over ledger and platform gave before it was known what is declared.

    Attributes:
        pages: what the ledger says, for `as_declared`.
        prints: its secrets: each reference with its fingerprint.
        swept: where the platform says something else.
    """

    pages: list[Page]
    prints: frozenset[tuple[str, str]]
    swept: Swept


def sweep_ahead(
    entries: Iterable[Sequence[EntryText]],
    objects: Iterable[LiveObject],
    parse: Callable[[str], Fields],
    part: Callable[[str], tuple[bytes, Iterable[tuple[str, str]]]],
) -> SweptAhead | None:
    """
    Find where ledger and platform do not agree, before it is known what is declared.

    Args:
        entries, objects: as `sweep` takes them.
        parse: reads an entry's fields; secrets may stay JSON.
        part: parts fingerprints from the text of many.

    Returns:
        None as of `sweep`.
    """
    known: dict[tuple[Kind, str], Address] = {}
    texts: dict[Address, str] = {}
    pages: list[Page] = []
    prints: set[tuple[str, str]] = set()
    for page in entries:
        known.update([((address[0], platform_id), address) for address, platform_id, _, _ in page])
        texts.update([(address, fields) for address, _, _, fields in page])
        bare, some = part(",".join([fields for _, _, _, fields in page]))
        pages.append((len(page), _digest([f"{address} {mark}" for address, _, mark, _ in page], bare)))
        prints.update(some)
    swept = _over_objects(objects, known, set(), lambda address: parse(texts[address]))
    return SweptAhead(pages, frozenset(prints), swept) if swept else None


def as_declared(
    pages: Iterable[Page], declarations: Mapping[Address, Declaration], written: Callable[[Sequence[Fields]], bytes]
) -> bool:
    """
    Tell whether the ledger says just what is declared, fingerprints aside.

    Args:
        pages: what the ledger says.
        declarations: what the YAML says.
        written: writes the fields of many declarations as the ledger keeps them, without fingerprints.
    """
    ordered = sorted([(f"{kind!s}.{key}", one) for (kind, key), one in declarations.items()], key=itemgetter(0))
    start = 0
    for count, digest in pages:
        some = ordered[start : start + count]
        start += count
        marks = [f"{address} {entry_marks(one.resource, protected=one.protected)}" for address, one in some]
        if len(some) < count or _digest(marks, written([one.resource.fields for _, one in some])) != digest:
            return False
    return start == len(ordered)


def _digest(marks: Iterable[str], fields: bytes) -> str:
    said = hashlib.sha256("\n".join(marks).encode())
    said.update(b"\n")
    said.update(fields)
    return said.hexdigest()


def _not_as_declared(
    page: Sequence[EntryText], said: Sequence[Declaration | None], reading: Reading
) -> Iterator[Address]:
    there = [one for one in said if one is not None]
    kept = ",".join([entry.fields for entry in page]).encode()
    if (
        len(there) == len(said)
        and [entry_marks(one.resource, protected=one.protected) for one in there] == [entry.marks for entry in page]
        and reading.written([one.resource.fields for one in there]) == kept
    ):
        return
    for entry, fields, one in zip(page, reading.parse([entry.fields for entry in page]), said, strict=True):
        if (
            one is None
            or entry.marks != entry_marks(one.resource, protected=one.protected)
            or not same(fields, reading.printed(one.resource.fields))
        ):
            yield entry.address


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
