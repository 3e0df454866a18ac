"""The journal between two writes of one process, and what it leaves in the file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flametree_cfg.errors import StorageFailed
from flametree_cfg.model import Batch
from flametree_cfg.state import open_ledger
from tests.state.samples import ALICE, apply, create, done, llm


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a place for a ledger."""
    return tmp_path / "made" / "ledger.db"


def test_what_was_journaled_here_is_recorded_as_it_would_be_read(path: Path) -> None:
    """The process that journaled and one that only has the file record the same."""
    operations = [create(llm(f"c-{n}"), n) for n in range(1, 9)]
    entries = []
    for tenant in ("one", "other"):
        ledger, other = open_ledger(f"sqlite:{path}"), open_ledger(f"sqlite:{path}")
        own = [create(o.after, n, f"RUN-{tenant}") for n, o in enumerate(operations, 1) if o.after]
        with ledger.lock(tenant, 0, ALICE) as lease:
            ledger.intend(lease, Batch(tenant, tuple(own)))
            (ledger if tenant == "one" else other).record(lease, [done(operation) for operation in own])
        entries.append(ledger.read(tenant).entries)
        ledger.close()
        other.close()

    assert entries[0] == entries[1]


@pytest.mark.parametrize("column", ["checksum", "body"])
def test_a_line_that_is_not_the_one_journaled_is_refused(path: Path, column: str) -> None:
    """What somebody did to the file between journal and ledger is never recorded; what was sent is."""
    ledger = open_ledger(f"sqlite:{path}")
    operation = create(llm("a"), 1)
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.intend(lease, Batch("acme", (operation,)))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"UPDATE journal SET {column} = '1'")
        if column == "checksum":
            with pytest.raises(StorageFailed, match="damaged"):
                ledger.record(lease, [done(operation)])
        else:
            ledger.record(lease, [done(operation)])
            (entry,) = ledger.read("acme").entries.values()
            assert entry.resource == operation.after
    ledger.close()


def test_a_long_run_does_not_leave_its_operations_in_the_file(path: Path) -> None:
    """A closed line keeps its number and its outcome; what it said is in the entries."""
    ledger = open_ledger(f"sqlite:{path}")
    with ledger.lock("acme", 0, ALICE) as lease:
        for batch in range(10):
            apply(ledger, lease, *(create(llm(f"c-{n}"), n, f"RUN-{batch}") for n in range(100)))
    ledger.close()
    with closing(sqlite3.connect(path)) as connection:
        lines = connection.execute("SELECT count(*), sum(length(body)) FROM journal WHERE outcome = 'done'").fetchone()

    assert lines == (1000, 0)
