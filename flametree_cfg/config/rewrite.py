"""Put another content into a person's file: the old one or the new one is there at every moment, never a part."""

from __future__ import annotations

import contextlib
import os
import stat

from flametree_cfg.config.problem import problem
from flametree_cfg.config.source import Budget, Folder
from flametree_cfg.errors import ConfigInvalid, FlametreeError, Location, error

_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def rewrite(folder: Folder, name: str, before: bytes, after: bytes) -> None:
    """
    Replace a file's content; mode and, where that is allowed, owner stay.

    Args:
        folder: open; nothing outside of it is touched.
        name: of a regular file in it.
        before: what was read there.
        after: what shall be there.

    Raises:
        ConfigInvalid: it says something else meanwhile (`files-changed`), or is no regular file any more.
        FlametreeError: it cannot be written; it is as it was.

    Source: reliability.md T-02.
    """
    if folder.read(name, Budget()) != before:
        raise ConfigInvalid(problem("files-changed", Location(folder.label_of(name))))
    waiting = f".{name}.{os.getpid()}.tmp"
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(waiting, dir_fd=folder.descriptor)  # of a run that was killed: containers reuse numbers
        _fill(folder, name, waiting, after)
        os.replace(waiting, name, src_dir_fd=folder.descriptor, dst_dir_fd=folder.descriptor)
        os.fsync(folder.descriptor)
    except OSError as failure:
        raise FlametreeError(
            error(
                "file-not-written",
                "File could not be written",
                os.strerror(failure.errno) if failure.errno else "",
                "it is as it was; make room, or check the permissions of its folder",
                location=Location(folder.label_of(name)),
            )
        ) from failure
    finally:
        with contextlib.suppress(OSError):
            os.unlink(waiting, dir_fd=folder.descriptor)


def _fill(folder: Folder, name: str, waiting: str, data: bytes) -> None:
    """Write the file that is about to take the place of the other one."""
    known = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
    descriptor = os.open(waiting, _MAKE, 0o600, dir_fd=folder.descriptor)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, known.st_uid, known.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(known.st_mode))
        os.fsync(descriptor)
