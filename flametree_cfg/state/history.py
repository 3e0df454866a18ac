"""The runs of a tenant: the newest ones, numbered for ever, each linked to the one before it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from flametree_cfg.model import Address, AppliedRun, ChainCheck, Entry, Operation, Undone
from flametree_cfg.sql import Database
from flametree_cfg.sql import ledger as statements
from flametree_cfg.sql.chain import checksum, digest_of, link_of
from flametree_cfg.state import past, refusal
from flametree_cfg.state.body import read_operation, write_json, write_operation
from flametree_cfg.state.packing import NOTHING, Packed, pack, unpack
from flametree_cfg.state.rows import Head, damaged

KEPT_RUNS = 200  # of a tenant: enough to look back, and the file does not grow for ever

NO_LIMIT = 1 << 30  # rows: more than KEPT_RUNS of any version


class KeptRun(Struct, frozen=True):
    """
    A row of history as an export holds it.

    Attributes:
        operations: as plain JSON.
        undo: what entries that it changed were after the run before it; None where nobody kept that.
        link: empty in an export from before history was a chain.
    """

    run: AppliedRun
    operations: list[dict[str, Any]]
    undo: list[Any] | None = None
    link: str = ""


class _Row(Struct, frozen=True):
    """A row of history as it stands."""

    tenant: str
    number: int
    body: str
    operations: str
    total: int
    kept: int
    undo: str
    link: str

    @property
    def whole(self) -> bool:
        """Tell whether its sums are right."""
        return (
            checksum(self.tenant, self.number, self.operations) == self.total
            and checksum(self.tenant, self.number, self.body, self.total) == self.kept
        )

    def follows(self, previous: str) -> bool:
        """Tell whether it is linked to the row before it."""
        found = link_of(previous, self.tenant, self.number, self.body, digest_of(self.operations), digest_of(self.undo))
        return found == self.link


def pack_operations(operations: Sequence[Operation]) -> Packed:
    """Write the operations of a run small."""
    return pack(write_operation(operation) for operation in operations)


def add_run(database: Database, head: Head, run: AppliedRun, operations: Packed) -> Head:
    """
    Append a run under the next number, forget the oldest, and the journal lines that are closed.

    Returns:
        The tenant's row with the number in `runs` and the link in `link`, yet to be written.
    """
    head, undo = past.take_past(database, head)
    head = replace(head, runs=head.runs + 1)
    numbered = replace(run, tenant=head.tenant, number=head.runs, serial=run.serial or head.serial)
    head = replace(head, link=_add(database, head.link, numbered, operations, undo))
    database.execute(statements.FORGET_CLOSED_LINES, (head.tenant,))
    return _forget_oldest(database, head)


def _forget_oldest(database: Database, head: Head) -> Head:
    last = head.runs - KEPT_RUNS
    if last <= head.dropped:
        return head
    row = database.one(statements.LINK, (head.tenant, last))
    database.execute(statements.DROP_RUNS, (head.tenant, last))
    return replace(head, dropped=last, anchor=row[0] if row else "")


def read_runs(database: Database, tenant: str, newest: int) -> tuple[AppliedRun, ...]:
    """List the newest runs that are kept, newest first; with 0 all of them."""
    most = newest or NO_LIMIT
    return tuple(_run(database, tenant, *row) for row in database.query(statements.RUNS, (tenant, most)))


def read_run_operations(database: Database, tenant: str, number: int) -> tuple[Operation, ...]:
    """
    Give the operations of one run.

    Raises:
        WrongUsage: no such run is kept.
    """
    row = database.one(statements.RUN, (tenant, number))
    if row is None:
        raise refusal.no_such_run(tenant, number)
    if checksum(tenant, number, row[0]) != row[1]:
        raise damaged(database, tenant, f"run {number} is")
    return tuple(map(read_operation, unpack(row[0])))


def check_chain(database: Database, head: Head) -> ChainCheck:
    """Follow the links from the oldest run that is kept to the newest; say where they break first."""
    links: dict[int, str] = {}
    previous, expected = head.anchor, head.dropped + 1
    for row in _rows(database, head.tenant):
        if row.number != expected:
            return _broken(head, links, expected, "it is missing")
        if not row.whole:
            return _broken(head, links, row.number, "it is not as it was written")
        if not row.follows(previous):
            return _broken(head, links, row.number, "it was changed, or does not follow the run before it")
        links[row.number] = previous = row.link
        expected += 1
    if expected <= head.runs:
        return _broken(head, links, expected, "it is missing")
    if expected > head.runs + 1:
        return _broken(head, links, head.runs + 1, "the ledger never counted it")
    if previous != head.link:
        return _broken(head, links, head.runs, "it is not the one that the ledger knows as the newest")
    return ChainCheck(head.tenant, head.dropped, head.anchor, links)


def _broken(head: Head, links: dict[int, str], number: int, why: str) -> ChainCheck:
    return ChainCheck(head.tenant, head.dropped, head.anchor, links, broken=number, why=why)


def go_back(
    found: ChainCheck, steps: Iterable[Undone], number: int, entries: Mapping[Address, Entry]
) -> dict[Address, Entry]:
    """
    Tell what the entries were right after a run.

    Args:
        found: of the whole history.
        steps: newest first, as `read_undone` gives them.
        number: of the run.
        entries: as they are now.

    Raises:
        WrongUsage: that run, or what leads back to it, is not kept.
        StorageFailed: history is not as it was written.
    """
    if found.broken:
        raise refusal.history_broken(found)
    if number <= found.dropped:
        raise refusal.no_longer_kept(found.tenant, number, found.dropped + 1)
    if number not in found.links:
        raise refusal.no_such_run(found.tenant, number)
    before = dict(entries)
    newest = max(found.links)
    for step in steps:
        if step.number == number:
            break
        if step.before is None:
            raise refusal.no_longer_kept(found.tenant, number, step.number or newest)
        past.undo(before, step.before)
    return before


def read_undone(database: Database, head: Head) -> Iterator[Undone]:
    """
    Go back step by step, newest first: what changed since the last run, then what each run changed.

    What a run changed is not known of the first of all, nor of those from before it was kept.
    """
    yield Undone(0, past.read_past(database, head))
    for number in range(head.runs, head.dropped, -1):
        row = _row(database, head.tenant, number)
        if row is None:
            raise damaged(database, head.tenant, f"run {number} is")
        try:
            yield Undone(number, past.unpack_before(row.undo) if row.undo else None)
        except ValueError as problem:
            raise damaged(database, head.tenant, f"run {number} is") from problem


def undone_of(runs: Sequence[KeptRun], since: Sequence[Any]) -> Iterator[Undone]:
    """Go back step by step through an export."""
    yield Undone(0, past.read_before(since))
    for kept in reversed(runs):
        yield Undone(kept.run.number, None if kept.undo is None else past.read_before(kept.undo))


def write_runs(database: Database, tenant: str) -> list[dict[str, Any]]:
    """Give all runs as plain JSON, oldest first, each with its operations, what undoes it, and its link."""
    found = []
    for row in _rows(database, tenant):
        run = asdict(_run(database, tenant, row.number, row.body, row.total, row.kept))
        if not row.whole:
            raise damaged(database, tenant, f"run {row.number} is")
        undo = unpack(row.undo) if row.undo else None
        found.append({**run, "operations": unpack(row.operations), "undo": undo, "link": row.link})
    return found


def restore_runs(database: Database, head: Head, runs: Iterable[KeptRun], dropped: int, anchor: str) -> Head:
    """
    Put back the runs of an export, under the numbers they had, where there are none.

    Returns:
        The tenant's row, yet to be written.
    """
    link, number = anchor, dropped
    for kept in runs:
        undo = NOTHING if kept.undo is None else pack(kept.undo)
        number = kept.run.number
        link = _add(database, link, replace(kept.run, tenant=head.tenant), pack(kept.operations), undo)
    return replace(head, runs=number, dropped=dropped, anchor=anchor, link=link)


def check_kept(tenant: str, runs: Sequence[KeptRun], dropped: int, anchor: str, link: str) -> ChainCheck:
    """Follow the links of an export."""
    links: dict[int, str] = {}
    previous = anchor
    for expected, kept in enumerate(runs, dropped + 1):
        undo = "" if kept.undo is None else pack(kept.undo).digest
        body, operations = write_json(asdict(kept.run)), pack(kept.operations).digest
        found = link_of(previous, tenant, kept.run.number, body, operations, undo)
        if kept.run.number != expected or found != kept.link:
            why = "it is missing, was changed, or does not follow the run before it"
            return ChainCheck(tenant, dropped, anchor, links, expected, why)
        links[expected] = previous = found
    if previous != link:
        return ChainCheck(tenant, dropped, anchor, links, dropped + len(runs) + 1, "it is missing")
    return ChainCheck(tenant, dropped, anchor, links)


def _rows(database: Database, tenant: str) -> Iterator[_Row]:
    """Give the rows, oldest first, one at a time: together they may be large."""
    for (number,) in database.query(statements.NUMBERS, (tenant,)):
        row = _row(database, tenant, number)
        if row is not None:
            yield row


def _row(database: Database, tenant: str, number: int) -> _Row | None:
    row = database.one(statements.WHOLE_RUN, (tenant, number))
    return None if row is None else _Row(tenant, number, *row)


def _add(database: Database, previous: str, run: AppliedRun, operations: Packed, undo: Packed) -> str:
    body = write_json(asdict(run))
    total = checksum(run.tenant, run.number, operations.text)
    kept = checksum(run.tenant, run.number, body, total)
    link = link_of(previous, run.tenant, run.number, body, operations.digest, undo.digest)
    row = (run.tenant, run.number, body, operations.text, total, kept, undo.text, link)
    database.execute(statements.ADD_RUN, row)
    return link


def _run(database: Database, tenant: str, number: int, body: str, total: int, kept: int) -> AppliedRun:
    if checksum(tenant, number, body, total) != kept:
        raise damaged(database, tenant, f"run {number} is")
    return AppliedRun(**json.loads(body))
