"""A lock that the operating system frees when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from pathlib import Path

from flametree_cfg.sql import failure

_PLAIN = re.compile(r"[a-z0-9_-]{1,64}")


def lock_path(database: Path, tenant: str) -> Path:
    """Name the lock file of a tenant; a name that might not be a file name is hashed."""
    name = tenant if _PLAIN.fullmatch(tenant) else "~" + hashlib.sha256(tenant.encode("utf-8", "replace")).hexdigest()
    return database.with_name(f"{database.name}.lock-{name[:65]}")


class LockFile:
    """
    An exclusive `flock` on a file of its own, which is there only while it is held (or its holder was killed).

    Each instance excludes every other one, in this process as in others.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """
        Try once.

        Raises:
            StorageFailed: the file cannot be made.
        """
        while self._handle is None:
            try:
                handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            except OSError as problem:
                raise failure.from_os(self.path, problem) from problem
            if not _lock(handle):
                os.close(handle)
                return False
            if _is_at(handle, self.path):
                self._handle = handle
            else:  # its last holder took the file away between our opening and locking it
                os.close(handle)
        return True

    def free(self) -> None:
        """Let go, if held; the file is taken away while it is still locked, so that nobody can have it by then."""
        if self._handle is not None:
            if _is_at(self._handle, self.path):
                self.path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None


def is_held(path: Path) -> bool:
    """Tell whether some process holds the lock now."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except OSError:
        return False
