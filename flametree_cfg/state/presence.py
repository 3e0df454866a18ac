"""How a ledger notices that the holder of a lock is dead before its lease runs out."""

from __future__ import annotations

from typing import Protocol

from flametree_cfg.sql import Database
from flametree_cfg.sql.engine import SqliteDatabase
from flametree_cfg.sql.postgresql import PostgresDatabase
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
    if isinstance(database, PostgresDatabase):
        return SessionPresence(database, tenant)
    assert isinstance(database, SqliteDatabase)  # noqa: S101  # there are two
    return FilePresence(database, tenant)


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


class SessionPresence:
    """
    By a lock of the server's on tenant and epoch, which ends with the connection.

    It is on the connection that writes, so who lost that connection has lost the lock. The name goes by epoch: a holder
    that was stopped, and keeps its connection, keeps only an epoch that is over.
    """

    def __init__(self, database: PostgresDatabase, tenant: str) -> None:
        self._database = database
        self._tenant = tenant

    def arrive(self) -> None:
        """Do nothing: the row tells under which name to look."""

    def finds_free(self, row: LockRow) -> bool:
        """Tell whether nobody holds it, or its holder's session is gone."""
        return not row.held or (row.by_file and not self.shows(row))

    def stay(self, epoch: int) -> bool:
        """Hold the name of this epoch."""
        return self._database.hold(self._name(epoch))

    def leave(self, epoch: int = 0) -> None:
        """Let the name go."""
        if epoch:
            self._database.release(self._name(epoch))

    def shows(self, row: LockRow) -> bool:
        """Tell whether a session holds the name of the row's epoch."""
        return row.held and self._database.is_held(self._name(row.epoch))

    def banish(self) -> None:
        """Do nothing: the next epoch has another name."""

    def _name(self, epoch: int) -> str:
        return f"lease {epoch} {self._tenant}"
