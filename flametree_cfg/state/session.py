"""The presence of a holder on a server: its session."""

from __future__ import annotations

from flametree_cfg.sql.postgresql import PostgresDatabase
from flametree_cfg.state.lease import LockRow


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
