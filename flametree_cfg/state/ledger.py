"""The ledger on a SQL database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.model import (
    Address,
    AppliedRun,
    Batch,
    ChainCheck,
    Entry,
    EntryText,
    Holder,
    Lease,
    Operation,
    Outcome,
    OutcomeStatus,
    Stored,
    Undone,
)
from flametree_cfg.sql import Database, Source, crash
from flametree_cfg.state import document as documents
from flametree_cfg.state import history, interrupted, locking, past, recording, refusal, rows
from flametree_cfg.state import lease as leases
from flametree_cfg.state.connections import Connections
from flametree_cfg.state.rows import Head
from flametree_cfg.state.world import World

Read = TypeVar("Read")
Streamed = Callable[[Database, str], Iterator[tuple[Sequence[Read], int]]]
"""Reads a tenant's entries, some hundred at a time, with the sum of their checksums."""


class _Write(Struct):
    """A write in progress: the tenant's row as read, and as it will be kept when the block ends."""

    database: Database
    before: Head
    head: Head

    def count(self) -> None:
        """Make it a new serial."""
        self.head = replace(self.head, serial=self.before.serial + 1)

    def entries(self, before: rows.Rows, after: Mapping[Address, Entry]) -> None:
        """Bring entries from one state to another, and keep the way back."""
        self.head = past.add_past(self.database, self.head, before.entries, after)
        self.head = rows.write_entries(self.database, self.head, before, after)


