"""Whose database a file is, and how its tables came to be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from flametree_cfg.sql.chain import Statements


class Application(Struct, frozen=True):
    """
    Whose file it is.

    Attributes:
        name: as messages call it.
        mark: 32 bits in the file's header (`application_id`); another mark is another program's file.
    """

    name: str
    mark: int


class Migration(Struct, frozen=True):
    """
    One step of the tables, in one transaction.

    Attributes:
        version: counts from 1 without gaps.
        fill: what SQL cannot say, after the statements.
    """

    version: int
    statements: tuple[str, ...]
    fill: Callable[[Statements], None] | None = None


class _Plain:
    """`Statements` on a bare connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def query(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        return self._connection.execute(statement, values).rowcount


def newest(migrations: Sequence[Migration]) -> int:
    """Give the version that the code speaks."""
    return migrations[-1].version


def migrate(connection: sqlite3.Connection, application: Application, migrations: Sequence[Migration]) -> None:
    """
    Bring a database from the version it has to the newest, each step in one transaction.

    Raises:
        sqlite3.Error: a step failed and was rolled back; earlier steps stay.
    """
    for step in migrations:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Asked inside the transaction: another process may have migrated while we waited.
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version < step.version:
                for statement in step.statements:
                    connection.execute(statement)
                if step.fill is not None:
                    step.fill(_Plain(connection))
                connection.execute(f"PRAGMA application_id = {application.mark:d}")
                connection.execute(f"PRAGMA user_version = {step.version:d}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
