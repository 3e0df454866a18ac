"""Named points where a test kills or stops the process, to prove that nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
from collections import Counter

POINTS = (
    "before-lock",
    "after-lock",
    "before-journal",
    "after-journal",
    "before-platform",
    "after-platform",
    "before-ledger",
    "after-ledger",
    "before-settle",
    "before-settled",
    "after-settle",
    "before-unlock",
    "after-unlock",
)
"""In the order an apply passes them."""

_passes: Counter[str] = Counter()


def point(name: str) -> None:
    """
    Die here by SIGKILL, or stop, if a test asked for it; otherwise do nothing.

    `FLAMETREE_CRASH_AT=after-journal:3` means the third pass; without a number the first. With `FLAMETREE_STOP_AT` the
    process stands still until somebody continues it. Needs
    `FLAMETREE_TESTING=1` as well, so that no stray variable kills a real apply.
    """
    wanted, by = os.environ.get("FLAMETREE_CRASH_AT"), signal.SIGKILL
    if not wanted:
        wanted, by = os.environ.get("FLAMETREE_STOP_AT"), signal.SIGSTOP
    if not wanted or os.environ.get("FLAMETREE_TESTING") != "1":
        return
    place, _, number = wanted.partition(":")
    if place != name:
        return
    _passes[name] += 1
    if _passes[name] == int(number or "1"):
        os.kill(os.getpid(), by)
