"""One tenant's rows: read with their checksums compared, written with their checksums kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.errors import StorageFailed
from flametree_cfg.model import Address, Entry, EntryText, Operation, Resource
from flametree_cfg.sql import Database, Row
from flametree_cfg.sql import ledger as statements
from flametree_cfg.sql.chain import checksum, head_checksum
from flametree_cfg.state.body import (
    entry_checksum,
    read_address,
    read_all_fields,
    read_operation,
    write_fields,
    write_json,
    write_operation,
)

CHUNK = 400
"""Rows asked for in one statement: every database takes so many values."""


class Head(Struct, frozen=True):
    """
    A tenant's own row.

    Attributes:
        runs: the number of the last run in history.
        total: sum of the checksums of all entries and open journal lines.
        past: sum of the checksums of what entries were before they changed since the last run.
        dropped: the number of the last run that history let go.
        anchor: the link of that run, to which the first kept one is linked.
        link: of the last run.
    """

    tenant: str
    lineage: str
    serial: int
    platform: str = ""
    runs: int = 0
    total: int = 0
    past: int = 0
    dropped: int = 0
    anchor: str = ""
    link: str = ""

    @property
    def stamp(self) -> str:
        """Names what the tenant's ledger holds, history aside."""
        return f"{self.lineage} {self.serial} {self.total} {self.platform}"

    @property
    def checksum(self) -> int:
        """Of this row itself."""
        return head_checksum(self.tenant, *_head_columns(self))


class Rows(Struct, frozen=True):
    """Entries as read, and the checksum of each one's row."""

    entries: Mapping[Address, Entry]
    sums: Mapping[Address, int]


def damaged(database: Database, tenant: str, what: str) -> StorageFailed:
    """Say that a tenant's rows are not as we wrote them."""
    return database.damaged(f"tenant {tenant}: {what} not as it was written")


def read_head(database: Database, tenant: str) -> Head | None:
    """
    Read a tenant's row.

    Returns:
        None for a tenant that never was.

    Raises:
        StorageFailed: the row is damaged, or some tenant's row is lost, which might be this one's.
    """
    row = database.one(statements.TENANT, (tenant,))
    if row is None:
        if tenant in read_tenants(database):
            raise damaged(database, tenant, "its row is")
        return None
    head = Head(tenant, *row[:9])
    if head.checksum != row[9]:
        raise damaged(database, tenant, "its row is")
    return head


def read_tenants(database: Database) -> list[str]:
    """
    List all tenants, sorted.

    Raises:
        StorageFailed: not those that were written.
    """
    found = database.query(statements.TENANTS)
    names = [row[0] for row in found if row[0] is not None]
    if {row[1:] for row in found} != {(len(names), sum(checksum(name) for name in names))}:
        raise database.damaged("the list of tenants is not as it was written")
    return names


def add_head(database: Database, head: Head) -> None:
    """Add a tenant, with a lock of its own."""
    database.execute(statements.ADD_TENANT, _head_row(head))
    database.execute(statements.ADD_LOCK, (head.tenant,))
    database.execute(statements.COUNT_TENANT, (checksum(head.tenant),))


def keep_head(database: Database, head: Head, *, before: Head) -> bool:
    """Write a tenant's row if its serial is still the one that was read; tell whether it was."""
    return database.execute(statements.KEEP_TENANT, (*_head_row(head), before.serial)) == 1


def _head_row(head: Head) -> tuple[object, ...]:
    return (*_head_columns(head), head.checksum, head.tenant)


def _head_columns(head: Head) -> tuple[object, ...]:
    known = (head.lineage, head.serial, head.platform, head.runs, head.total)
    return (*known, head.past, head.dropped, head.anchor, head.link)


def read_entries(database: Database, tenant: str) -> Rows:
    """Read all entries of a tenant."""
    return _read(database, tenant, database.query(statements.ENTRIES, (tenant,)))


def stream_entries(database: Database, tenant: str) -> Iterator[tuple[list[Entry], int]]:
    """Read all entries of a tenant, some hundred at a time, with the sum of their checksums."""
    for rows in database.stream(statements.ENTRIES, (tenant,)):
        found = _read(database, tenant, rows)
        yield list(found.entries.values()), sum(found.sums.values())


def stream_texts(database: Database, tenant: str) -> Iterator[tuple[list[EntryText], int]]:
    """Read the rows of all entries of a tenant, some hundred at a time, with the sum of their checksums."""
    for found in database.stream(statements.ENTRIES, (tenant,)):
        _judge(database, tenant, found)
        texts = [
            EntryText(read_address(address), platform_id, external | system << 1 | protected << 2, fields)
            for address, platform_id, external, system, protected, fields, _ in found
        ]
        yield texts, sum([row[6] for row in found])


def read_entries_of_ids(database: Database, tenant: str, platform_ids: Collection[str]) -> Rows:
    """Read the entries of some platform ids, where there are any."""
    wanted = sorted(one for one in platform_ids if one)
    return _read(database, tenant, _some(database, statements.some_ids, tenant, wanted))


def read_some_entries(database: Database, tenant: str, addresses: Collection[Address]) -> Rows:
    """Read the entries of some addresses, where there are any."""
    wanted = sorted(map(str, addresses))
    return _read(database, tenant, _some(database, statements.some_entries, tenant, wanted))


def _some(database: Database, statement: Callable[[int], str], tenant: str, wanted: Sequence[str]) -> list[Row]:
    found: list[Row] = []
    for first in range(0, len(wanted), CHUNK):
        chunk = wanted[first : first + CHUNK]
        found += database.query(statement(len(chunk)), (tenant, *chunk))
    return found


