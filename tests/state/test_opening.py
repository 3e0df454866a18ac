"""Ledgers are found by the scheme of their URL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from flametree_cfg.errors import WrongUsage
from flametree_cfg.model import connector
from flametree_cfg.state import open_ledger
from tests.history.older import unchained
from tests.postgres import Server
from tests.state.samples import fill, llm


@pytest.mark.parametrize("url", ["", "ledger.db", "sqlite:", "oracle:x", "world:x", "_port:x", "ledger:x", "os:x"])
def test_unknown_scheme_is_wrong_usage(url: str) -> None:
    """What no module of the room opens is refused, also where a module has that name."""
    with pytest.raises(WrongUsage, match="No such kind of state"):
        open_ledger(url)


def test_opening_touches_nothing(tmp_path: Path) -> None:
    """A ledger that is never used leaves no trace."""
    open_ledger(f"sqlite:{tmp_path / 'a' / 'ledger.db'}").close()

    assert not any(tmp_path.iterdir())


def test_a_file_of_the_first_format_is_brought_up(tmp_path: Path) -> None:
    """Its entries are the same, and ids are found in it."""
    path = tmp_path / "made" / "ledger.db"
    ledger = open_ledger(f"sqlite:{path}")
    fill(ledger, llm("a"))
    before = ledger.read("acme")
    ledger.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        unchained(connection)
        connection.execute("DROP INDEX entry_id")
        connection.execute("PRAGMA user_version = 1")
    ledger = open_ledger(f"sqlite:{path}")

    assert ledger.read("acme") == before
    assert ledger.addresses("acme", ["id-a"]) == {"id-a": connector("a")}
    assert Path(f"{path}.backup-v1").exists()
    ledger.close()


def test_both_names_of_postgresql_are_one(postgres: Server) -> None:
    """What is written by one name is read by the other."""
    ledger = open_ledger(postgres.url)
    other = open_ledger(postgres.url.replace("postgresql:", "postgres:"))
    fill(ledger, llm("a"))

    assert other.read("acme") == ledger.read("acme")
    ledger.close()
    other.close()


def test_files_do_not_load_the_driver(tmp_path: Path) -> None:
    """Whoever keeps a ledger in a file does not wait for PostgreSQL's driver, nor for what speaks to it."""
    code = f"""
import sys
from flametree_cfg.model import Holder
from flametree_cfg.state import open_ledger
ledger = open_ledger("sqlite:{tmp_path / "ledger.db"}")
with ledger.lock("acme", 0, Holder("a", "b", 1, "c")):
    pass
print([name for name in sys.modules if "psycopg" in name or "postgresql" in name or name.endswith("state.export")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
