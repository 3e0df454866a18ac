"""A damaged ledger is refused or read right, never taken for an empty one (reliability.md S-04)."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from flametree_cfg.errors import FlametreeError, StorageFailed
from flametree_cfg.model import Action, Batch, Operation, Stored, connector
from flametree_cfg.state import Ledger, open_ledger
from tests.state.samples import ALICE, a_run, apply, create, fill, llm, telegram

TENANTS = ("acme", "zoo", "nobody")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a ledger with two tenants, an open journal line and a history."""
    path = tmp_path / "made" / "ledger.db"
    ledger = open_ledger(f"sqlite:{path}")
    fill(ledger, *(llm(f"c-{n}") for n in range(60)), telegram())
    fill(ledger, llm("z"), tenant="zoo")
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.intend(lease, Batch("acme", (create(llm("p"), 1, "RUN-2"),)))
        ledger.remember(lease, a_run(), [create(llm("a"), 1)])
    ledger.close()
    return path


def read_all(path: Path) -> dict[str, Stored]:
    """Read every tenant as a new process would."""
    ledger = open_ledger(f"sqlite:{path}")
    try:
        return {tenant: ledger.read(tenant) for tenant in TENANTS}
    finally:
        ledger.close()


def accepted(path: Path, data: bytes, right: dict[str, Stored]) -> Iterator[str]:
    """Put damaged bytes in place and name the tenants that were read wrong."""
    path.write_bytes(data)
    ledger = open_ledger(f"sqlite:{path}")
    for tenant in TENANTS:
        try:
            if ledger.read(tenant) != right[tenant]:
                yield tenant
            if {e.resource.address: e for e in ledger.sweep(tenant)} != right[tenant].entries:
                yield tenant
            if {t.address: t.id for some in ledger.texts(tenant) for t in some} != right[tenant].ids():
                yield tenant
        except StorageFailed as problem:
            assert str(path) in str(problem)  # noqa: PT017  # refused or right, both are fine
    ledger.close()
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def test_flipped_bytes_are_never_read_as_something_else(path: Path) -> None:
    """Hundreds of single-byte flips: each is refused or harmless."""
    right, data = read_all(path), path.read_bytes()
    chance = random.Random(20260301)
    wrong = []
    for _ in range(800):
        place, damaged = chance.randrange(len(data)), bytearray(data)
        damaged[place] ^= chance.randrange(1, 256)
        wrong += [(place, tenant) for tenant in accepted(path, bytes(damaged), right)]

    assert wrong == []


def test_writing_to_a_damaged_ledger_is_right_or_refused(path: Path) -> None:
    """A write on top of damage gives the right result or an error of ours."""
    data = path.read_bytes()
    chance = random.Random(42)
    counts = set()
    for _ in range(60):
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        path.write_bytes(damaged)
        ledger = open_ledger(f"sqlite:{path}")
        try:
            counts.add(write(ledger))
        except FlametreeError as problem:
            assert isinstance(problem, StorageFailed)  # noqa: PT017  # any other kind would blame the person
        ledger.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)

    assert counts == {62}


def write(ledger: Ledger) -> int:
    """Write in every way there is, and count the entries afterwards."""
    with ledger.lock("acme", 0, ALICE) as lease:
        apply(ledger, lease, create(llm("new"), 1, "RUN-3"), create(llm("c-3"), 2, "RUN-3"))
        ledger.amend(lease, [Operation("1", Action.MOVE, connector("c-99"), previous=connector("c-5"))])
        ledger.remember(lease, a_run(), [])
    return len(ledger.read("acme").entries)


def test_cut_file_is_refused(path: Path) -> None:
    """Cut at every 4 KiB, at one byte and at none: refused with the path, and never empty."""
    right, data = read_all(path), path.read_bytes()
    for size in (0, 1, 15, 16, 99, 100, *range(4096, len(data), 4096), len(data) - 1):
        assert list(accepted(path, data[:size], right)) == [], size


@pytest.mark.parametrize("size", [0, 1, 50])
def test_message_says_what_to_do(path: Path, size: int) -> None:
    """The message names the file and the way back."""
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(StorageFailed) as caught:
        read_all(path)

    assert caught.value.diagnostics[0].code == "storage-damaged"
    assert "backup" in caught.value.diagnostics[0].hint


@pytest.mark.parametrize(
    ("statement", "tenant"),
    [
        ("DELETE FROM entry WHERE tenant = 'acme' AND address = 'connector.c-7'", "acme"),
        ("DELETE FROM entry", "acme"),
        ("DELETE FROM journal", "acme"),
        ("UPDATE journal SET outcome = 'done'", "acme"),
        ("DELETE FROM tenant WHERE name = 'acme'", "acme"),
        ("DELETE FROM tenant", "zoo"),
        ("UPDATE tenant SET name = 'acne' WHERE name = 'acme'", "acme"),
        ("UPDATE tenant SET serial = 0", "acme"),
        ("UPDATE entry SET id = 'id-other' WHERE address = 'connector.c-7'", "acme"),
        ("UPDATE entry SET protected = 1 - protected", "acme"),
        ("UPDATE entry SET body = CAST(body AS BLOB)", "zoo"),
        ("DROP TABLE entry", "acme"),
    ],
)
def test_lost_rows_are_noticed(path: Path, statement: str, tenant: str) -> None:
    """Rows that vanished or changed without us never look like resources that were never applied."""
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    ledger = open_ledger(f"sqlite:{path}")

    with pytest.raises(StorageFailed, match="damaged"):
        ledger.read(tenant)
    with pytest.raises(StorageFailed, match="damaged"):
        list(ledger.sweep(tenant))
    with pytest.raises(StorageFailed, match="damaged"):
        list(ledger.texts(tenant))
    ledger.close()


def test_damaged_entry_is_not_given_alone(path: Path) -> None:
    """Who asks for some entries gets each as it was written, or none."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE entry SET id = 'id-other' WHERE address = 'connector.c-7'")
    connection.commit()
    connection.close()
    ledger = open_ledger(f"sqlite:{path}")

    assert set(ledger.read_some("acme", [connector("c-8")]).entries) == {connector("c-8")}
    assert ledger.addresses("acme", ["id-c-8"]) == {"id-c-8": connector("c-8")}
    with pytest.raises(StorageFailed, match="damaged"):
        ledger.read_some("acme", [connector("c-7")])
    with pytest.raises(StorageFailed, match="damaged"):
        ledger.addresses("acme", ["id-other"])
    ledger.close()


def test_lost_database_is_not_a_new_one(path: Path) -> None:
    """A database that vanished from beside its -wal is missing, not new."""
    Path(f"{path}-wal").write_bytes(b"x")
    path.unlink()

    with pytest.raises(StorageFailed, match="does not exist"):
        read_all(path)


def test_damaged_history_is_refused(path: Path) -> None:
    """History that was altered is not shown."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE history SET body = replace(body, 'alice', 'mallory')")
    connection.commit()
    connection.close()
    ledger = open_ledger(f"sqlite:{path}")

    with pytest.raises(StorageFailed, match="run 1"):
        ledger.history("acme")
    ledger.close()
