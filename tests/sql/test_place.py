"""Files that somebody else could have put there are refused (reliability.md S-07, S-09)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flametree_cfg.errors import StorageFailed
from flametree_cfg.sql import filesystem, place
from tests.sql.samples import make, read


def refusal(path: Path) -> str:
    """Try to open a database and give the code of the refusal."""
    with pytest.raises(StorageFailed) as caught:
        make(path)
    return caught.value.diagnostics[0].code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a database."""
    path = tmp_path / "made" / "notes.db"
    make(path).close()
    return path


def test_link_to_a_database_is_refused(path: Path) -> None:
    """Not even a link to a good file is followed, and a dangling one is not filled."""
    link = path.with_name("link.db")
    link.symlink_to(path)
    dangling = path.with_name("dangling.db")
    dangling.symlink_to(path.with_name("elsewhere.db"))

    assert refusal(link) == refusal(dangling) == "storage-unsafe"
    assert not path.with_name("elsewhere.db").exists()


def test_linked_folder_is_refused(path: Path, tmp_path: Path) -> None:
    """A repository could contain `.flametree` as a link to anywhere."""
    (tmp_path / ".flametree").symlink_to(path.parent)

    assert refusal(tmp_path / ".flametree" / "notes.db") == "storage-unsafe"


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_what_is_no_file_is_refused(path: Path, kind: str) -> None:
    """A folder or a pipe in the database's place is refused at once."""
    path.unlink()
    path.mkdir() if kind == "folder" else os.mkfifo(path)

    assert refusal(path) == "storage-unsafe"


def test_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever owns the file could have written anything into it."""
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(StorageFailed, match=f"belongs to user {owner}"):
        read(path)


def test_both_owners_count(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file's owner is looked at as well as the folder's."""
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    for check, found in ((place.check_file, path), (place.check_folder, path.parent)):
        with pytest.raises(StorageFailed, match=f"{found}: belongs to user {owner}"):
            check(found)


def test_folder_open_to_all_is_refused(path: Path) -> None:
    """Who may write to the folder may replace the file."""
    path.parent.chmod(0o777)

    assert refusal(path) == "storage-unsafe"


def test_our_own_folder_is_closed(tmp_path: Path) -> None:
    """`.flametree` is ours: its mode and the file's are put right."""
    path = tmp_path / ".flametree" / "notes.db"
    make(path).close()
    path.parent.chmod(0o777)
    path.chmod(0o666)
    make(path).close()

    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600


def test_chosen_folder_keeps_its_mode(path: Path) -> None:
    """A folder that a person named is theirs."""
    path.parent.chmod(0o755)
    make(path).close()

    assert path.parent.stat().st_mode & 0o777 == 0o755


MOUNTS = """\
22 1 {local} / / rw,relatime - ext4 /dev/root rw
36 22 {here} / /srv rw,relatime shared:1 - {kind} server:/export rw,vers=4.2
"""


def mounts(tmp_path: Path, kind: str) -> Path:
    """Write a table of mounts in which the test's own device is of a kind."""
    device = tmp_path.stat().st_dev
    text = MOUNTS.format(local="253:99", here=f"{os.major(device)}:{os.minor(device)}", kind=kind)
    (tmp_path / "mountinfo").write_text(text)
    return tmp_path / "mountinfo"


@pytest.mark.parametrize("kind", ["nfs4", "nfs", "cifs", "smb3", "9p", "fuse.sshfs", "fuse", "virtiofs"])
def test_network_filesystem_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """SQLite's locks do not hold there; PostgreSQL is the way to share."""
    monkeypatch.setattr(filesystem, "MOUNTS", mounts(tmp_path, kind))
    with pytest.raises(StorageFailed) as caught:
        make(tmp_path / "made" / "notes.db")

    assert kind in caught.value.diagnostics[0].detail
    assert "PostgreSQL" in caught.value.diagnostics[0].hint
    assert not (tmp_path / "made" / "notes.db").exists()


def test_network_filesystem_can_be_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator may know better; the database knows where it stands."""
    monkeypatch.setattr(filesystem, "MOUNTS", mounts(tmp_path, "nfs4"))
    monkeypatch.setenv(filesystem.ALLOW, "1")
    database = make(tmp_path / "made" / "notes.db")

    assert database.network
    database.close()


@pytest.mark.parametrize("kind", ["ext4", "tmpfs", "overlay", "xfs", "btrfs"])
def test_local_filesystem_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Disks of the machine need no permission."""
    monkeypatch.setattr(filesystem, "MOUNTS", mounts(tmp_path, kind))
    database = make(tmp_path / "made" / "notes.db")

    assert not database.network
    database.close()


def test_unknown_device_counts_as_local() -> None:
    """Where it cannot be told, nothing is refused."""
    assert filesystem.kind_of_device("garbage\n1 2\n", os.makedev(8, 1)) == ""
