"""The database connections of one ledger: one a thread, opened when first needed."""

from __future__ import annotations

import threading

from flametree_cfg.sql import Database, Source


class Connections:
    """Opens for reading until somebody writes; making the database is left to the first write."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._guard = threading.Lock()
        self._open: dict[int, tuple[Database, bool]] = {}

    def reading(self) -> Database | None:
        """
        Give this thread's connection.

        Returns:
            None if the database was never made.
        """
        found = self._open.get(threading.get_ident())
        if found is not None:
            return found[0]
        database = self._source.read()
        return None if database is None else self._keep(database, writable=False)

    def writing(self) -> Database:
        """Give this thread's connection, able to write; makes the database."""
        found = self._open.get(threading.get_ident())
        if found is not None and found[1]:
            return found[0]
        if found is not None:
            found[0].close()
        return self._keep(self.another(), writable=True)

    def another(self) -> Database:
        """Open one more that can write, which the caller closes."""
        return self._source.write(create=True)

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
