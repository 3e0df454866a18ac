"""Damage to a ledger in PostgreSQL is seen as it is in a file, and never read as emptiness (reliability.md S-04)."""

from __future__ import annotations

import pytest

from flametree_cfg.errors import StorageFailed
from flametree_cfg.state import open_ledger
from tests.postgres import Server
from tests.state.samples import ALICE, fill, llm


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entry WHERE address = 'connector.a'",
        "UPDATE entry SET body = replace(body, 'gpt-4o', 'gpt-4x') WHERE address = 'connector.a'",
        "UPDATE entry SET id = 'other' WHERE address = 'connector.a'",
        "UPDATE tenant SET serial = 7",
        "UPDATE tenant SET lineage = 'other'",
        "DELETE FROM tenant",
        "DELETE FROM tenant WHERE name = 'zoo'",
        "DELETE FROM ledger",
        "DROP TABLE entry",
    ],
)
def test_damage_is_told(postgres: Server, statement: str) -> None:
    """A row that is lost, changed or from elsewhere stops every tenant it may concern."""
    ledger = open_ledger(postgres.url)
    fill(ledger, llm("a"), llm("b"))
    fill(ledger, llm("c"), tenant="zoo")
    ledger.close()
    postgres.query(f"SET search_path = flametree_ledger; {statement}")
    with pytest.raises(StorageFailed, match="Storage is damaged") as caught:
        [ledger.read(tenant) for tenant in ("acme", "zoo", "unknown")]
    ledger.close()

    assert "state import" in caught.value.diagnostics[0].hint
    assert "database shared" in str(caught.value)


def test_lost_lock_is_told(postgres: Server) -> None:
    """A tenant without its lock's row is not taken for one that nobody holds."""
    ledger = open_ledger(postgres.url)
    fill(ledger, llm("a"))
    postgres.query("DELETE FROM flametree_ledger.lock")
    with pytest.raises(StorageFailed, match="its lock is not as it was written"), ledger.lock("acme", 0, ALICE):
        pass
    ledger.close()


def test_backend_that_was_terminated_has_lost_the_lock(postgres: Server) -> None:
    """Who holds a lock and loses its session writes nothing more; the next one need not wait (L-04)."""
    ledger, other = open_ledger(postgres.url), open_ledger(postgres.url)
    with ledger.lock("acme", 0, ALICE) as lease:
        postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        with other.lock("acme", 20, ALICE) as taken:
            pass
        with pytest.raises(StorageFailed, match="connection was lost"):
            ledger.bind_platform(lease, "late")

    assert taken.epoch == lease.epoch + 1
    assert other.read("acme").platform == ""
    ledger.close()
    other.close()
