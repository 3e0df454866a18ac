"""Connect to PostgreSQL, make and migrate an application's schema, and refuse a pool that would break its locks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flametree_cfg.errors import AccessDenied, FlametreeError
from flametree_cfg.sql import failure as failures
from flametree_cfg.sql._port import BUSY_MS, Row
from flametree_cfg.sql.migration import Application, Migration, newest
from flametree_cfg.sql.postgresql import failure
from flametree_cfg.sql.postgresql.address import Server, read_url
from flametree_cfg.sql.postgresql.database import PostgresDatabase

if TYPE_CHECKING:
    import psycopg

_LOOKS = 3  # others use the pool too, and one look may fall between
_TEXT = re.compile(r"\bTEXT\b")
_MISSING = re.compile(r'database "[^"]*" does not exist')
_DENIED = re.compile(
    r"authentication failed|no password|password is|pg_hba\.conf|role \"|permission denied|not permitted to log in"
)

# What a session needs besides, whatever the server's own defaults are. A commit that was told must be on a disk.
_SETTINGS = """
    SELECT set_config('search_path', %s, false), set_config('lock_timeout', %s, false),
        set_config('client_min_messages', 'warning', false), set_config('default_transaction_read_only',
            coalesce(%s::text, current_setting('default_transaction_read_only')), false),
        set_config('synchronous_commit', CASE current_setting('synchronous_commit')
            WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)
"""
# From the catalog's tables: functions such as to_regnamespace may remember that there was nothing.
_FOUND = """
    SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = ?),
        EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = 'about')
"""
_MAKE_ABOUT = """
    CREATE TABLE about (
        only_one SMALLINT PRIMARY KEY CHECK (only_one = 1), mark BIGINT NOT NULL, version BIGINT NOT NULL
    )
