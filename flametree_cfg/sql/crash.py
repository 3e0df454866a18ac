"""Named points where a test kills the process, to prove that nothing is lost or doubled."""

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
    "before-unlock",
    "after-unlock",
)
"""In the order an apply passes them."""

_passes: Counter[str] = Counter()


def point(name: str) -> None:
    """
    Die here by SIGKILL if a test asked for it; otherwise do nothing.

    `FLAMETREE_CRASH_AT=after-journal:3` means the third pass; without a number the first. Needs
    `FLAMETREE_TESTING=1` as well, so that no stray variable kills a real apply.
    """
    wanted = os.environ.get("FLAMETREE_CRASH_AT")
    if not wanted or os.environ.get("FLAMETREE_TESTING") != "1":
        return
    place, _, number = wanted.partition(":")
    if place != name:
        return
    _passes[name] += 1
    if _passes[name] == int(number or "1"):
        os.kill(os.getpid(), signal.SIGKILL)
