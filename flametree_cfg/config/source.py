"""Folders and files of the person, opened so that nothing but a regular file below them is ever read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from msgspec import Struct

from flametree_cfg.config.problem import problem
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location

MAX_FILE = 5_000_000  # bytes
MAX_FILES = 10_000  # of one run
MAX_TREE = 100_000_000  # bytes of one run

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # non-blocking: a FIFO put here late cannot hang us


class Budget:
    """How much one run may still read."""

    __slots__ = ("_bytes", "_files")

    def __init__(self) -> None:
        self._files = 0
        self._bytes = 0

    def spend(self, size: int, file: Callable[[], str]) -> None:
        """
        Count a file that is about to be read; `file` tells what to call it.

        Raises:
            ConfigInvalid: too many, or too much together.
        """
        self._files += 1
        self._bytes += size
        if self._files > MAX_FILES:
            raise ConfigInvalid(problem("too-many-files", Location(file()), f"more than {MAX_FILES:,}"))
        if self._bytes > MAX_TREE:
            raise ConfigInvalid(problem("tree-too-large", Location(file()), f"more than {MAX_TREE:,} bytes"))

    def spend_again(self, size: int, file: str) -> None:
        """
        Count the bytes of a file that was read before and is merged once more.

        Raises:
            ConfigInvalid: too much together.
        """
        self._files -= 1
        self.spend(size, lambda: file)

    def spent(self) -> tuple[int, int]:
        """Tell how many files and bytes were read."""
        return self._files, self._bytes

    def back_to(self, spent: tuple[int, int]) -> None:
        """Count anew from there, because the same files are read once more."""
        self._files, self._bytes = spent


class Entry(Struct, frozen=True):
    """One name in a folder; a symbolic link is never a file or a folder here, whatever it leads to."""

    name: str
    is_file: bool
    is_folder: bool
    is_link: bool
    leads_to_folder: bool = False


class Folder(Struct, frozen=True):
    """An open folder; what is below is opened relative to it, so that swapping it for a link changes nothing."""

    label: str
    descriptor: int

    def label_of(self, name: str) -> str:
        """Say what to call something in it: as a person would type it."""
        return printable(_prefix(self.label) + name)

    def entries(self) -> list[Entry]:
        """List what is in it, sorted by name; names that begin with a dot are left out."""
        try:
            with os.scandir(self.descriptor) as found:
                entries = [_entry(one) for one in found if not one.name.startswith(".")]
        except OSError as failure:
            raise ConfigInvalid(problem("unreadable", Location(self.label), _reason(failure))) from failure
        return sorted(entries, key=lambda entry: entry.name)

    def read(self, name: str, budget: Budget) -> bytes:
        """
        Read a file whole.

        Raises:
            ConfigInvalid: no regular file, a symbolic link, too large, or unreadable.
        """
        try:
            descriptor = os.open(name, _FILE, dir_fd=self.descriptor)
        except OSError as failure:
            raise ConfigInvalid(_why_not(failure, self.label_of(name))) from failure
        try:
            return _read_all(descriptor, lambda: self.label_of(name), budget)
        except OSError as failure:
            raise ConfigInvalid(problem("unreadable", Location(self.label_of(name)), _reason(failure))) from failure
        finally:
            os.close(descriptor)


@lru_cache(maxsize=16)
def _prefix(label: str) -> str:
    """Give what stands before the names of a folder's entries; `.` and `..` stay as typed."""
    normal = os.path.normpath(label)
    return "" if normal == "." else normal if normal.endswith("/") else f"{normal}/"


@contextmanager
def open_folder(path: str) -> Iterator[Folder]:
    """
    Open the folder a person named; below the current directory no part of its path may be a symbolic link.

    Raises:
        ConfigInvalid: it is missing, no folder, a symbolic link, or unreadable.
    """
    label = _as_typed(path)
    descriptor = _descend(label)
    try:
        yield Folder(printable(label), descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def open_below(parent: Folder, name: str) -> Iterator[Folder]:
    """
    Open a folder inside another one.

    Raises:
        ConfigInvalid: as `open_folder`.
    """
    label = parent.label_of(name)
    descriptor = _open_folder(name, label, parent.descriptor)
    try:
        yield Folder(label, descriptor)
    finally:
        os.close(descriptor)


def printable(label: str) -> str:
    """Make a path safe to print: bytes that are no text and characters that do not print become escapes."""
    if label.isprintable():
        return label
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in label)


def _as_typed(path: str) -> str:
    """Give a path relative to the current directory where it lies below it, else as typed."""
    normal = os.path.normpath(path) if path else path
    try:
        here = os.getcwd()  # noqa: PTH109  # text is what we compare
    except OSError:  # it was deleted under us
        return normal
    return os.path.relpath(normal, here) if normal == here or normal.startswith(here.rstrip("/") + "/") else normal


def _descend(label: str) -> int:
    """Open a path step by step, each step refusing links; above the current directory only the last step does."""
    if label == ".." or label.startswith(("/", "../")):
        return _open_folder(label, label, None)
    descriptor = _open_folder(".", label, None)
    for step in label.split("/"):
        above = descriptor
        try:
            descriptor = _open_folder(step, label, above)
        finally:
            os.close(above)
    return descriptor


def _open_folder(name: str, label: str, parent: int | None) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=parent)
    except (OSError, ValueError) as failure:
        if isinstance(failure, ValueError) or failure.errno != errno.ENOTDIR:
            raise ConfigInvalid(_why_not(failure, printable(label))) from failure
        code = "symlink" if _is_link(name, parent) else "not-a-folder"
        raise ConfigInvalid(problem(code, Location(printable(label)))) from failure


def _is_link(name: str, parent: int | None) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _why_not(failure: OSError | ValueError, label: str) -> Diagnostic:
    match getattr(failure, "errno", None):
        case errno.ELOOP:
            code = "symlink"
        case errno.ENOENT | None:
            code = "no-such-path"
        case errno.ENXIO | errno.ENODEV:
            code = "not-a-file"
        case _:
            return problem("unreadable", Location(label), _reason(failure))
    return problem(code, Location(label))


def _reason(failure: Exception) -> str:
    return os.strerror(failure.errno) if isinstance(failure, OSError) and failure.errno else "no readable path"


def _entry(found: os.DirEntry[str]) -> Entry:
    link = found.is_symlink()
    return Entry(
        found.name,
        is_file=found.is_file(follow_symlinks=False),
        is_folder=found.is_dir(follow_symlinks=False),
        is_link=link,
        leads_to_folder=link and _leads_to_folder(found),
    )


def _leads_to_folder(link: os.DirEntry[str]) -> bool:
    try:
        return link.is_dir()
    except OSError:  # it leads to itself
        return False


def _read_all(descriptor: int, label: Callable[[], str], budget: Budget) -> bytes:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise ConfigInvalid(problem("not-a-file", Location(label())))
    if found.st_size > MAX_FILE:
        raise ConfigInvalid(_too_large(label()))
    budget.spend(found.st_size, label)
    data = os.read(descriptor, found.st_size + 1)
    while len(data) > found.st_size or not found.st_size:  # it grows, or it does not tell its size
        more = os.read(descriptor, MAX_FILE + 1 - len(data))
        data += more
        if len(data) > MAX_FILE:
            raise ConfigInvalid(_too_large(label()))
        if not more:
            break
    return data


def _too_large(label: str) -> Diagnostic:
    return problem("file-too-large", Location(label), f"more than {MAX_FILE:,} bytes")
