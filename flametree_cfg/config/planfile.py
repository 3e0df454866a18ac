"""Plan files on disk: written whole or not at all, read only as far as one can be long."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from flametree_cfg.config.source import printable
from flametree_cfg.errors import Diagnostic, FlametreeError, PlanStale, error

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


def is_plan_file(path: str) -> bool:
    """Tell whether a path a person typed means a plan file: it is a file, or ends as one and is no folder."""
    return os.path.isfile(path) or (path.endswith(".json") and not os.path.isdir(path))  # noqa: PTH112, PTH113  # never raises


def read_plan_file(path: str, limit: int) -> bytes:
    """
    Read a plan file.

    Args:
        path: as typed.
        limit: bytes; a larger file is none.

    Raises:
        PlanStale: it is missing, no regular file, too large or unreadable.
    """
    try:
        descriptor = os.open(path, _READ)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise PlanStale(_unreadable(path, "it is no regular file"))
            if found.st_size > limit:
                raise PlanStale(_unreadable(path, f"it is larger than {limit:,} bytes"))
            return file.read(limit + 1)
    except (OSError, ValueError) as failure:
        raise PlanStale(_unreadable(path, getattr(failure, "strerror", None) or "it is no path")) from failure


def write_plan_file(path: str, data: bytes) -> None:
    """
    Write a plan file, readable by its owner alone: it holds instructions and settings of a tenant.

    Raises:
        FlametreeError: it cannot be written; what was there is as it was.
    """
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(data)
        beside.replace(target)
    except (OSError, ValueError) as failure:
        with contextlib.suppress(OSError, ValueError):
            beside.unlink()
        reason = getattr(failure, "strerror", None) or "it is no path"
        raise FlametreeError(
            error(
                "plan-file-failed",
                "The plan file could not be written",
                f"--out {printable(path)}: {reason}",
                "name a file in a folder that exists and that you may write to",
            )
        ) from failure


def _unreadable(path: str, detail: str) -> Diagnostic:
    return error(
        "bad-plan-file",
        "This is no plan to apply",
        f"{printable(path)}: {detail}",
        "name a file that `plan --out` wrote",
    )
