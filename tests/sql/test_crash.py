"""Points where tests kill the process."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

SCRIPT = """
from flametree_cfg.sql import crash
for n in (1, 2, 3):
    crash.point("before-ledger")
    crash.point("after-ledger")
    print(n, flush=True)
"""


def run(**environment: str) -> tuple[int, list[str]]:
    """Pass two points three times; gives how the process ended and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, env={"PATH": "/", **environment}
    )
    return done.returncode, done.stdout.split()


@pytest.mark.parametrize(
    ("at", "said"),
    [("before-ledger", []), ("after-ledger", []), ("after-ledger:2", ["1"]), ("before-ledger:3", ["1", "2"])],
)
def test_process_dies_where_it_was_told_to(at: str, said: list[str]) -> None:
    """The named pass of the named point is the last thing that happens."""
    assert run(FLAMETREE_TESTING="1", FLAMETREE_CRASH_AT=at) == (-signal.SIGKILL, said)


@pytest.mark.parametrize(
    "environment",
    [{}, {"FLAMETREE_CRASH_AT": "before-ledger"}, {"FLAMETREE_TESTING": "1", "FLAMETREE_CRASH_AT": "after-lock"}],
)
def test_process_lives_otherwise(environment: dict[str, str]) -> None:
    """Without both variables, or for another point, nothing happens."""
    assert run(**environment) == (0, ["1", "2", "3"])
