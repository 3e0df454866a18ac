"""Statements, transactions and errors of one connection."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flametree_cfg.errors import StorageFailed
from flametree_cfg.sql import ConstraintFailed, Database
from tests.sql.samples import ADD, make, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a database that is not there yet."""
    return tmp_path / "made" / "notes.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """Open an empty notebook."""
    database = make(path)
    yield database
    database.close()


def test_rows_are_plain_tuples(database: Database) -> None:
    """A query gives tuples, `one` the first or None, a write its number of rows."""
    with database.writing():
        database.execute_many(ADD, [("a", "x", 1), ("b", "y", 2)])
        changed = database.execute("UPDATE note SET size = size + ?", (1,))

    assert database.query("SELECT key, size FROM note ORDER BY key") == [("a", 2), ("b", 3)]
    assert database.one("SELECT size FROM note WHERE key = ?", ("b",)) == (3,)
    assert database.one("SELECT size FROM note WHERE key = ?", ("z",)) is None
    assert changed == 2


def test_failed_block_changes_nothing(database: Database) -> None:
    """An exception rolls everything back and comes out as it was."""

    def fail() -> None:
        with database.writing():
            database.execute(ADD, ("a", "x", 1))
            raise KeyError("a")

    with pytest.raises(KeyError):
        fail()

    assert database.query("SELECT * FROM note") == []


def test_reading_sees_one_state(database: Database, path: Path) -> None:
    """What another connection commits shows only after the view ends."""
    reader = read(path)
    with reader.reading():
        before = reader.query("SELECT count(*) FROM note")
        with database.writing():
            database.execute(ADD, ("a", "x", 1))
        during = reader.query("SELECT count(*) FROM note")

    assert before == during == [(0,)]
    assert reader.query("SELECT count(*) FROM note") == [(1,)]
    reader.close()


def test_reading_inside_a_transaction_joins_it(database: Database) -> None:
    """A view inside a write sees the write and does not end it."""
    with database.writing():
        database.execute(ADD, ("a", "x", 1))
        with database.reading():
            seen = database.query("SELECT key FROM note")

    assert seen == [("a",)]
    assert database.query("SELECT key FROM note") == [("a",)]


def test_writing_inside_a_view_is_refused(database: Database) -> None:
    """A write that a view's end would throw away is never begun."""
    with database.reading(), pytest.raises(StorageFailed, match="inside another"), database.writing():
        pass


def test_broken_constraint_names_its_subject(database: Database, path: Path) -> None:
    """A refused row is an error of its own that says which columns collide."""
    with database.writing():
        database.execute(ADD, ("a", "x", 1))
    with pytest.raises(ConstraintFailed) as caught, database.writing():
        database.execute(ADD, ("a", "s3cr3t", 1))

    assert caught.value.subject == "note.key"
    assert str(path) in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("values", [("a", "\ud800", 1), ("a", "x", 2**70)])
def test_value_that_does_not_fit_is_refused(database: Database, values: tuple[object, ...]) -> None:
    """Text that is no text and numbers beyond 64 bits are told, not raised raw."""
    with pytest.raises(StorageFailed, match="does not fit"), database.writing():
        database.execute(ADD, values)


def test_reader_cannot_write(path: Path) -> None:
    """A connection opened for reading refuses every write."""
    make(path).close()
    reader = read(path)
    with pytest.raises(StorageFailed, match="readonly"), reader.writing():
        reader.execute("DELETE FROM note")
    reader.close()


def test_full_disk_names_the_path(database: Database, path: Path) -> None:
    """No room left is told with the path and what to do; the write did not happen, and room makes it work again."""
    pages = database.query("PRAGMA page_count")[0][0]
    database.query(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageFailed) as caught, database.writing():
        database.execute(ADD, ("a", "x" * 100_000, 1))
    database.query("PRAGMA max_page_count = 100000")
    with database.writing():
        database.execute(ADD, ("b", "x" * 100_000, 1))

    assert caught.value.diagnostics[0].code == "storage-full"
    assert str(path) in str(caught.value)
    assert database.query("SELECT key FROM note") == [("b",)]


WRITE_BEYOND_LIMIT = """
import resource, signal, sys
from pathlib import Path
from tests.sql.samples import ADD, make
from flametree_cfg.errors import StorageFailed
database = make(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
for size in (200_000, 1):
    try:
        with database.writing():
            database.execute(ADD, (str(size), "x" * size, 1))
        print("written")
    except StorageFailed as problem:
        print(problem.diagnostics[0].code, problem)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
"""


def test_failed_write_is_final_for_the_process(path: Path) -> None:
    """After an error of the disk nothing more is tried on the connection (reliability.md S-02)."""
    done = subprocess.run(
        [sys.executable, "-c", WRITE_BEYOND_LIMIT, str(path), "65536"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["storage-unusable"] * 2
    assert str(path) in lines[0]
    again = make(path)
    assert again.query("SELECT key FROM note") == []
    again.close()


def test_closed_twice_is_closed(database: Database) -> None:
    """Closing again does nothing; using it afterwards is an error of ours."""
    database.close()
    database.close()

    with pytest.raises(StorageFailed):
        database.query("SELECT 1")


def test_settings_are_the_durable_ones(database: Database) -> None:
    """WAL, every commit synced, foreign keys on."""
    found = [database.query(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "foreign_keys")]

    assert found == ["wal", 2, 1]
