"""Whether a file of ours stands where nobody else could have put it or could change it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flametree_cfg.sql import failure, filesystem

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OWN_FOLDER = ".flametree"


def make_folder(folder: Path) -> None:
    """
    Make the folder and what is missing above it, 0700 whatever the umask.

    Raises:
        StorageFailed: it cannot be made.
    """
    absent = [one for one in (folder, *folder.parents) if not os.path.lexists(one)]
    try:
        for one in reversed(absent):
            one.mkdir(mode=FOLDER_MODE, exist_ok=True)
            one.chmod(FOLDER_MODE)
    except OSError as problem:
        raise failure.from_os(folder, problem) from problem


def check_folder(folder: Path) -> None:
    """
    Refuse a folder that is a link, somebody else's, or open to everybody; close our own `.flametree` to others.

    A folder that a person chose keeps its mode, unless everybody may write there.

    Raises:
        StorageFailed: not safe, or on a network filesystem that was not allowed.
    """
    found = _look(folder)
    if stat.S_ISLNK(found.st_mode):
        raise failure.unsafe(folder, "the folder is a symbolic link", "name the real folder")
    if not stat.S_ISDIR(found.st_mode):
        raise failure.unusable(folder, "not a folder")
    _check_owner(folder, found)
    if folder.name == _OWN_FOLDER and stat.S_IMODE(found.st_mode) & ~FOLDER_MODE:
        _tighten(folder, found.st_mode & FOLDER_MODE)  # one that its owner made read-only stays so
    elif found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        raise failure.unsafe(folder, "everybody may write to the folder", f"chmod 0700 {folder}")
    kind = filesystem.network_kind(folder)
    if kind and not filesystem.network_allowed():
        raise failure.on_network(folder, kind)


def check_file(path: Path) -> None:
    """
    Refuse a file that is a link, not a regular file, or somebody else's; make ours 0600.

    Raises:
        StorageFailed: not safe.
    """
    found = _look(path)
    if stat.S_ISLNK(found.st_mode):
        raise failure.unsafe(path, "the file is a symbolic link", "name the real file")
    if not stat.S_ISREG(found.st_mode):
        raise failure.unsafe(path, "not a regular file", "name another file")
    _check_owner(path, found)
    if stat.S_IMODE(found.st_mode) & 0o077:
        _tighten(path, FILE_MODE)


def is_writable(path: Path) -> bool:
    """Tell whether both the file and its folder (where -wal and -shm stand) can be written."""
    return os.access(path, os.W_OK, effective_ids=_EFFECTIVE) and os.access(
        path.parent, os.W_OK, effective_ids=_EFFECTIVE
    )


_EFFECTIVE = os.access in os.supports_effective_ids


def _look(path: Path) -> os.stat_result:
    try:
        return path.lstat()
    except FileNotFoundError as problem:
        raise failure.missing(path) from problem
    except OSError as problem:
        raise failure.from_os(path, problem) from problem


def _check_owner(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise failure.unsafe(
            path,
            f"belongs to user {found.st_uid}, not to user {os.geteuid()} who runs this",
            "run as its owner, or name a file of your own",
        )


def _tighten(path: Path, mode: int) -> None:
    try:
        path.chmod(mode)
    except OSError:
        # On a read-only filesystem the mode cannot be helped, and nobody can write there either.
        return


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """Make an empty 0600 file beside another under a name nobody can foresee, and clear it away afterwards."""
    made = path.with_name(f".{path.name}.new-{os.urandom(8).hex()}")
    os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE))
    try:
        yield made
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{made}{suffix}").unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Make sure that a file or a folder is on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
