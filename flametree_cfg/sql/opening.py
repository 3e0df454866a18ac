"""Find, make, check and migrate a database file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from flametree_cfg.sql import failure, filesystem, place
from flametree_cfg.sql._port import BUSY_MS, READING_KIB
from flametree_cfg.sql.engine import SqliteDatabase
from flametree_cfg.sql.header import check_header
from flametree_cfg.sql.migration import Application, Migration, migrate, newest


def database_exists(path: Path) -> bool:
    """
    Tell whether there is something at the path; a dangling link counts, so that opening can refuse it.

    Raises:
        StorageFailed: it cannot be told, or the file is gone but its -wal is still there: lost, not never made.
    """
    if _is_there(path):
        return True
    if _is_there(Path(f"{path}-wal")):
        if _is_there(path):
            return True  # another process made it between the two looks
        raise failure.missing(path, "the file is gone, but its -wal is still there")
    if _is_there(path.parent) and not path.parent.is_dir():
        raise failure.unusable(path.parent, "it leads to no folder")
    return False


def _is_there(path: Path) -> bool:
    """Tell missing from unreachable: a folder we may not enter must not look like a first run."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as problem:
        raise failure.from_os(path, problem) from problem
    except ValueError as problem:
        raise failure.unusable(path, "it is no path") from problem
    return True


def open_database(
    path: Path,
    application: Application,
    migrations: Sequence[Migration],
    *,
    create: bool,
    read_only: bool,
    keep: bool = False,
) -> SqliteDatabase:
    """
    Open a database file after making sure that it is ours and whole enough.

    Args:
        path: of the file; its folder is made with it.
        application: whose it must be.
        migrations: all steps; an existing file is backed up and brought to the newest, where it can be written.
        create: make it if it is not there.
        read_only: refuse every write; needs no write permission, and makes no file that stays.
        keep: leave an older file as it is, which then cannot be used.

    Raises:
        StorageFailed: missing, not ours, newer, damaged, unsafe, on a network filesystem, unreadable or full.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100  # resolve() would follow the links we refuse
    if not database_exists(path):
        if not create or read_only:
            raise failure.missing(path)
        _create(path, application, migrations)
    place.check_folder(path.parent)
    place.check_file(path)
    check_header(path, application)
    writable = place.is_writable(path)
    if not writable and not read_only:
        raise failure.unusable(path, "no permission to write")
    connection = _connect(path, writable=writable)
    try:
        with _translated(path):
            _bring_up_to_date(connection, path, application, migrations, writable=writable and not keep)
            connection.execute(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
    except BaseException:
        connection.close()
        raise
    return SqliteDatabase(connection, path, network=bool(filesystem.network_kind(path.parent)))


class SqliteFile:
    """
    A `Source`: a file that one application's tables are in, made when it is first written.

    Args:
        path: of the file.
        application: whose it must be.
        migrations: all steps.
        read_only: refuse to write, whoever asks; an older file is not brought up to date either.
    """

    def __init__(
        self, path: Path, application: Application, migrations: Sequence[Migration], *, read_only: bool = False
    ) -> None:
        self._path = path
        self._read_only = read_only
        self._application = application
        self._migrations = migrations

    def read(self) -> SqliteDatabase | None:
        """Open the file to read; None if it is not there."""
        if not database_exists(self._path):
            return None
        keep = self._read_only
        return open_database(self._path, self._application, self._migrations, create=False, read_only=True, keep=keep)

    def write(self, *, create: bool) -> SqliteDatabase:
        """
        Open the file to write.

        Raises:
            Refused: everything was to be read only.
        """
        if self._read_only:
            raise failure.read_only(str(self._path))
        return open_database(self._path, self._application, self._migrations, create=create, read_only=False)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as problem:
        raise failure.from_sqlite(path, problem) from problem
    except UnicodeDecodeError as problem:  # a message of SQLite's that repeats damaged text
        raise failure.damaged(path, "text that is not UTF-8") from problem
    except OSError as problem:
        raise failure.from_os(path, problem) from problem


_SETTINGS = (
    f"busy_timeout = {BUSY_MS}",
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "cell_size_check = ON",
    f"cache_size = -{READING_KIB}",
)


def _connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """
    Connect with our settings.

    Who may write opens for writing even to read: only so does SQLite clear its -wal and -shm away afterwards.
    """
    with _translated(path):
        connection = sqlite3.connect(
            _uri(path, writable=writable), uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            for setting in _SETTINGS:
                connection.execute(f"PRAGMA {setting}")
        except BaseException:
            connection.close()
            raise
    return connection


def _uri(path: Path, *, writable: bool) -> str:
    name = str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    if writable:
        return f"file:{name}?mode=rw"
    wal = Path(f"{path}-wal")
    # Without a -wal nobody is writing, and a read-only folder has no room for the files that WAL reading needs.
    unused = not wal.exists() or wal.stat().st_size == 0
    return f"file:{name}?mode=ro" + ("&immutable=1" if unused else "")


def _bring_up_to_date(
    connection: sqlite3.Connection,
    path: Path,
    application: Application,
    migrations: Sequence[Migration],
    *,
    writable: bool,
) -> None:
    """Back up and migrate an older file; damage to the tables' definitions shows here, not later."""
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > newest(migrations):
        raise failure.newer(path, version, newest(migrations))
    if version == newest(migrations):
        return
    if not writable:
        raise failure.older(path, version, newest(migrations))
    _back_up(connection, path, version)
    migrate(connection, application, migrations)


def _create(path: Path, application: Application, migrations: Sequence[Migration]) -> None:
    """Make the file under another name and put it in place whole: a crash leaves no half database."""
    place.make_folder(path.parent)
    place.check_folder(path.parent)
    with _translated(path), place.scratch(path) as made:
        connection = sqlite3.connect(made, isolation_level=None)
        try:
            migrate(connection, application, migrations)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        place.sync(made)
        with suppress(FileExistsError):  # another process was faster; its file is as good
            os.link(made, path)
        place.sync(path.parent)


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Keep the file as it was before a migration: `ledger.db.backup-v1`; an earlier one of that version is replaced."""
    with place.scratch(path) as made:
        copy = sqlite3.connect(made, isolation_level=None)
        try:
            connection.backup(copy)
        finally:
            copy.close()
        place.sync(made)
        made.replace(f"{path}.backup-v{version}")
        place.sync(path.parent)
