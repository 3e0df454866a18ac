"""Put contents into a person's files: the old one or the new one is there at every moment, never a part."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from flametree_cfg.config.problem import problem
from flametree_cfg.config.source import Budget, Folder
from flametree_cfg.errors import ConfigInvalid, FlametreeError, Location, error

_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class NewContent(Struct, frozen=True):
    """What a file shall hold; `before` is what was read there, None where there was no file."""

    name: str
    before: bytes | None
    after: bytes


def rewrite(folder: Folder, name: str, before: bytes | None, after: bytes) -> None:
    """
    Replace a file's content, or make the file; as `rewrite_all`.

    Args:
        folder: open; nothing outside of it is touched.
        name: of a regular file in it.
        before: what was read there; None where there was no file.
        after: what shall be there.
    """
    rewrite_all(folder, [NewContent(name, before, after)])


def rewrite_all(folder: Folder, contents: Sequence[NewContent]) -> None:
    """
    Write files: each whole or not at all, in the order given, none before all fit on the disk.

    Mode and, where that is allowed, owner stay.

    Raises:
        ConfigInvalid: one says something else than what was read, or is there although none was (`files-changed`), or
            is no regular file any more.
        FlametreeError: one cannot be written; it is as it was, those before it in the order may have been written.

    Source: reliability.md T-02.
    """
    for one in contents:
        if _now(folder, one.name) != one.before:
            raise _changed(folder, one.name)
    waiting = {one.name: f".{one.name}.{os.getpid()}.tmp" for one in contents}
    try:
        for one in contents:
            with _told(folder, one.name):
                _fill(folder, one, waiting[one.name])
        for one in contents:
            with _told(folder, one.name):
                _place(folder, one, waiting[one.name])
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


def _fill(folder: Folder, content: NewContent, waiting: str) -> None:
    """Write the file that is about to take its place."""
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


def _place(folder: Folder, content: NewContent, waiting: str) -> None:
    """Put the file in its place; a new one never over one that somebody made meanwhile."""
    here = folder.descriptor
    if content.before is not None:
        os.replace(waiting, content.name, src_dir_fd=here, dst_dir_fd=here)
        return
    try:
        os.link(waiting, content.name, src_dir_fd=here, dst_dir_fd=here)
    except FileExistsError:
        raise _changed(folder, content.name) from None


def _changed(folder: Folder, name: str) -> ConfigInvalid:
    return ConfigInvalid(problem("files-changed", Location(folder.label_of(name))))


@contextmanager
def _told(folder: Folder, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise not_written(folder.label_of(name), failure) from failure


def not_written(label: str, failure: OSError) -> FlametreeError:
    """Say that a file could not be written, or a folder not made."""
    return FlametreeError(
        error(
            "file-not-written",
            "File could not be written",
            os.strerror(failure.errno) if failure.errno else "",
            "it is as it was; make room, or check the permissions of its folder, and run this again",
            location=Location(label),
        )
    )
