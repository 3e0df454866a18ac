"""A small database of our own, for the tests of the engine."""

from __future__ import annotations

from pathlib import Path

from flametree_cfg.sql import Application, Database, Migration, open_database

NOTES = Application("notebook", 0x46540001)
FIRST = Migration(1, ("CREATE TABLE note (key TEXT PRIMARY KEY, text TEXT NOT NULL, size BIGINT NOT NULL)",))
SECOND = Migration(2, ("ALTER TABLE note ADD COLUMN author TEXT NOT NULL DEFAULT ''", "CREATE TABLE tag (x TEXT)"))
ADD = "INSERT INTO note (key, text, size) VALUES (?, ?, ?)"


def make(path: Path, *migrations: Migration, **options: bool) -> Database:
    """Open a notebook for writing, made if need be."""
    return open_database(path, NOTES, migrations or (FIRST,), **{"create": True, "read_only": False, **options})


def read(path: Path, *migrations: Migration) -> Database:
    """Open a notebook for reading."""
    return open_database(path, NOTES, migrations or (FIRST,), create=False, read_only=True)
