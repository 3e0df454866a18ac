"""What this room takes from outside: clocks, ids, sleep, the machine's name. The only place with the real ones."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

LEASE_S = 60.0  # seconds a lock outlives a holder that was stopped: longer than any pause that heals by itself
POLL_S = 0.1  # seconds between two looks at a held lock

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def _boot() -> str:
    """Name this run of the machine; empty where it cannot be told."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


class World(Struct, frozen=True):
    """
    The outside, replaceable in tests.

    Attributes:
        now: UTC; told to people, never compared, except on a network filesystem.
        monotonic: seconds since the machine started, the same for all its processes; leases use it, so no change of
            the wall clock expires one (reliability.md L-08).
        boot: names the run of the machine that `monotonic` counts from.
        new_id: for lineages.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    new_id: Callable[[], str] = lambda: os.urandom(16).hex()
    boot: Callable[[], str] = _boot
    host: Callable[[], str] = lambda: os.uname().nodename
    pid: Callable[[], int] = os.getpid
    lease_s: float = LEASE_S
    poll_s: float = POLL_S


def timestamp(world: World) -> str:
    """Give the time as UTC in ISO 8601, to the second."""
    return world.now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
