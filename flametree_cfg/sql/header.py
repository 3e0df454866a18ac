"""The first hundred bytes of a database file: whose it is, before SQLite touches it."""

from __future__ import annotations

import os
from pathlib import Path

from flametree_cfg.sql import failure
from flametree_cfg.sql.migration import Application

_MAGIC = b"SQLite format 3\x00"
_SIZE = 100


def check_header(path: Path, application: Application) -> None:
    """
    Make sure whose file it is.

    An empty or cut file is never taken for a new database: that would plan to make everything anew.

    Raises:
        StorageFailed: unreadable, empty, cut, no SQLite file, or another program's.

    Source: reliability.md S-04.
    """
    head = _head(path)
    if not head:
        raise failure.damaged(path, "the file is empty")
    if not _MAGIC.startswith(head[:16]):
        raise failure.foreign(path, f"not a {application.name} of flametree-cfg")
    if len(head) < _SIZE:
        raise failure.damaged(path, "the file is cut short")
    # The file is given its mark before it gets its name, so the mark is never only in the -wal.
    if int.from_bytes(head[68:72], "big") != application.mark:
        raise failure.foreign(path, f"a database, but not a {application.name} of flametree-cfg")


def _head(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return os.read(handle, _SIZE)
        finally:
            os.close(handle)
    except OSError as problem:
        raise failure.from_os(path, problem) from problem