"""


class PostgresSource:
    """
    A `Source`: a database on a server, in which the application has a schema of its own, `flametree_NAME`.

    The schema is made by the first write. Ledger and registry may share one database, or not.

    Args:
        url: `postgresql://…`, as libpq understands it.
        application: whose schema.
        migrations: all steps; each is made in one transaction.
        read_only: refuse to write, whoever asks; an older schema is not brought up to date either.
    """

    def __init__(
        self, url: str, application: Application, migrations: Sequence[Migration], *, read_only: bool = False
    ) -> None:
        self._url = url
        self._read_only = read_only
        self._server: Server | None = None
        self._application = application
        self._migrations = migrations
        self._schema = f"flametree_{application.name}"

    def read(self) -> PostgresDatabase | None:
        """Connect to read; None if the schema was never made."""
        database = self._connect(read_only=True)
        try:
            version = self._version(database)
            if version == 0:
                database.close()
                return None
            if version < newest(self._migrations):
                self._migrate_first(version)
        except BaseException:
            database.close()
            raise
        return database

    def write(self, *, create: bool) -> PostgresDatabase:
        """
        Connect to write; makes the schema if need be.

        Raises:
            Refused: everything was to be read only.
        """
        if self._read_only:
            raise failures.read_only(read_url(self._url).place)
        database = self._connect(read_only=False)
        try:
            self._prepare(database, create=create)
        except BaseException:
            database.close()
            raise
        return database

    def _prepare(self, database: PostgresDatabase, *, create: bool) -> None:
        version = self._version(database)
        if version == 0 and not create:
            raise failure.missing(database.place, f"it has no schema {self._schema}")
        if version < newest(self._migrations):
            self._migrate(database)

    def _connect(self, *, read_only: bool) -> PostgresDatabase:
        self._server = self._server or read_url(self._url)
        connection = connect(self._server)
        try:
            refuse_pool(connection, self._server)  # before a setting is left behind in somebody's session
            connection.execute(_SETTINGS, (self._schema, f"{BUSY_MS}ms", "on" if read_only else None))
            return PostgresDatabase(connection, self._server.place, self._schema, read_only=read_only)
        except BaseException as problem:
            connection.close()
            if isinstance(problem, FlametreeError) or not isinstance(problem, Exception):
                raise
            raise failure.translate(self._server.place, problem, lost=True) from problem

    def _version(self, database: PostgresDatabase) -> int:
        """
        Give the version of the tables; 0 where there are none.

        Raises:
            StorageFailed: the schema is not ours, or of a newer version.
        """
        made, ours = database.query(_FOUND, (self._schema, self._schema))[0]
        if not made:
            return 0
        row = database.one(f"SELECT mark, version FROM {self._schema}.about") if ours else None  # noqa: S608  # our own
        if row is None or row[0] != self._application.mark:
            raise failure.foreign(database.place, f"schema {self._schema} was not made by flametree-cfg")
        version = int(row[1])
        if version > newest(self._migrations):
            raise failure.newer(database.place, version, newest(self._migrations))
        return version

    def _migrate(self, database: PostgresDatabase) -> None:
        """Make the schema or bring it to the newest version, in one transaction, whoever else is at it too."""
        with database.writing("migration"):
            version = self._version(database)  # another process may have made it while we waited
            if version == 0:
                database.execute(f"CREATE SCHEMA {self._schema}")
                database.execute(_MAKE_ABOUT)
                database.execute("INSERT INTO about (only_one, mark, version) VALUES (1, ?, 0)", (self._mark,))
            for step in self._migrations:
                if step.version > version:
                    for statement in step.statements:
                        # Text is ordered as Python and SQLite order it, not as the database's language does.
                        database.execute(_TEXT.sub('TEXT COLLATE "C"', statement))
                    if step.fill is not None:
                        step.fill(database)
            database.execute("UPDATE about SET version = ?", (newest(self._migrations),))

    def _migrate_first(self, version: int) -> None:
        if self._read_only:
            raise failure.older(read_url(self._url).place, version, newest(self._migrations))
        database = self._connect(read_only=False)
        try:
            self._migrate(database)
        except AccessDenied as problem:
            raise failure.older(database.place, version, newest(self._migrations)) from problem
        finally:
            database.close()

    @property
    def _mark(self) -> int:
        return self._application.mark


def connect(server: Server) -> psycopg.Connection[Row]:
    """
    Connect, each statement a transaction of its own until one is begun.

    Raises:
        AccessDenied: the server does not let us in.
        StorageFailed: there is no such server or database, or it does not answer.
    """
    import psycopg

    try:
        return psycopg.connect(**server.parameters, autocommit=True)  # type: ignore[arg-type]  # libpq's own names
    except (psycopg.Error, UnicodeError, ValueError, OSError) as problem:  # not all that it tries is its own
        text = str(problem)
        if _MISSING.search(text):
            raise failure.missing(server.place, "the server has no such database") from None
        if _DENIED.search(text) or getattr(getattr(problem, "pgconn", None), "needs_password", False):
            raise failure.denied(server) from None
        raise failure.unreachable(server.place, _reason(problem)) from None


def _reason(problem: Exception) -> str:
    """Say why in words of ours: the server's and libpq's may repeat what they were given."""
    known = {
        "refused": "nobody listens there",
        "translate host name": "the host is unknown",
        "resolve host": "the host is unknown",
        "idna": "the host is unknown",
        "No such file": "nobody listens there",
        "timeout": "no answer in time",
        "timed out": "no answer in time",
        "SSL": "no secure connection could be made",
        "too many": "the server has too many connections",
        "starting up": "the server is starting up",
        "shutting down": "the server is shutting down",
        "closed the connection": "the connection was closed",
    }
    text = str(problem)
    return next((said for word, said in known.items() if word in text), "no connection could be made")


def refuse_pool(connection: psycopg.Connection[Row], server: Server) -> None:
    """
    Refuse a pool that hands each transaction to another session of the server.

    The server names its session when it is connected to; where that is another one than answers, something stands
    between. Then a second connection stays in a transaction: a pool in session mode, which is fine, gives it a session
    of its own, one in transaction mode lends it ours.

    Raises:
        StorageFailed: it is one.

    Source: reliability.md L-05.
    """
    session = _session(connection)
    if session == connection.info.backend_pid:
        return
    with connect(server) as other:
        if any(_is_lent(session, connection, other) for _ in range(_LOOKS)):
            raise failure.pooled(server.place)


def _is_lent(session: int, connection: psycopg.Connection[Row], other: psycopg.Connection[Row]) -> bool:
    import psycopg

    try:
        other.execute("BEGIN")
        lent = _session(other) == session or _session(connection) != session
        other.execute("ROLLBACK")
    except psycopg.Error:  # in statement mode a pool knows no transactions at all
        return True
    return lent


def _session(connection: psycopg.Connection[Row]) -> int:
    return int(connection.execute("SELECT pg_backend_pid()").fetchall()[0][0])
