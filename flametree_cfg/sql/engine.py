"""A connection to a SQLite file: statements, transactions, and errors in our own words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from flametree_cfg.errors import StorageFailed, error
from flametree_cfg.sql import failure
from flametree_cfg.sql._port import STREAMED, WRITING_KIB, ConstraintFailed, Row

_PROBLEMS = (sqlite3.Error, UnicodeError, OverflowError)


class SqliteDatabase:
    """
    A `Database` (see `_port.py`, which says what each method does) in one SQLite file; made by `open_database`.

    Attributes:
        path: of the file.
        network: whether it stands on a network filesystem that the operator allowed.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, *, network: bool) -> None:
        self.path = path
        self.network = network
        self._connection = connection
        self._broken: StorageFailed | None = None
        self._views = 0

    def query(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows as plain tuples."""
        self._refuse_broken()
        try:
            return self._connection.execute(statement, values).fetchall()
        except _PROBLEMS as problem:
            raise self._told(problem) from problem

    def stream(self, statement: str, values: Sequence[object] = ()) -> Iterator[list[Row]]:
        """Give all rows in chunks of some hundred, so that memory never holds all; for use inside `reading`."""
        self._refuse_broken()
        try:
            with closing(self._connection.execute(statement, values)) as cursor:
                while rows := cursor.fetchmany(STREAMED):
                    yield rows
        except _PROBLEMS as problem:  # nothing else is thrown in where a generator waits
            raise self._told(problem) from problem

    def one(self, statement: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row, or None."""
        rows = self.query(statement, values)
        return rows[0] if rows else None

    def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run one writing statement; give the number of rows it changed."""
        self._refuse_broken()
        try:
            return self._connection.execute(statement, values).rowcount
        except _PROBLEMS as problem:
            raise self._told(problem) from problem

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one writing statement for many rows."""
        self._refuse_broken()
        try:
            self._connection.executemany(statement, rows)
        except _PROBLEMS as problem:
            raise self._told(problem) from problem

    @contextmanager
    def reading(self) -> Iterator[None]:
        """
        See one consistent state for several statements; inside another transaction it is that one's view.

        Views that overlap (somebody streams while somebody reads) are one, and end with the last of them.
        """
        if self._connection.in_transaction and not self._views:
            yield
            return
        if not self._views:
            self.execute("BEGIN")
        self._views += 1
        try:
            yield
        finally:
            self._views -= 1
            if not self._views:
                self._end("ROLLBACK")

    @contextmanager
    def writing(self, alone: str = "", beside: str = "") -> Iterator[None]:  # noqa: ARG002  # everybody writes alone
        """Change several rows or none: commits at the end, rolls back when anything is raised."""
        if self._connection.in_transaction:  # joining it could let a read's end throw the write away
            raise failure.unusable(self.path, "a write was begun inside another transaction")
        self.execute(f"PRAGMA cache_size = -{WRITING_KIB}")
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            self._end("ROLLBACK")
            raise

    def now(self) -> float | None:
        """Give no time: whoever shares the file is on this machine, which has a better clock."""
        return None

    def damaged(self, detail: str) -> StorageFailed:
        """Say that the file is ours but cannot be trusted."""
        return failure.damaged(self.path, detail)

    def close(self) -> None:
        """Let go of the file; a second time does nothing."""
        with suppress(sqlite3.Error):  # what was committed is on disk; there is nothing left to lose
            self._connection.close()

    def _end(self, statement: str) -> None:
        """End a transaction that changed nothing; SQLite may have ended it by itself, and its reason is known."""
        if self._connection.in_transaction:
            try:
                self._connection.execute(statement)
            except sqlite3.Error as problem:
                self._broken = failure.from_sqlite(self.path, problem)

    def _refuse_broken(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _told(self, problem: Exception) -> StorageFailed:
        """Say a problem in our own words, and remember one after which nothing can be trusted."""
        if isinstance(problem, sqlite3.IntegrityError):
            return _constraint(self.path, problem)
        if isinstance(problem, UnicodeDecodeError):
            return failure.damaged(self.path, "text that is not UTF-8")
        if not isinstance(problem, sqlite3.Error):
            return failure.unusable(self.path, f"a value does not fit: {type(problem).__name__}")
        found = failure.from_sqlite(self.path, problem)
        if failure.is_final(problem):
            # After a failed fsync the kernel may have dropped the pages: trying again would trust nothing.
            self._broken = found
        return found


def _constraint(path: Path, problem: sqlite3.IntegrityError) -> ConstraintFailed:
    subject = str(problem).partition(": ")[2]
    return ConstraintFailed(
        error(
            "storage-constraint", "Storage refused a row", f"{path}: {problem}", "this is a defect; please report it"
        ),
        subject,
    )
