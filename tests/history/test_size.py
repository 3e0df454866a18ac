"""What history keeps grows with what changes, and ends at so many runs (reliability.md S-10)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from flametree_cfg.model import connector
from flametree_cfg.state import open_ledger
from flametree_cfg.state.history import KEPT_RUNS
from tests.state.samples import ALICE, a_run, apply, create, llm

RESOURCES, CHANGED = 1000, 5
MOST_A_RUN = 1000  # bytes: five entries, packed; a snapshot of a thousand would be forty times as much


def test_many_runs_of_few_changes(tmp_path: Path) -> None:
    """Of runs beyond those kept the file does not grow; each costs what it changed, and the oldest still comes back."""
    path = tmp_path / "x" / "ledger.db"
    ledger = open_ledger(f"sqlite:{path}")
    sizes = []
    for number in range(1, 2 * KEPT_RUNS + 2):
        keys = range(RESOURCES) if number == 1 else [(number * CHANGED + n) % RESOURCES for n in range(CHANGED)]
        operations = [create(llm(f"c-{key}", temperature=number), key, f"RUN-{number}") for key in keys]
        with ledger.lock("acme", 0, ALICE) as lease:
            apply(ledger, lease, *operations)
            ledger.remember(lease, replace(a_run(), run=f"RUN-{number}"), operations)
        sizes.append(path.stat().st_size)
    oldest = KEPT_RUNS + 2
    found = ledger.entries_after("acme", oldest)[connector(f"c-{oldest * CHANGED % RESOURCES}")]
    check = ledger.check_history("acme")
    ledger.close()
    with closing(sqlite3.connect(path)) as connection:
        ((rows, undo),) = connection.execute("SELECT count(*), sum(length(undo)) FROM history").fetchall()
        ((past,),) = connection.execute("SELECT count(*) FROM past").fetchall()

    assert (rows, past, check.broken, check.dropped) == (KEPT_RUNS, 0, 0, oldest - 1)
    assert undo < KEPT_RUNS * MOST_A_RUN
    assert sizes[-1] <= max(sizes[: KEPT_RUNS + 1])
    assert found.resource.settings["temperature"] == oldest
