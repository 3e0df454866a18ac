"""What a connection to a database can do, whichever database it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from flametree_cfg.errors import Diagnostic, StorageFailed

Row = tuple[Any, ...]

STREAMED = 500  # rows a chunk: their number hardly shows in time, and a few megabytes at most in memory
READING_KIB = 512  # of pages to hold: who reads goes over rows once, and the system has the file in memory
WRITING_KIB = 2_000  # SQLite's own choice: fewer, and a transaction writes some of its pages twice
BUSY_MS = 10_000  # milliseconds to wait for another writer: transactions are short, a disk may be slow


class ConstraintFailed(StorageFailed):
    """A rule of the database refused a row; `subject` names the columns or the index (`connectors.tenant, …`)."""

    def __init__(self, diagnostic: Diagnostic, subject: str) -> None:
        super().__init__(diagnostic)
        self.subject = subject


class StorageBusy(StorageFailed):
    """Another process has been writing for longer than we wait."""


class Database(Protocol):
    """
    One connection, used by one thread at a time.

    Attributes:
        network: whether several machines meet in it by a filesystem that the operator allowed.
    """

    network: bool

    def query(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows as plain tuples."""
        ...

    def stream(self, statement: str, values: Sequence[object] = ()) -> Iterator[list[Row]]:
        """Give all rows in chunks of some hundred, so that memory never holds all; for use inside a transaction."""
        ...

    def one(self, statement: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row, or None."""
        ...

    def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run one writing statement; give the number of rows it changed."""
        ...

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one writing statement for many rows."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """
        See one consistent state for several statements; inside another transaction it is that one's view.

        Views that overlap (somebody streams while somebody reads) are one, and end with the last of them.
        """
        ...

    def writing(self, alone: str = "", beside: str = "") -> AbstractContextManager[None]:
        """
        Change several rows or none: commits at the end, rolls back when anything is raised.

        Args:
            alone: what nobody else writes meanwhile, such as a tenant; it is read as others left it.
            beside: what others may only write `beside` too, while we do.

        SQLite has one writer at a time, whatever they write.
        """
        ...

    def now(self) -> float | None:
        """Give the time in seconds by the one clock that all see who share the database; None where there is none."""
        ...

    def damaged(self, detail: str) -> StorageFailed:
        """Say that what was read is not as it was written, and what to restore."""
        ...

    def close(self) -> None:
        """Let go; a second time does nothing."""
        ...


class Source(Protocol):
    """Where a database is; nothing is touched before one of these is called."""

    def read(self) -> Database | None:
        """Connect to read; None if the database was never made."""
        ...

    def write(self, *, create: bool) -> Database:
        """Connect to write; makes the database if it is not there and `create` is true."""
        ...