def _judge(database: Database, tenant: str, rows: Sequence[Row]) -> None:
    """Refuse rows that are not as they were written."""
    for address, platform_id, external, system, protected, body, kept in rows:
        if entry_checksum(tenant, address, platform_id, external, system, protected, body) != kept:
            raise damaged(database, tenant, f"{address} is")


def _read(database: Database, tenant: str, rows: list[Row]) -> Rows:
    _judge(database, tenant, rows)
    entries: dict[Address, Entry] = {}
    sums: dict[Address, int] = {}
    for row, fields in zip(rows, read_all_fields([row[5] for row in rows]), strict=True):
        address = read_address(row[0])
        entries[address] = Entry(Resource(address, fields, row[2] == 1, row[3] == 1), row[1], row[4] == 1)
        sums[address] = row[6]
    return Rows(entries, sums)


def write_entries(database: Database, head: Head, before: Rows, after: Mapping[Address, Entry]) -> Head:
    """
    Bring the rows of some entries from one state to another; only what differs is written.

    Args:
        before: as read from this database in this transaction.
        after: the same entries afterwards.

    Returns:
        The tenant's row with its total brought along, yet to be written.
    """
    gone = [address for address in before.entries if address not in after]
    came = {address: entry for address, entry in after.items() if before.entries.get(address) != entry}
    rows = [_entry_row(head.tenant, entry) for entry in came.values()]
    database.execute_many(statements.DROP_ENTRY, [(head.tenant, str(address)) for address in gone])
    database.execute_many(statements.KEEP_ENTRY, rows)
    lost = sum(before.sums.get(address, 0) for address in (*gone, *came))
    return replace(head, total=head.total - lost + sum(int(row[7]) for row in rows))


def _entry_row(tenant: str, entry: Entry) -> tuple[str | int, ...]:
    resource = entry.resource
    flags = (int(resource.external), int(resource.system), int(entry.protected))
    row = (tenant, str(resource.address), entry.id, *flags, write_fields(resource.fields))
    return (*row, entry_checksum(*row))


def read_pending(database: Database, tenant: str) -> tuple[dict[str, Operation], int]:
    """
    Read the journal's open lines.

    Returns:
        Operations by id, in order, and the sum of their checksums.
    """
    found: dict[str, Operation] = {}
    total = 0
    for operation_id, body, kept in database.query(statements.OPEN_LINES, (tenant,)):
        found[operation_id] = _operation(database, tenant, operation_id, body, kept)
        total += kept
    return found, total


def _operation(database: Database, tenant: str, operation_id: str, body: str, kept: int) -> Operation:
    if checksum(tenant, operation_id, body) != kept:
        raise damaged(database, tenant, f"journal line {operation_id} is")
    return read_operation(json.loads(body))


def read_open_sums(database: Database, tenant: str) -> dict[str, int]:
    """Give the checksums of the journal's open lines by operation id, in order, without reading what they say."""
    return dict(database.query(statements.OPEN_SUMS, (tenant,)))


def read_open_line(database: Database, tenant: str, operation_id: str, kept: int) -> Operation:
    """Read one open line of the journal."""
    rows = database.query(statements.OPEN_BODY, (tenant, operation_id))
    return _operation(database, tenant, operation_id, rows[0][0], kept)


def is_open(database: Database, tenant: str) -> bool:
    """Tell whether a journal line has no outcome yet."""
    return database.one(statements.ANY_OPEN_LINE, (tenant,)) is not None


def read_outcomes(database: Database, tenant: str, operation_ids: Sequence[str]) -> dict[str, str]:
    """Give those of some operations that were journaled, with what came of each; empty while that is open."""
    return {row[0]: row[1] for row in _some(database, statements.some_outcomes, tenant, operation_ids)}


def add_pending(database: Database, head: Head, operations: Iterable[Operation]) -> tuple[Head, list[int]]:
    """
    Open journal lines, after the last one.

    Returns:
        The tenant's row with its total brought along, yet to be written, and the checksum of each line.
    """
    last = database.query(statements.LAST_LINE, (head.tenant,))[0][0] or 0
    rows = []
    for seq, operation in enumerate(operations, last + 1):
        body = write_json(write_operation(operation))
        kept = checksum(head.tenant, operation.id, body)
        rows.append((head.tenant, operation.id, _run_of(operation.id), seq, body, kept))
    database.execute_many(statements.ADD_LINE, rows)
    sums = [row[5] for row in rows]
    return replace(head, total=head.total + sum(sums)), sums


def close_pending(database: Database, head: Head, outcomes: Mapping[str, str], sums: Mapping[str, int]) -> Head:
    """
    Close journal lines: operation id to what came of it; `sums` are those of all open lines.

    Returns:
        The tenant's row with its total brought along, yet to be written.
    """
    lost = sum(sums[one] for one in outcomes)
    database.execute_many(statements.STRIKE_LINE, [(head.tenant, one) for one in outcomes])
    closed = [(head.tenant, one, _run_of(one), how) for one, how in outcomes.items()]
    database.execute_many(statements.ADD_CLOSED_LINE, closed)
    return replace(head, total=head.total - lost)


def _run_of(operation_id: str) -> str:
    return operation_id.rpartition("-")[0]


def strike_pending(database: Database, head: Head, operation_ids: Collection[str], sums: Mapping[str, int]) -> Head:
    """
    Strike open journal lines as if they had never been; `sums` are those of all open lines.

    Returns:
        The tenant's row with its total brought along, yet to be written.
    """
    lost = sum(sums[one] for one in operation_ids)
    database.execute_many(statements.STRIKE_LINE, [(head.tenant, one) for one in operation_ids])
    return replace(head, total=head.total - lost)
