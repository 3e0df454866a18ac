"""
How entries were before they changed, so that the objects after any kept run can be told.

Every write that changes entries puts what they were before into the table `past`; the next run takes it, packed, into
its row of history. So the entries after run N are those of now, with everything undone that was kept since: whoever
changed them, an apply, a heal, `import` or `state rm`. What it costs grows with what changes, not with what there is
(200 runs that each change 10 of 10,000 resources: under a megabyte), which a snapshot a run would not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any

from msgspec.structs import replace

from flametree_cfg.model import Address, Entry
from flametree_cfg.sql import Database
from flametree_cfg.sql import ledger as statements
from flametree_cfg.sql.chain import checksum
from flametree_cfg.state.body import read_address, read_resource, write_resource
from flametree_cfg.state.packing import NOTHING, Packed, pack, unpack
from flametree_cfg.state.rows import Head, damaged

MOST_ROWS = 100  # that stand open: more are made one, so that a ledger without applies does not grow for ever

Before = dict[Address, Entry | None]
"""What entries were; None for one that was not there."""


def add_past(database: Database, head: Head, before: Mapping[Address, Entry], after: Mapping[Address, Entry]) -> Head:
    """
    Keep what some entries are before they change.

    Args:
        head: of the tenant; before its first run nothing is kept, since nothing can lead back there.
        before, after: the entries that a write may change.

    Returns:
        The tenant's row with its sum brought along, yet to be written.
    """
    if not head.runs:
        return head
    gone: Before = {a: entry for a, entry in before.items() if after.get(a) != entry}
    came: Before = {address: None for address in after if address not in before}
    if not gone and not came:
        return head
    count, last = database.query(statements.COUNT_PAST, (head.tenant,))[0]
    if count >= MOST_ROWS:
        head, last = put_past(database, head, write_past(database, head)), 1
    return _add(database, head, (last or 0) + 1, pack_before({**gone, **came}))


def take_past(database: Database, head: Head) -> tuple[Head, Packed]:
    """
    Pack everything that was kept since the last run, for the row of the next one.

    Returns:
        The tenant's row without it, yet to be written, and what was packed; empty before the first run.
    """
    if not head.runs:
        return head, NOTHING
    packed = pack(write_past(database, head))
    return _cleared(database, head), packed


def read_past(database: Database, head: Head) -> Before:
    """
    Tell what entries that changed since the last run were right after it.

    Raises:
        StorageFailed: a row is damaged or lost.
    """
    return read_before(write_past(database, head))


def write_past(database: Database, head: Head) -> list[Any]:
    """
    Give the same as plain JSON, sorted by address; nothing is understood on the way, which would take far longer.

    Raises:
        StorageFailed: as `read_past`.
    """
    found: dict[str, list[Any]] = {}
    total = 0
    for seq, body, kept in database.query(statements.PAST, (head.tenant,)):
        if checksum(head.tenant, seq, body) != kept:
            raise damaged(database, head.tenant, "what changed since the last run is")
        total += kept
        found = {**{one[0]: one for one in unpack(body)}, **found}  # what was kept first is the older
    if total != head.past:
        raise damaged(database, head.tenant, "what changed since the last run is")
    return [found[address] for address in sorted(found)]


def pack_before(before: Mapping[Address, Entry | None]) -> Packed:
    """Write down what entries were."""
    return pack(_plain(address, entry) for address, entry in sorted(before.items()))


def unpack_before(packed: str) -> Before:
    """
    Undo `pack_before`.

    Raises:
        ValueError: it is nothing of the kind.
    """
    return read_before(unpack(packed))


def read_before(plain: Iterable[Any]) -> Before:
    """
    Read what entries were from plain JSON.

    Raises:
        ValueError: it is nothing of the kind.
    """
    try:
        return dict(map(_read, plain))
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError("no entries") from problem


def undo(entries: MutableMapping[Address, Entry], before: Mapping[Address, Entry | None]) -> None:
    """Bring entries back to what they were."""
    for address, entry in before.items():
        if entry is None:
            entries.pop(address, None)
        else:
            entries[address] = entry


def put_past(database: Database, head: Head, before: Sequence[Any]) -> Head:
    """Put this, as plain JSON, in the place of everything that was kept since the last run."""
    head = _cleared(database, head)
    return _add(database, head, 1, pack(before)) if before else head


def _add(database: Database, head: Head, seq: int, packed: Packed) -> Head:
    kept = checksum(head.tenant, seq, packed.text)
    database.execute(statements.ADD_PAST, (head.tenant, seq, packed.text, kept))
    return replace(head, past=head.past + kept)


def _cleared(database: Database, head: Head) -> Head:
    database.execute(statements.DROP_PAST, (head.tenant,))
    return replace(head, past=0)


def _plain(address: Address, entry: Entry | None) -> list[Any]:
    if entry is None:
        return [str(address)]
    return [str(address), entry.id, int(entry.protected), write_resource(entry.resource)]


def _read(plain: Iterable[Any]) -> tuple[Address, Entry | None]:
    match list(plain):
        case [str(address)]:
            return read_address(address), None
        case [str(address), str(found), int(protected), resource]:
            return read_address(address), Entry(read_resource(resource), found, bool(protected))
        case _:
            raise ValueError("no entry")
