"""What was told already, beside the ledger: in a file in its folder, or in the same database on a server."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from flametree_cfg.sql import Database, Source, SqliteFile
from flametree_cfg.sql import notices as statements

FILE = "notices.db"
_CLAIM = "~"  # begins a mark that somebody is about to tell


class Notices:
    """
    Remembers, for each receiver, which marks of a tenant were told.

    Bounded: a mark goes when what it stands for has ended, or after the time that `forget` is given.

    Args:
        source: made when something is first remembered.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._database: Database | None = None

    def told(self, receiver: str, tenant: str) -> frozenset[str]:
        """Give the marks of a tenant that a receiver was told."""
        if self._database is None:
            self._database = self._source.read()
        if self._database is None:
            return frozenset()
        return frozenset(mark for mark in self._marks(self._database, receiver, tenant) if mark[0] != _CLAIM)

    def claim(
        self, receiver: str, now: str, new: Collection[tuple[str, str]], before: str
    ) -> frozenset[tuple[str, str]]:
        """
        Take upon oneself to tell a receiver of marks, so that of two checks at once only one does.

        Args:
            receiver: who.
            now: UTC in ISO 8601.
            new: tenant and mark of each.
            before: who claimed something earlier than this and did not tell it has died.

        Returns:
            Those that nobody else told or claimed; `remember` or `release` has to follow.
        """
        database = self._writing()
        with database.writing("notices"):
            database.execute(statements.FORGET_CLAIMS, (receiver, before))
            known = {
                (tenant, mark.removeprefix(_CLAIM))
                for tenant in {tenant for tenant, _ in new}
                for mark in self._marks(database, receiver, tenant)
            }
            mine = frozenset(new) - known
            database.execute_many(statements.ADD, [(receiver, tenant, _CLAIM + mark, now) for tenant, mark in mine])
        return mine

    def release(self, receiver: str, claimed: Iterable[tuple[str, str]]) -> None:
        """Leave to the next check what could not be told."""
        database = self._writing()
        with database.writing("notices"):
            database.execute_many(statements.DROP, [(receiver, tenant, _CLAIM + mark) for tenant, mark in claimed])

    def _marks(self, database: Database, receiver: str, tenant: str) -> list[str]:
        return [row[0] for row in database.query(statements.MARKS, (receiver, tenant))]

    def remember(
        self, receiver: str, now: str, new: Collection[tuple[str, str]], ended: Iterable[tuple[str, str]], before: str
    ) -> None:
        """
        Remember what was told now, and forget what has ended, in one transaction.

        Args:
            receiver: who.
            now: UTC in ISO 8601.
            new, ended: tenant and mark of each.
            before: forget all that was told earlier than this, to whomever.
        """
        database = self._writing()
        with database.writing("notices"):
            done = [*ended, *((tenant, _CLAIM + mark) for tenant, mark in new)]
            database.execute_many(statements.DROP, [(receiver, tenant, mark) for tenant, mark in done])
            database.execute_many(statements.ADD, [(receiver, tenant, mark, now) for tenant, mark in new])
            database.execute(statements.FORGET, (before,))

    def close(self) -> None:
        """Let go of the database."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _writing(self) -> Database:
        self.close()
        self._database = self._source.write(create=True)
        return self._database


def open_notices(url: str, home: Path) -> Notices:
    """
    Open what was told, beside a ledger.

    Args:
        url: of the ledger.
        home: the folder for what stands beside a ledger that is no database.
    """
    scheme, _, rest = url.partition(":")
    if scheme in ("postgres", "postgresql"):
        from flametree_cfg.sql.postgresql import PostgresSource

        return Notices(PostgresSource(f"postgresql:{rest}", statements.APPLICATION, statements.MIGRATIONS))
    path = Path(rest).expanduser().with_name(FILE) if scheme == "sqlite" and rest else home / FILE
    return Notices(SqliteFile(path, statements.APPLICATION, statements.MIGRATIONS))
