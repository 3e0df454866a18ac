"""Making, recognising and migrating a database file."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from flametree_cfg.errors import StorageFailed
from flametree_cfg.sql import Application, Migration, database_exists, open_database
from tests.sql.samples import ADD, FIRST, NOTES, SECOND, make, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a database that is not there yet."""
    return tmp_path / "made" / "notes.db"


def code_of(path: Path, *migrations: Migration, application: Application = NOTES) -> str:
    """Try to open a file for reading and give the code of the refusal."""
    with pytest.raises(StorageFailed) as caught:
        open_database(path, application, migrations or (FIRST,), create=False, read_only=True)
    assert str(path) in str(caught.value)
    assert caught.value.diagnostics[0].hint
    return caught.value.diagnostics[0].code


def test_missing_file_is_not_made_by_reading(path: Path) -> None:
    """Only a writer who may create makes the file."""
    assert not database_exists(path)
    assert code_of(path) == "storage-missing"
    with pytest.raises(StorageFailed, match="does not exist"):
        make(path, create=False)
    assert not path.parent.exists()


def test_file_is_private_even_with_an_open_umask(path: Path) -> None:
    """0600 in a 0700 folder, -wal and -shm included, whatever the umask (reliability.md S-09)."""
    umask = os.umask(0)
    try:
        database = make(path)
        with database.writing():
            database.execute(ADD, ("a", "x", 1))
        modes = {found.name: found.stat().st_mode & 0o777 for found in path.parent.iterdir()}
        database.close()
    finally:
        os.umask(umask)

    assert modes == {"notes.db": 0o600, "notes.db-wal": 0o600, "notes.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_is_left_beside_a_closed_file(path: Path) -> None:
    """Readers and writers clear their files away."""
    make(path).close()
    read(path).close()

    assert [found.name for found in path.parent.iterdir()] == ["notes.db"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "storage-damaged"),
        (b"S", "storage-damaged"),
        (b"SQLite format 3\x00" + b"\x00" * 20, "storage-damaged"),
        (b"lineage: 1\n" * 50, "storage-foreign"),
        (b"PK\x03\x04" + b"\x00" * 4096, "storage-foreign"),
    ],
)
def test_file_that_is_no_database_is_refused(path: Path, data: bytes, code: str) -> None:
    """Empty, cut and foreign files are refused and not touched (reliability.md S-04)."""
    path.parent.mkdir(mode=0o700)
    path.write_bytes(data)

    assert code_of(path) == code
    with pytest.raises(StorageFailed):
        make(path)
    assert path.read_bytes() == data


def test_database_of_another_program_is_refused(path: Path) -> None:
    """A SQLite file without our mark, or with the mark of our other database, is not ours."""
    path.parent.mkdir(mode=0o700)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmark (url TEXT)")
    connection.close()
    before = path.read_bytes()

    assert code_of(path) == "storage-foreign"
    assert path.read_bytes() == before
    path.unlink()
    make(path).close()
    assert code_of(path, application=Application("ledger", 1)) == "storage-foreign"


def test_newer_format_is_refused(path: Path) -> None:
    """An older tool leaves a newer file alone, also when the news is only in the -wal."""
    make(path, FIRST).close()
    newer = make(path, FIRST, SECOND)

    assert code_of(path, FIRST) == "storage-newer"
    newer.close()
    assert code_of(path, FIRST) == "storage-newer"


def test_older_file_is_backed_up_and_migrated(path: Path) -> None:
    """A migration keeps the rows, and the file as it was stands beside (reliability.md S-11)."""
    old = make(path, FIRST)
    with old.writing():
        old.execute(ADD, ("a", "x", 1))
    old.close()
    new = make(path, FIRST, SECOND)
    rows = new.query("SELECT key, author FROM note")
    new.close()
    backup = read(Path(f"{path}.backup-v1"), FIRST)

    assert rows == [("a", "")]
    assert backup.query("SELECT * FROM note") == [("a", "x", 1)]
    assert Path(f"{path}.backup-v1").stat().st_mode & 0o777 == 0o600
    backup.close()


def test_failed_migration_leaves_the_old_tables(path: Path) -> None:
    """A step is one transaction: it happens or it does not (reliability.md S-12)."""
    make(path, FIRST).close()
    broken = Migration(2, ("CREATE TABLE tag (x TEXT)", "CREATE TABLE note (again TEXT)"))
    with pytest.raises(StorageFailed):
        make(path, FIRST, broken)
    database = make(path, FIRST)

    assert database.query("SELECT name FROM sqlite_master WHERE type = 'table'") == [("note",)]
    database.close()


def test_hint_names_the_newest_backup(path: Path) -> None:
    """Who has a damaged file and a backup is told which one to copy."""
    make(path, FIRST).close()
    make(path, FIRST, SECOND).close()
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(StorageFailed) as caught:
        make(path, FIRST, SECOND)

    assert f"{path}.backup-v1" in caught.value.diagnostics[0].hint


KILLED_WHILE_MAKING = """
import os, sys
from pathlib import Path
from tests.sql.samples import make
calls = 0
def die(event, arguments):
    global calls
    if event in ("open", "os.link", "os.remove", "sqlite3.connect", "os.chmod", "os.mkdir"):
        calls += 1
        if calls == int(sys.argv[2]):
            os.kill(os.getpid(), 9)
sys.addaudithook(die)
make(Path(sys.argv[1])).close()
"""


def test_kill_while_making_leaves_nothing_or_everything(path: Path) -> None:
    """Wherever the process dies, the next one finds no database or a whole one."""
    ended = []
    for number in range(1, 12):
        done = subprocess.run(
            [sys.executable, "-c", KILLED_WHILE_MAKING, str(path), str(number)],
            check=False,
            cwd=Path(__file__).parents[2],
        )
        ended.append(done.returncode)
        database = make(path)
        assert database.query("SELECT * FROM note") == []
        database.close()
        path.unlink()

    assert -signal.SIGKILL in ended


def test_many_makers_agree_on_one_file(path: Path) -> None:
    """Processes that make the file at the same moment end up with the same one."""
    script = (
        "import sys; from pathlib import Path; from tests.sql.samples import ADD, make\n"
        "database = make(Path(sys.argv[1]))\n"
        "with database.writing():\n"
        "    database.execute(ADD, (sys.argv[2], 'x', 1))\n"
        "database.close()\n"
    )
    root = Path(__file__).parents[2]
    makers = [subprocess.Popen([sys.executable, "-c", script, str(path), str(n)], cwd=root) for n in range(4)]
    codes = [maker.wait() for maker in makers]
    database = read(path)

    assert codes == [0] * 4
    assert database.query("SELECT count(*) FROM note") == [(4,)]
    assert [found.name for found in path.parent.iterdir() if "new-" in found.name] == []
    database.close()


def test_path_with_strange_characters(tmp_path: Path) -> None:
    """Question marks, hashes, percent signs and spaces are part of a name."""
    path = tmp_path / "a?b#c%41 d" / "notes?mode=memory.db"
    database = make(path)
    with database.writing():
        database.execute(ADD, ("a", "x", 1))
    database.close()

    assert path.stat().st_size > 0
