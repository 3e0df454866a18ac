"""Reading where nothing may be written (reliability.md S-03)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flametree_cfg.state import open_ledger
from tests.state.samples import ALICE, fill, llm

# Permissions do not bind the administrator; without capabilities they do, so the tests mean the same for everyone.
PLAIN = """
import ctypes, sys
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
assert ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()) == 0
from flametree_cfg.errors import StorageFailed
from flametree_cfg.state import open_ledger
from tests.state.samples import ALICE
ledger = open_ledger(sys.argv[1])
try:
    stored = ledger.read("acme")
    print(len(stored.entries), stored.serial, *ledger.tenants(), ledger.holder("acme"))
except StorageFailed as problem:
    print("refused", problem)
try:
    with ledger.lock("acme", 0, ALICE):
        print("locked")
except StorageFailed as problem:
    print("refused", problem)
"""


def as_plain_user(path: Path) -> list[str]:
    """Read and then try to lock, in a process that permissions bind; gives its lines."""
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, f"sqlite:{path}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    return done.stdout.splitlines()


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Make a ledger in a folder that nothing can be written to."""
    path = tmp_path / "made" / "ledger.db"
    ledger = open_ledger(f"sqlite:{path}")
    fill(ledger, llm("a"), llm("b"))
    ledger.close()
    path.chmod(0o400)
    path.parent.chmod(0o500)
    yield path
    path.parent.chmod(0o700)


def test_read_only_folder_is_read(path: Path) -> None:
    """A plan works on a read-only ledger; what would write is refused with the path; no file is made."""
    answer = as_plain_user(path)

    assert answer[0] == "2 1 acme None"
    assert answer[1].startswith("refused Storage cannot be read or written")
    assert str(path) in answer[1]
    assert [found.name for found in path.parent.iterdir()] == ["ledger.db"]


def test_read_only_file_in_a_writable_folder_is_read(path: Path) -> None:
    """The file's own mode is enough to keep us from writing, and reading makes no file beside it."""
    path.parent.chmod(0o700)
    answer = as_plain_user(path)

    assert answer[0] == "2 1 acme None"
    assert answer[1].startswith("refused")
    assert [found.name for found in path.parent.iterdir()] == ["ledger.db"]


def test_what_is_only_in_the_wal_is_read_too(path: Path) -> None:
    """A read-only copy of a ledger in use is read with its -wal, or refused: never an older state."""
    path.parent.chmod(0o700)
    path.chmod(0o600)
    writer = open_ledger(f"sqlite:{path}")
    with writer.lock("acme", 0, ALICE):
        pass
    fill(writer, llm("c"), run="RUN-2")
    for found in path.parent.iterdir():
        found.chmod(0o400)
    path.parent.chmod(0o500)
    answer = as_plain_user(path)
    path.parent.chmod(0o700)
    writer.close()

    assert answer[0] == "3 2 acme None"


def test_unreachable_ledger_is_not_a_new_one(path: Path) -> None:
    """A folder that may not be entered is an error: it must not look like a first run."""
    path.parent.chmod(0o000)
    answer = as_plain_user(path)

    assert answer[0].startswith("refused Storage cannot be read or written")


def test_unreadable_ledger_is_refused(path: Path) -> None:
    """A file that may not be read is an error with its path."""
    path.chmod(0o000)
    answer = as_plain_user(path)

    assert answer[0].startswith("refused")
    assert str(path) in answer[0]
