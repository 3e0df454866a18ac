"""
Engines, statements, migrations: the only room that speaks SQL.

A database is opened by whoever owns its statements, and closed by the same:

    from flametree_cfg.sql import Application, Migration, SqliteFile

    REGISTRY = Application("registry", 0x464C5402)  # the name in messages, the mark in the file's header
    MIGRATIONS = (Migration(1, ("CREATE TABLE connectors (…)", "CREATE UNIQUE INDEX … WHERE …")),)

    source = SqliteFile(path, REGISTRY, MIGRATIONS)  # or PostgresSource(url, …) of `sql.postgresql`
    database = source.read()  # None where nothing was ever made: a read creates nothing
    with database.reading():  # one consistent view
        rows = database.query("SELECT id, body FROM connectors WHERE tenant = ?", (tenant,))  # list of plain tuples
    database = source.write(create=True)
    with database.writing("acme"):  # alone in this tenant; commits, or rolls back when anything is raised
        changed = database.execute("UPDATE … WHERE …", (…,))  # number of rows
        database.execute_many("INSERT …", rows)
    database.close()

Statements use `?`, which PostgreSQL's driver gets as `%s` in one place, and only what both speak: TEXT, BIGINT,
SMALLINT (0 and 1 for false and true), DOUBLE PRECISION; `ON CONFLICT (…) DO UPDATE`; partial unique indexes; no
AUTOINCREMENT, WITHOUT ROWID, INSERT OR REPLACE, no SQLite functions. Text is ordered by its bytes in both. A broken
constraint raises `ConstraintFailed` (its `subject` says which columns or index), what the server does not allow
`AccessDenied`, everything else `StorageFailed`; the drivers' own errors never get out.

A `Database` is used by one thread at a time. In SQLite reading works on a read-only file or filesystem, and the file is
made 0600 in a 0700 folder, whole or not at all. In PostgreSQL each application has a schema, made in one transaction.
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
