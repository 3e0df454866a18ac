"""`${file:PATH}`: a file under the folder of tenants."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from flametree_cfg.secret.policy import Policy
from flametree_cfg.secret.unresolvable import Unresolvable

MAX_BYTES = 64 * 1024  # far more than any key or certificate chain

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Opening a FIFO must not wait for somebody to write to it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def resolve(name: str, policy: Policy) -> str:
    """
    Read a text file; one newline at its end does not count.

    Every folder on the way is opened by itself and no link is followed, so that nothing outside can be reached, not
    even by changing a folder while we walk. Hidden names are refused: `.flametree` holds our own key, `.git` the
    forge's.

    Raises:
        Unresolvable: outside the folder, a link, missing, too large, or no text.

    Source: reliability.md X-13.
    """
    if policy.file_root is None:
        raise Unresolvable("files may not be read here")
    parts = name.split("/")
    if any(part in ("", "..") or part.startswith(".") or "\0" in part for part in parts):
        raise Unresolvable(f"file {name} is not a plain path inside the folder of tenants")
    try:
        data = _read(policy.file_root, parts)
    except OSError as problem:
        raise Unresolvable(f"file {name} cannot be read: {_reason(problem)}") from problem
    if data is None:
        raise Unresolvable(f"file {name} is not a regular file of at most {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        # Not chained: the exception holds the bytes.
        raise Unresolvable(f"file {name} is not UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r")


def _read(root: Path, parts: list[str]) -> bytes | None:
    """Give the file's bytes; None if it is no regular file or too large."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        handle = os.open(parts[-1], _FILE, dir_fd=folder)
    finally:
        os.close(folder)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        data = file.read(MAX_BYTES + 1)
    return data if len(data) <= MAX_BYTES else None


def _reason(problem: OSError) -> str:
    return problem.strerror or type(problem).__name__
