"""What an apply takes from outside: clock, ids, who we are. The only place of the room with the real ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"


def _host() -> str:
    import socket

    return socket.gethostname()


def _new_run() -> str:
    import uuid

    return uuid.uuid4().hex


def _commit(folder: Path) -> str:
    """Name the commit of the configuration repository; empty outside git."""
    import subprocess

    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    seen = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}  # no secret gets into a child
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False, env=seen)  # noqa: S603  # fixed words
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


_JITTER = 0.1  # of a pause, either way: watchers that began together must not go on together


def _pause(about_s: float) -> None:
    import random
    import time

    time.sleep(about_s * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311  # nothing is kept secret by it


class Outside(Struct, frozen=True):
    """
    The outside, replaceable in tests.

    Attributes:
        now: UTC in ISO 8601, whole seconds.
        new_run: names a run for ever.
        user, host, pid: who runs this.
        commit: of the repository that holds a folder.
        pause: waits for about so many seconds.
    """

    now: Callable[[], str] = lambda: datetime.now(UTC).isoformat(timespec="seconds")
    new_run: Callable[[], str] = _new_run
    user: Callable[[], str] = _user
    host: Callable[[], str] = _host
    pid: Callable[[], int] = os.getpid
    commit: Callable[[Path], str] = _commit
    pause: Callable[[float], None] = _pause
