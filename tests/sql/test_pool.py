"""A pool between us and PostgreSQL is refused where it lends our session to others (reliability.md L-05)."""

from __future__ import annotations

from pathlib import Path

import pytest

from flametree_cfg.errors import StorageFailed
from flametree_cfg.sql.postgresql import PostgresSource
from tests.pool import pool
from tests.postgres import DATABASE, ROLE, Server
from tests.sql.samples import ADD, FIRST, NOTES


def _source(port: int) -> PostgresSource:
    return PostgresSource(f"postgresql://{ROLE}@127.0.0.1:{port}/{DATABASE}", NOTES, (FIRST,))


def _socket(server: Server) -> Path:
    return server.home / f".s.PGSQL.{server.port}"


@pytest.mark.parametrize("turns", [False, True])
def test_pool_in_transaction_mode_is_refused(postgres: Server, turns: bool) -> None:
    """Also for a single client, to whom such a pool gives the same session again and again."""
    with pool(_socket(postgres), turns=turns) as stood:
        with pytest.raises(StorageFailed, match="A pool stands before the storage") as caught:
            _source(stood.port).write(create=True)
        with pytest.raises(StorageFailed, match="A pool stands"):
            _source(stood.port).read()

    assert f"127.0.0.1, port {stood.port}" in str(caught.value)
    assert postgres.query("SELECT 1 FROM pg_namespace WHERE nspname = 'flametree_notebook'") == []


def test_pool_that_hides_is_refused_at_the_write(postgres: Server) -> None:
    """One that hands the server's own key on is noticed as soon as a transaction is in another session."""
    PostgresSource(postgres.url, NOTES, (FIRST,)).write(create=True).close()

    def write(port: int) -> None:
        database = _source(port).write(create=False)
        try:
            for _ in range(2):
                with database.writing("acme"):
                    database.execute(ADD, ("a", "x", 1))
        finally:
            database.close()

    with pool(_socket(postgres), turns=True, own_key=False) as stood, pytest.raises(StorageFailed, match="A pool"):
        write(stood.port)

    assert postgres.query("SELECT count(*) FROM flametree_notebook.note") == [(0,)]


def test_pool_in_session_mode_is_as_good_as_the_server(postgres: Server) -> None:
    """It gives every client a session of its own, so locks hold."""
    with pool(_socket(postgres), session=True) as stood:
        database = _source(stood.port).write(create=True)
        with database.writing("acme"):
            database.execute(ADD, ("a", "x", 1))
        seen = database.query("SELECT key FROM note")
        database.close()

    assert seen == [("a",)]
