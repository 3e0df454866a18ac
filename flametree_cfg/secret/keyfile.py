"""The master key: from `FLAMETREE_KEY`, or from a file beside the ledger that is made on first use."""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from flametree_cfg.errors import AccessDenied, StorageFailed, error

VARIABLE = "FLAMETREE_KEY"
SIZE = 32  # bytes

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_HOW = f"make one with `openssl rand -hex {SIZE}` and keep it: without it sealed secrets cannot be read"


def master_key(path: Path, *, create: bool) -> bytes | None:
    """
    Find the master key.

    An empty variable is what a runner makes of a secret it does not hand out (to a fork, say). Then there is no key,
    and none is made: another key would seal what the real one cannot open.

    Args:
        path: of the key file; not looked at when the variable is set.
        create: make the file if there is none.

    Returns:
        32 bytes; None where there is no key and none may be made.

    Raises:
        AccessDenied: the key is no key, or its file is open to others (`bad-key`, `unsafe-key`).
        StorageFailed: the file cannot be read or made.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return _parse(given, VARIABLE)
    if given is not None:
        if create:
            raise _bad(f"{VARIABLE} is set but empty")
        return None
    try:
        if not _is_there(path):
            if not create:
                return None
            _make(path)
        return _parse(_read(path), str(path))
    except OSError as problem:
        raise _unreadable(path, problem) from problem


def _is_there(path: Path) -> bool:
    """Tell missing from unreachable: a folder we may not enter must not get a second key."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _parse(text: str, source: str) -> bytes:
    """Read 32 bytes in hex or base64; the text is a key, so no message shows it."""
    text = text.strip()
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != SIZE:
        raise _bad(f"{source} is not {SIZE} bytes in hex or base64")
    return key


def _read(path: Path) -> str:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        if path.is_symlink():
            raise _unsafe(path, "it is a symbolic link") from None
        raise
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise _unsafe(path, "it is no regular file")
        if found.st_uid != os.geteuid():
            raise _unsafe(path, f"it belongs to user {found.st_uid}")
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise _unsafe(path, f"others may open it (mode {stat.S_IMODE(found.st_mode):04o})")
        return file.read(1024).decode("ascii", "replace")


def _make(path: Path) -> None:
    """Put a new key in place whole, durable, 0600 whatever the umask; another process may be faster, and wins."""
    for folder in reversed([one for one in path.parents if not os.path.lexists(one)]):
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    made = path.with_name(f".{path.name}.new-{os.urandom(8).hex()}")
    handle = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(base64.b64encode(os.urandom(SIZE)).decode("ascii") + "\n")
            file.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(made, path)
        _sync(path.parent)
    finally:
        made.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _bad(detail: str) -> AccessDenied:
    return AccessDenied(error("bad-key", "The master key is no key", detail, _HOW))


def _unsafe(path: Path, detail: str) -> AccessDenied:
    return AccessDenied(
        error(
            "unsafe-key",
            "The master key is not safe",
            f"{path}: {detail}",
            "make it a file of your own with mode 0600; if others could read it, make a new key and rotate the secrets",
        )
    )


def _unreadable(path: Path, problem: OSError) -> StorageFailed:
    return StorageFailed(
        error(
            "key-unreadable",
            "The master key cannot be read or made",
            f"{path}: {problem.strerror or type(problem).__name__}",
            f"check the folder's permissions, or set {VARIABLE}",
        )
    )
