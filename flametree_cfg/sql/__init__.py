"""
Engines, statements, migrations: the only room that speaks SQL.

A database is opened by whoever owns its statements, and closed by the same:

    from flametree_cfg.sql import Application, Migration, database_exists, open_database

    REGISTRY = Application("registry", 0x464C5402)  # the name in messages, the mark in the file's header
    MIGRATIONS = (Migration(1, ("CREATE TABLE connectors (…)", "CREATE UNIQUE INDEX … WHERE …")),)

    if not database_exists(path):  # a read creates nothing
        return nothing
    database = open_database(path, REGISTRY, MIGRATIONS, create=False, read_only=True)
    with database.reading():  # one consistent view
        rows = database.query("SELECT id, body FROM connectors WHERE tenant = ?", (tenant,))  # list of plain tuples
    with database.writing():  # BEGIN IMMEDIATE; commits, or rolls back when anything is raised
        changed = database.execute("UPDATE … WHERE …", (…,))  # number of rows
        database.execute_many("INSERT …", rows)
    database.close()

Statements use `?`, which PostgreSQL's driver gets as `%s` in one place, and only what both speak: TEXT, BIGINT,
SMALLINT (0 and 1 for false and true), DOUBLE PRECISION; `ON CONFLICT (…) DO UPDATE`; partial unique indexes; no
AUTOINCREMENT, WITHOUT ROWID, INSERT OR REPLACE, no SQLite functions. A broken constraint raises `ConstraintFailed`
(its `subject` says which columns or index), everything else `StorageFailed`; sqlite3's own errors never get out.

A `Database` is used by one thread at a time. `read_only=True` works on a read-only file or filesystem. Opened for
writing, the file is made when `create=True`, 0600 in a 0700 folder, whole or not at all.
"""

from flametree_cfg.sql._port import ConstraintFailed, Database, Row, Source, StorageBusy
from flametree_cfg.sql.migration import Application, Migration
from flametree_cfg.sql.opening import SqliteFile, database_exists, open_database

__all__ = [
    "Application",
    "ConstraintFailed",
    "Database",
    "Migration",
    "Row",
    "Source",
    "SqliteFile",
    "StorageBusy",
    "database_exists",
    "open_database",
]
