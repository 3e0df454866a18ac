"""A connection to PostgreSQL: the same statements, transactions and errors as SQLite's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any

from flametree_cfg.errors import FlametreeError, StorageFailed
from flametree_cfg.sql._port import STREAMED, Row
from flametree_cfg.sql.postgresql import failure

if TYPE_CHECKING:
    import psycopg

IDLE_MS = 30_000
"""
Milliseconds that a write may stand still before the server ends it: half a lease. A holder that is stopped in the
middle of a write would otherwise keep its rows from whoever takes over.
"""


class PostgresDatabase:
    """
    A `Database` (see `_port.py`, which says what each method does) on a server; made by `PostgresSource`.

    Every transaction begins by asking which session of the server it is in: a pool that hands transactions to several
    would make locks worthless, and is refused before anything is written.
    """

    network = False

    def __init__(self, connection: psycopg.Connection[Row], place: str, schema: str, *, read_only: bool) -> None:
        self.place = place
        self.schema = schema
        self._connection = connection
        self._read_only = read_only
        self._session = connection.execute("SELECT pg_backend_pid()").fetchall()[0][0]
        self._broken: FlametreeError | None = None
        self._views = 0
        self._names = count(1)

    def query(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows as plain tuples."""
        with self._told():
            return self._connection.execute(_spoken(statement), values).fetchall()

    def stream(self, statement: str, values: Sequence[object] = ()) -> Iterator[list[Row]]:
        """Give all rows in chunks, by a cursor of the server's."""
        with self._told(), self._connection.cursor(f"stream_{next(self._names)}") as cursor:
            cursor.execute(_spoken(statement), values)
            while rows := cursor.fetchmany(STREAMED):
                yield rows

    def one(self, statement: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row, or None."""
        rows = self.query(statement, values)
        return rows[0] if rows else None

    def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run one writing statement; give the number of rows it changed."""
        with self._told():
            return self._connection.execute(_spoken(statement), values).rowcount

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one writing statement for many rows, without waiting for each answer."""
        if rows:
            with self._told(), self._connection.cursor() as cursor:
                cursor.executemany(_spoken(statement), rows)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one consistent state for several statements."""
        if self._in_transaction and not self._views:
            yield
            return
        if not self._views:
            self._begin("ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._views += 1
        try:
            yield
        finally:
            self._views -= 1
            if not self._views:
                self._roll_back()

    @contextmanager
    def writing(self, alone: str = "", beside: str = "") -> Iterator[None]:
        """
        Change several rows or none.

        What is written `alone` is locked first, and every statement sees what was committed before it: so a tenant is
        read as others left it, without waiting for those who write another one.
        """
        if self._in_transaction:
            raise failure.unusable(self.place, "a write was begun inside another transaction")
        if self._read_only:
            raise failure.unusable(self.place, "it was opened readonly")
        try:
            self._begin("ISOLATION LEVEL READ COMMITTED READ WRITE", *self._locks(alone, beside))
            yield
            self._commit()
        except BaseException:
            self._roll_back()
            raise

    def now(self) -> float | None:
        """Give the server's time."""
        row = self.one("SELECT extract(epoch FROM clock_timestamp())::double precision")
        return float(row[0]) if row else None

    def damaged(self, detail: str) -> StorageFailed:
        """Say that the rows are ours but cannot be trusted."""
        return failure.damaged(self.place, detail)

    def close(self) -> None:
        """Let go of the connection; a second time does nothing."""
        with suppress(Exception):  # what was committed is on the server's disk; there is nothing left to lose
            self._connection.close()

    # -- signs of life: a lock that the server takes from a session that ends, however it ends -----------------

    def hold(self, name: str) -> bool:
        """Hold a name until it is released or this connection ends; tell whether nobody else holds it."""
        return self.query("SELECT pg_try_advisory_lock(?)", (self._key(name),)) == [(True,)]

    def release(self, name: str) -> bool:
        """Let a name go; tell whether this very session held it."""
        return self.query("SELECT pg_advisory_unlock(?)", (self._key(name),)) == [(True,)]

    def is_held(self, name: str) -> bool:
        """Tell whether some session holds a name, without taking it."""
        high, low = divmod(self._key(name) & (1 << 64) - 1, 1 << 32)
        return self.one(_HELD, (high, low)) is not None

    # -- transactions ------------------------------------------------------------------------------------------

    @property
    def _in_transaction(self) -> bool:
        return self._connection.info.transaction_status.name in ("INTRANS", "INERROR", "ACTIVE")

    def _begin(self, mode: str, *locks: str) -> None:
        """Begin, take locks and look which session it is, all in one message to the server."""
        asked = ", ".join((*locks, "pg_backend_pid()"))
        patience = f"SET LOCAL idle_in_transaction_session_timeout = {IDLE_MS:d}; " if locks else ""
        with self._told():
            cursor = self._connection.execute(_spoken(f"BEGIN {mode}; {patience}SELECT {asked}"))
            while cursor.nextset():
                pass
            session = cursor.fetchall()[0][-1]
        if session != self._session:
            self._roll_back()
            raise failure.pooled(self.place)

    def _locks(self, alone: str, beside: str) -> Iterator[str]:
        # In this order everywhere, so that nobody waits in a circle.
        if beside and beside != alone:
            yield f"pg_advisory_xact_lock_shared({self._key(f'write {beside}'):d})"
        yield f"pg_advisory_xact_lock({self._key(f'write {alone}'):d})"

    def _commit(self) -> None:
        with self._told():
            ended = self._connection.execute("COMMIT").statusmessage
        if ended != "COMMIT":  # a statement failed, and somebody went on all the same
            raise failure.unusable(self.place, "the write was not taken")

    def _roll_back(self) -> None:
        """End a transaction that changes nothing; the server may have ended it by itself, and its reason is known."""
        if self._in_transaction:
            with suppress(FlametreeError), self._told():
                self._connection.execute("ROLLBACK")

    def _key(self, name: str) -> int:
        """Give a name's number: 64 bits with a sign, different for every application."""
        digest = hashlib.blake2b(f"{self.schema}\0{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say problems in our own words, and remember that a connection is lost."""
        import psycopg

        if self._broken is not None:
            raise self._broken
        try:
            yield
        except (psycopg.Error, UnicodeError, ValueError, OverflowError) as problem:
            lost = self._connection.closed or self._connection.broken
            told = failure.translate(self.place, problem, lost=lost)
            if lost:
                self._broken = told
            raise told from problem


_HELD = """
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid::bigint = ? AND objid::bigint = ?
"""


@lru_cache(maxsize=512)
def _spoken(statement: str) -> Any:
    """Put the driver's placeholders for ours."""
    return statement.replace("%", "%%").replace("?", "%s")