class SqlLedger:
    """A `Ledger` (see `_port.py`, which says what each method does) in one database for many tenants."""

    def __init__(self, source: Source, world: World) -> None:
        self._world = world
        self._connections = Connections(source)
        self._journaled: dict[str, tuple[Operation, int]] = {}  # the last batch, as it was handed in
        self._begun: interrupted.Begun | None = None  # the run that is being carried out

    def tenants(self) -> Sequence[str]:
        """List the tenants it knows, sorted."""
        database = self._connections.reading()
        if database is None:
            return ()
        with database.reading():
            return tuple(rows.read_tenants(database))

    def read(self, tenant: str) -> Stored:
        """Read one tenant, in one consistent view."""
        database = self._connections.reading()
        if database is None:
            return _unknown(tenant)
        with database.reading():
            return _read(database, tenant)

    def stamp(self, tenant: str) -> str:
        """Name the state of one tenant's ledger, from its own row."""
        database = self._connections.reading()
        if database is None:
            return ""
        with database.reading():
            head = rows.read_head(database, tenant)
            return "" if head is None or rows.is_open(database, tenant) else head.stamp

    def sweep(self, tenant: str) -> Iterator[Entry]:
        """Read all entries, some hundred at a time, in one read transaction."""
        for found in self._streamed(tenant, rows.stream_entries):
            yield from found

    def texts(self, tenant: str) -> Iterator[Sequence[EntryText]]:
        """Read the rows of all entries, some hundred at a time, in one read transaction."""
        return self._streamed(tenant, rows.stream_texts)

    def _streamed(self, tenant: str, stream: Streamed[Read]) -> Iterator[Sequence[Read]]:
        """Give what a stream reads of a tenant's entries, and refuse the whole at its end if a row was lost."""
        database = self._connections.reading()
        if database is None:
            return
        with database.reading():
            head = rows.read_head(database, tenant)
            if head is None:
                return
            _, total = rows.read_pending(database, tenant)
            for found, sums in stream(database, tenant):
                total += sums
                yield found
            _judge_total(database, head, total)

    def read_some(self, tenant: str, addresses: Collection[Address]) -> Stored:
        """Read one tenant with only some of its entries."""
        database = self._connections.reading()
        if database is None:
            return _unknown(tenant)
        with database.reading():
            head = rows.read_head(database, tenant)
            if head is None:
                return _unknown(tenant)
            pending, _ = rows.read_pending(database, tenant)
            return _stored(head, rows.read_some_entries(database, tenant, addresses), pending)

    def addresses(self, tenant: str, ids: Collection[str]) -> Mapping[str, Address]:
        """Tell which of ours these platform ids are."""
        database = self._connections.reading()
        if database is None:
            return {}
        with database.reading():
            found = rows.read_entries_of_ids(database, tenant, ids)
            return {entry.id: address for address, entry in found.entries.items()}

    def lock(self, tenant: str, wait_s: float, holder: Holder) -> AbstractContextManager[Lease]:
        """Hold the tenant's lock."""
        return locking.locked(self._connections, self._world, tenant, wait_s, holder)

    def holder(self, tenant: str) -> Holder | None:
        """Tell who holds the lock now."""
        database = self._connections.reading()
        return None if database is None else locking.current_holder(database, self._world, tenant)

    def unlock(self, tenant: str, *, force: bool) -> Holder | None:
        """Break a lock."""
        if self._connections.reading() is None:
            return None
        return locking.break_lock(self._connections.writing(), self._world, tenant, force=force)

    def bind_platform(self, lease: Lease, identity: str) -> None:
        """Say which platform the ids belong to."""
        with self._writing(lease) as write:
            if write.head.platform not in ("", identity):
                raise refusal.other_platform(lease.tenant, write.head.platform, identity)
            write.head = replace(write.head, platform=identity)

    def begin(self, lease: Lease, run: AppliedRun, operations: Sequence[Operation]) -> None:
        """Say what is about to be carried out; `_writing_of_run` notes it."""
        self._begun = interrupted.Begun(lease, run, operations, history.pack_operations(operations))

    def conclude(self, lease: Lease) -> None:
        """Write the line of a run that was killed; where none was, nothing is written."""
        database = self._connections.reading()
        if database is None or not interrupted.is_noted(database, lease.tenant):
            return
        with self._writing(lease) as write:
            write.head = interrupted.conclude(write.database, write.head)

    def intend(self, lease: Lease, batch: Batch) -> None:
        """Journal operations, durably."""
        crash.point("before-journal")
        with self._writing_of_run(lease) as write:
            known = rows.read_outcomes(write.database, lease.tenant, [operation.id for operation in batch.operations])
            for operation in batch.operations:
                if known.get(operation.id):
                    raise refusal.journaled(operation.id)
            fresh = [operation for operation in batch.operations if operation.id not in known]
            write.head, sums = rows.add_pending(write.database, write.head, fresh)
        self._journaled = {operation.id: (operation, kept) for operation, kept in zip(fresh, sums, strict=True)}
        crash.point("after-journal")

    def record(self, lease: Lease, outcomes: Sequence[Outcome]) -> int:
        """Record what came of journaled operations."""
        crash.point("before-ledger")
        with self._writing(lease) as write:
            sums = rows.read_open_sums(write.database, lease.tenant)
            by_id = {outcome.operation_id: outcome for outcome in outcomes}
            self._refuse_unknown(write.database, lease.tenant, by_id.keys() - sums.keys())
            done = [
                (self._pending(write.database, lease.tenant, one, kept), by_id[one])
                for one, kept in sums.items()
                if one in by_id and by_id[one].status is OutcomeStatus.DONE
            ]
            before = _needed(write.database, lease.tenant, [operation for operation, _ in done])
            after = recording.after_outcomes(before.entries, done)
            write.entries(before, after)
            closed = {one: by_id[one].status.value for one in sums if one in by_id}
            write.head = rows.close_pending(write.database, write.head, closed, sums)
            write.count()
        crash.point("after-ledger")
        return write.head.serial

    def abandon(self, lease: Lease, operation_ids: Sequence[str]) -> None:
        """Strike journaled operations that the platform never executed."""
        with self._writing(lease) as write:
            sums = rows.read_open_sums(write.database, lease.tenant)
            struck = [one for one in operation_ids if one in sums]
            write.head = rows.strike_pending(write.database, write.head, struck, sums)

    def amend(self, lease: Lease, operations: Sequence[Operation]) -> int:
        """Record ledger-only operations in one transaction."""
        with self._writing_of_run(lease) as write:
            before = _needed(write.database, lease.tenant, operations)
            after = recording.after_amendment(before.entries, operations)
            write.entries(before, after)
            write.count()
        return write.head.serial

    def remember(self, lease: Lease, run: AppliedRun, operations: Sequence[Operation]) -> int:
        """Append a run to history; gives its number."""
        begun, self._begun = self._begun, None
        packed = interrupted.packed_of(begun, operations)
        with self._writing(lease) as write:
            write.head = history.add_run(write.database, write.head, run, packed)
        return write.head.runs

    def history(self, tenant: str, newest: int = 0) -> Sequence[AppliedRun]:
        """List runs, newest first."""
        database = self._connections.reading()
        return () if database is None else history.read_runs(database, tenant, newest)

    def history_operations(self, tenant: str, number: int) -> Sequence[Operation]:
        """Give the operations of one run, in order."""
        database = self._connections.reading()
        if database is None:
            raise refusal.no_such_run(tenant, number)
        return history.read_run_operations(database, tenant, number)

    def newest_link(self, tenant: str) -> str:
        """Give the link of the last run."""
        database = self._connections.reading()
        if database is None:
            return ""
        with database.reading():
            head = rows.read_head(database, tenant)
            return "" if head is None else head.link

    def check_history(self, tenant: str) -> ChainCheck:
        """Follow the links of all runs that are kept."""
        database = self._connections.reading()
        if database is None:
            return ChainCheck(tenant, 0, "", {})
        with database.reading():
            head = rows.read_head(database, tenant)
            return ChainCheck(tenant, 0, "", {}) if head is None else history.check_chain(database, head)

    def entries_after(self, tenant: str, number: int) -> Mapping[Address, Entry]:
        """Tell what the entries were right after a run."""
        database = self._connections.reading()
        if database is None:
            raise refusal.no_such_run(tenant, number)
        with database.reading():
            head = rows.read_head(database, tenant)
            if head is None:
                raise refusal.no_such_run(tenant, number)
            found, steps = history.check_chain(database, head), history.read_undone(database, head)
            return history.go_back(found, steps, number, _read(database, tenant).entries)

    def undone(self, tenant: str) -> Iterator[Undone]:
        """Go back from now, newest first, in one read transaction."""
        database = self._connections.reading()
        if database is None:
            return
        with database.reading():
            head = rows.read_head(database, tenant)
            if head is not None:
                yield from history.read_undone(database, head)

    def remove(self, lease: Lease, addresses: Sequence[Address]) -> int:
        """Forget entries without touching the platform."""
        with self._writing(lease) as write:
            before = rows.read_some_entries(write.database, lease.tenant, addresses)
            for address in addresses:
                if address not in before.entries:
                    raise refusal.unknown_address(lease.tenant, address)
            after = {address: entry for address, entry in before.entries.items() if address not in addresses}
            write.entries(before, after)
            write.count()
        return write.head.serial

    def export(self, tenant: str) -> Mapping[str, Any]:
        """Give one tenant's ledger as plain JSON."""
        database = self._connections.reading()
        if database is None:
            return documents.write_document(_unknown(tenant), ())
        with database.reading():
            head = rows.read_head(database, tenant)
            if head is None:
                return documents.write_document(_unknown(tenant), ())
            runs = history.write_runs(database, tenant)
            chain = documents.write_chain(head.dropped, head.anchor, head.link, past.write_past(database, head))
            return documents.write_document(_read(database, tenant), runs, chain)

    def restore(self, lease: Lease, document: Mapping[str, Any]) -> int:
        """
        Replace one tenant's ledger by an export.

        Journal lines still open here stay open: they tell of the platform, not of the ledger. History comes from the
        export only where there is none.
        """
        found = documents.read_document(document, lease.tenant)
        with self._writing(lease) as write:
            before = rows.read_entries(write.database, lease.tenant)
            write.entries(before, found.stored.entries)
            pending = found.stored.pending
            known = rows.read_outcomes(write.database, lease.tenant, [operation.id for operation in pending])
            fresh = [operation for operation in pending if operation.id not in known]
            write.head, _ = rows.add_pending(write.database, write.head, fresh)
            if write.head.runs == 0 and found.runs:
                write.head = history.restore_runs(write.database, write.head, found.runs, found.dropped, found.anchor)
                write.head = past.put_past(write.database, write.head, found.past)
            serial = max(write.before.serial, found.stored.serial) + 1
            write.head = replace(
                write.head, lineage=found.stored.lineage, platform=found.stored.platform, serial=serial
            )
        return write.head.serial

    def close(self) -> None:
        """Let go of connections."""
        self._connections.close()

    @contextmanager
    def _writing(self, lease: Lease) -> Iterator[_Write]:
        """Write under a lease: its epoch is compared (and its end put off) first, the serial last."""
        database = self._connections.writing()
        with database.writing(lease.tenant):
            if not leases.renew(database, self._world, lease):
                raise refusal.lost(lease)
            head = rows.read_head(database, lease.tenant)
            if head is None:
                raise refusal.lost(lease)
            write = _Write(database, head, head)
            yield write
            if write.head != head and not rows.keep_head(database, write.head, before=head):
                raise refusal.lost(lease)

    @contextmanager
    def _writing_of_run(self, lease: Lease) -> Iterator[_Write]:
        """Write under a lease; the first write of a run notes the run."""
        with self._writing(lease) as write:
            begun = interrupted.note(write.database, self._begun, lease)
            yield write
        self._begun = begun

    def _pending(self, database: Database, tenant: str, operation_id: str, kept: int) -> Operation:
        """Give a journaled operation: the one at hand where the journal's line is the very one it was written as."""
        operation, written = self._journaled.get(operation_id, (None, 0))
        if operation is not None and written == kept:
            return operation
        return rows.read_open_line(database, tenant, operation_id, kept)

    @staticmethod
    def _refuse_unknown(database: Database, tenant: str, operation_ids: set[str]) -> None:
        """Outcomes may be told twice; an outcome of something never journaled is a defect."""
        known = rows.read_outcomes(database, tenant, sorted(operation_ids))
        for operation_id in sorted(operation_ids):
            if operation_id not in known:
                raise refusal.not_journaled(operation_id)


def _unknown(tenant: str) -> Stored:
    return Stored(tenant, "", 0, "", {})


def _read(database: Database, tenant: str) -> Stored:
    head = rows.read_head(database, tenant)
    if head is None:
        return _unknown(tenant)
    found = rows.read_entries(database, tenant)
    pending, total = rows.read_pending(database, tenant)
    _judge_total(database, head, sum(found.sums.values()) + total)
    return _stored(head, found, pending)


def _judge_total(database: Database, head: Head, total: int) -> None:
    """Notice a row that is lost or came from elsewhere."""
    if total != head.total:
        raise rows.damaged(database, head.tenant, "the list of its entries is")


def _stored(head: Head, found: rows.Rows, pending: Mapping[str, Operation]) -> Stored:
    return Stored(head.tenant, head.lineage, head.serial, head.platform, found.entries, tuple(pending.values()))


def _needed(database: Database, tenant: str, operations: Sequence[Operation]) -> rows.Rows:
    if recording.moves_keys(operations):
        return rows.read_entries(database, tenant)
    return rows.read_some_entries(database, tenant, recording.touched(operations))
