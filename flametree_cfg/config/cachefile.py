"""Files that only save time: whole or absent, of this very version, written by nobody else."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

MAX_SIZE = 1_000_000_000  # bytes: beyond it parsing again is the smaller evil

_MAGIC = "flametree-cfg cache 3"
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_IGNORE = "# What is here only saves time; delete it whenever you like.\n*\n"


def code_mark() -> str:
    """Tell one state of a checkout's code from another; an installed package never changes under its version."""
    package = Path(__file__).resolve().parent.parent
    if (package / "_schemas").is_dir():
        return ""
    folders = [package, *(one for one in package.iterdir() if one.is_dir())]
    files = [entry for folder in folders for entry in os.scandir(folder) if entry.name.endswith(".py")]
    return f"{max(entry.stat().st_mtime_ns for entry in files)} {len(files)}"


class CacheFolder(Struct, frozen=True):
    """
    A folder of such files.

    Whatever is wrong with one (cut, altered, another version's, somebody else's, unreadable) it counts as absent; what
    cannot be written is not. So no result depends on it, and nothing is ever raised.

    Attributes:
        path: made when something is first kept.
        key: names everything that decides whether a file is still good, in one line: version, catalog.
    """

    path: Path
    key: str

    def read(self, name: str) -> list[str] | None:
        """Give the lines that were kept under a name; None where there are none to trust."""
        try:
            data, start = self._read(name)
            return str(memoryview(data)[start:], "utf-8").split("\n")
        except (OSError, ValueError):
            return None

    def read_apart(self, name: str) -> tuple[bytes, memoryview] | None:
        """Give the first of the lines that were kept under a name, and the others as they are, both in UTF-8."""
        try:
            data, start = self._read(name)
            end = data.index(b"\n", start)
            return data[start:end], memoryview(data)[end + 1 :]
        except (OSError, ValueError):
            return None

    def _read(self, name: str) -> tuple[bytes, int]:
        """Read a file to trust, and tell where the lines begin; copying them would cost more than all that follows."""
        data = _read_own(self.path / name)
        end = data.index(b"\n")
        if data[:end] != self._head(name, memoryview(data)[end + 1 :]):
            raise ValueError("altered, or of another version")
        return data, end + 1

    def has(self, ending: str) -> bool:
        """Tell whether a file is there whose name ends so, whatever it is."""
        try:
            with os.scandir(self.path) as files:
                return any(file.name.endswith(ending) for file in files)
        except OSError:
            return False

    def keep(self, name: str, lines: Sequence[str]) -> bool:
        """Keep lines under a name, in the place of what was there; tell whether that worked."""
        body = "\n".join(lines).encode("utf-8")
        waiting = self.path / f"{name}.{os.getpid()}.tmp"
        try:
            self._make_folder()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(waiting)  # noqa: PTH108  # of a run that was killed: in a container all have one number
            descriptor = os.open(waiting, _MAKE, 0o600)
        except OSError:
            return False
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._head(name, body) + b"\n")
                file.write(body)
            os.replace(waiting, self.path / name)  # noqa: PTH105  # the pair of os.open above
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(waiting)  # noqa: PTH108  # the pair of os.open above
            return False
        return True

    def _head(self, name: str, body: bytes | memoryview) -> bytes:
        key = hashlib.sha256(f"{self.key}\n{name}".encode()).hexdigest()  # one copied over another is not it
        return f"{_MAGIC} {key} {hashlib.sha256(body).hexdigest()}".encode()

    def _make_folder(self) -> None:
        if not self.path.is_dir():
            self.path.mkdir(0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path / ".gitignore", _MAKE, 0o600))
                (self.path / ".gitignore").write_text(_IGNORE, encoding="utf-8")


def _read_own(path: Path) -> bytes:
    """Read a regular file that we own and that nobody else may touch: what came with a checkout is none."""
    descriptor = os.open(path, _READ)
    try:
        found = os.fstat(descriptor)
        mine = found.st_uid == os.geteuid() and not found.st_mode & 0o077
        if not mine or not stat.S_ISREG(found.st_mode) or found.st_size > MAX_SIZE:
            raise ValueError("no cache file of ours")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)
