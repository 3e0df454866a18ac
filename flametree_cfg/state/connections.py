"""The database connections of one ledger: one a thread, opened when first needed."""

from __future__ import annotations

import threading
from pathlib import Path

from flametree_cfg.sql import Database, database_exists, open_database
from flametree_cfg.sql.ledger import APPLICATION, MIGRATIONS


class Connections:
    """Opens for reading until somebody writes; making the file is left to the first write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._open: dict[int, tuple[Database, bool]] = {}

    def reading(self) -> Database | None:
        """
        Give this thread's connection.

        Returns:
            None if the file was never made.
        """
        found = self._open.get(threading.get_ident())
        if found is not None:
            return found[0]
        if not database_exists(self._path):
            return None
        return self._keep(self.another(read_only=True), writable=False)

    def writing(self) -> Database:
        """Give this thread's connection, able to write; makes the file."""
        found = self._open.get(threading.get_ident())
        if found is not None and found[1]:
            return found[0]
        if found is not None:
            found[0].close()
        return self._keep(self.another(read_only=False), writable=True)

    def another(self, *, read_only: bool) -> Database:
        """Open one more, which the caller closes."""
        return open_database(self._path, APPLICATION, MIGRATIONS, create=not read_only, read_only=read_only)

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._guard:
            for database, _ in self._open.values():
                database.close()
            self._open.clear()

    def _keep(self, database: Database, *, writable: bool) -> Database:
        with self._guard:
            self._open[threading.get_ident()] = (database, writable)
        return database
