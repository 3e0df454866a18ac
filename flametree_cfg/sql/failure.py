"""What to tell a person when a database file lets us down; one function per situation."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from flametree_cfg.errors import Refused, StorageFailed, error
from flametree_cfg.sql._port import StorageBusy

# SQLITE_ERROR is a statement that does not fit the tables: ours always do, unless their definition was damaged.
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


def damaged(path: Path, detail: str) -> StorageFailed:
    """Say that the file is ours but cannot be trusted, and which backup to restore."""
    backups = sorted(str(one) for one in path.parent.glob(f"{path.name}.backup-*"))
    backup = f"copy {backups[-1]} over it" if backups else "restore it from your backup"
    return StorageFailed(
        error(
            "storage-damaged",
            "Storage is damaged",
            f"{path}: {detail}",
            f"move {path} and its -wal and -shm aside, then {backup}; nothing was changed",
        )
    )


def foreign(path: Path, detail: str) -> StorageFailed:
    """Say that the file was made by something else."""
    return StorageFailed(
        error("storage-foreign", "File is not ours", f"{path}: {detail}", "name another file; this one was not touched")
    )


def newer(path: Path, found: int, known: int) -> StorageFailed:
    """Say that a newer version of the tool wrote the file."""
    return StorageFailed(
        error(
            "storage-newer",
            "Storage has a newer format",
            f"{path}: format {found}, this version knows up to {known}",
            "use the newer flametree-cfg that wrote it",
        )
    )


def older(path: Path, found: int, known: int) -> StorageFailed:
    """Say that the file must be migrated but cannot be written."""
    return StorageFailed(
        error(
            "storage-older",
            "Storage has an older format",
            f"{path}: format {found}, this version needs {known}, and the file cannot be written",
            "run the command once where the file can be written",
        )
    )


def missing(path: Path, detail: str = "there is no such file") -> StorageFailed:
    """Say that there is nothing to open."""
    return StorageFailed(
        error("storage-missing", "Storage does not exist", f"{path}: {detail}", "check the path, or restore the file")
    )


def unsafe(path: Path, detail: str, hint: str) -> StorageFailed:
    """Say that somebody else could have put the file there or could change it."""
    return StorageFailed(error("storage-unsafe", "Storage is not safe to use", f"{path}: {detail}", hint))


def on_network(path: Path, kind: str) -> StorageFailed:
    """Say that SQLite's locks cannot be trusted there."""
    return StorageFailed(
        error(
            "storage-network",
            "Storage is on a network filesystem",
            f"{path}: {kind} does not keep SQLite's locks",
            "put it on a local disk, or share a PostgreSQL database; "
            "FLAMETREE_ALLOW_NETWORK_FILESYSTEM=1 if you know that only one host ever writes",
        )
    )


def from_os(path: Path, problem: OSError) -> StorageFailed:
    """Translate what the operating system said."""
    if problem.errno in _NO_SPACE:
        return full(path)
    return unusable(path, problem.strerror or type(problem).__name__)


def full(path: Path) -> StorageFailed:
    """Say that the disk has no room."""
    return StorageFailed(
        error(
            "storage-full",
            "Storage is full",
            f"{path}: no space left for the file, its -wal or its backup",
            "free some space (twice the file's size is plenty) and run the same command again",
        )
    )


def unusable(path: Path, detail: str) -> StorageFailed:
    """Say that reading or writing failed."""
    return StorageFailed(
        error(
            "storage-unusable",
            "Storage cannot be read or written",
            f"{path}: {detail}",
            "check the disk and the permissions, then run the same command again",
        )
    )


def busy(place: str) -> StorageBusy:
    """Say that somebody else writes and does not end."""
    return StorageBusy(
        error(
            "storage-busy",
            "Storage is busy",
            f"{place}: another process has been writing for too long",
            "wait for it to finish, then run the same command again",
        )
    )


def from_sqlite(path: Path, problem: sqlite3.Error) -> StorageFailed:
    """Translate what SQLite said; except for that one of Python's, its messages name tables and columns, not values."""
    primary = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if primary in _BROKEN:
        return damaged(path, str(problem))
    if str(problem).startswith("Could not decode"):  # Python's own, and it would show the text
        return damaged(path, "text that is not UTF-8")
    if primary == sqlite3.SQLITE_FULL:
        return full(path)
    if primary in _BUSY:
        return busy(str(path))
    return unusable(path, str(problem))


def is_final(problem: sqlite3.Error) -> bool:
    """Tell whether nothing this process does with the file can be trusted any more (a failed fsync, damage)."""
    primary = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    return primary == sqlite3.SQLITE_IOERR or primary in _BROKEN


def read_only(place: str) -> Refused:
    """Say that the operator wants nothing written."""
    return Refused(
        error(
            "read-only",
            "Nothing is written with --read-only",
            place,
            "run the command again without --read-only if it is meant to change something",
        )
    )
