"""Put several files in a folder: all of them are ready before the first takes its place."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flametree_cfg.config.problem import problem
from flametree_cfg.config.source import Budget, Folder, open_folder, printable
from flametree_cfg.errors import ConfigInvalid, FlametreeError, Location, error

_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class NewContent:
    """What a file shall hold; `before` is what was read there, None where there was no file."""

    name: str
    before: bytes | None
    after: bytes


@contextmanager
def make_folder(path: str) -> Iterator[Folder]:
    """
    Open a folder, made where there is none; those above it too.

    Raises:
        ConfigInvalid: it is no folder, a symbolic link, or leads through one.
        FlametreeError: it cannot be made.
    """
    above, name = os.path.split(os.path.normpath(path))
    if not os.path.lexists(path) and name not in ("", ".", ".."):
        with make_folder(above or ".") as parent:
            try:
                with contextlib.suppress(FileExistsError):  # somebody was faster
                    os.mkdir(name, 0o777, dir_fd=parent.descriptor)
            except OSError as failure:
                raise _not_written(printable(path), failure) from failure
    with open_folder(path) as folder:
        yield folder


def write_all(folder: Folder, contents: Sequence[NewContent]) -> None:
    """
    Write files: whole or not at all each, in the order given, none before all fit on the disk.

    Raises:
        ConfigInvalid: one says something else than what was read, or is there although none was (`files-changed`).
        FlametreeError: one cannot be written; those before it in the order may have been.
    """
    for one in contents:
        if _now(folder, one.name) != one.before:
            raise ConfigInvalid(problem("files-changed", Location(folder.label_of(one.name))))
    waiting = {one.name: f".{one.name}.{os.getpid()}.tmp" for one in contents}
    try:
        for one in contents:
            with _told(folder, one.name):
                _fill(folder, one, waiting[one.name])
        for one in contents:
            with _told(folder, one.name):
                _place(folder, waiting[one.name], one.name)
        with contextlib.suppress(OSError):
            os.fsync(folder.descriptor)
    finally:
        for name in waiting.values():
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=folder.descriptor)


def _now(folder: Folder, name: str) -> bytes | None:
    try:
        os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return folder.read(name, Budget())


def _place(folder: Folder, waiting: str, name: str) -> None:
    os.replace(waiting, name, src_dir_fd=folder.descriptor, dst_dir_fd=folder.descriptor)


def _fill(folder: Folder, content: NewContent, waiting: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(waiting, dir_fd=folder.descriptor)  # of a run that was killed: containers reuse numbers
    known = None
    if content.before is not None:
        known = os.stat(content.name, dir_fd=folder.descriptor, follow_symlinks=False)
    descriptor = os.open(waiting, _MAKE, 0o666 if known is None else 0o600, dir_fd=folder.descriptor)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.after)
        file.flush()
        if known is not None:
            with contextlib.suppress(PermissionError):
                os.fchown(descriptor, known.st_uid, known.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(known.st_mode))
        os.fsync(descriptor)


@contextmanager
def _told(folder: Folder, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise _not_written(folder.label_of(name), failure) from failure


def _not_written(label: str, failure: OSError) -> FlametreeError:
    return FlametreeError(
        error(
            "file-not-written",
            "File could not be written",
            os.strerror(failure.errno) if failure.errno else "",
            "make room, or check the permissions of its folder, and pull again: what is missing is added",
            location=Location(label),
        )
    )


def schema_beside(folder: str) -> str:
    """Say where editors find the schema: the repository's `schemas/tenant.json`, relative to a tenant's folder."""
    here = Path(os.path.realpath(folder))
    for level, above in enumerate(here.parents, 1):
        if (above / "schemas" / "tenant.json").is_file():
            return "../" * level + "schemas/tenant.json"
    return "../../schemas/tenant.json"
