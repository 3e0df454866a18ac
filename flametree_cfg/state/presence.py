"""How a ledger notices that the holder of a lock is dead before its lease runs out."""

from __future__ import annotations

from typing import Protocol

from flametree_cfg.sql import Database
from flametree_cfg.sql.engine import SqliteDatabase
from flametree_cfg.state.lease import LockRow
from flametree_cfg.state.lockfile import LockFile, is_held, lock_path


class Presence(Protocol):
    """Somebody at a tenant's lock; what shows that he is there is taken from him when he dies, however he dies."""

    def arrive(self) -> None:
        """Come, before the lock's row is read."""
        ...

    def finds_free(self, row: LockRow) -> bool:
        """Tell whether the lock may be taken though its lease runs, or, of one that nobody holds, at once."""
        ...

    def stay(self, epoch: int) -> bool:
        """Take the lock under this epoch; tell whether it shows when we die."""
        ...

    def leave(self, epoch: int = 0) -> None:
        """Go, whether the lock was taken or not."""
        ...

    def shows(self, row: LockRow) -> bool:
        """Tell, without coming, whether the lock's holder shows; or whoever is about to take one that is free."""
        ...

    def banish(self) -> None:
        """Let a holder whose lock was broken stop nobody."""
        ...


def presence_at(database: Database, tenant: str) -> Presence:
    """Give what fits the database."""
    if isinstance(database, SqliteDatabase):
        return FilePresence(database, tenant)
    from flametree_cfg.sql.postgresql import PostgresDatabase
    from flametree_cfg.state.session import SessionPresence

    assert isinstance(database, PostgresDatabase)  # noqa: S101  # there are two
    return SessionPresence(database, tenant)


class FilePresence:
    """By a lock file beside the database, which the system frees with its process; worth nothing between machines."""

    def __init__(self, database: SqliteDatabase, tenant: str) -> None:
        self._proves = not database.network
        self._path = lock_path(database.path, tenant)
        self._file = LockFile(self._path)
        self._there = False

    def arrive(self) -> None:
        """Try to take the file."""
        self._there = self._file.take()

    def finds_free(self, row: LockRow) -> bool:
        """Tell by the file, which a dead holder does not have any more."""
        if row.held:
            return self._there and row.by_file and self._proves
        return self._there  # else taken a moment ago and not yet written down, or about to be free

    def stay(self, epoch: int) -> bool:  # noqa: ARG002  # the file is the same for all
        """Keep the file."""
        return self._there

    def leave(self, epoch: int = 0) -> None:  # noqa: ARG002  # as above
        """Free the file."""
        self._file.free()

    def shows(self, row: LockRow) -> bool:  # noqa: ARG002  # as above
        """Tell whether somebody has the file."""
        return is_held(self._path)

    def banish(self) -> None:
        """Take the file away: its holder keeps a lock on a file without a name."""
        self._path.unlink(missing_ok=True)
