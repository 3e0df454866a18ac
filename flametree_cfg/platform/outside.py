"""What the embedded registry takes from outside: clock and chance. The only place of this room that reads them."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime


def timestamp() -> str:
    """Give the time as UTC in ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def tag() -> str:
    """Make a text of chance that was never before."""
    return uuid.uuid4().hex


class Ids:
    """
    Makes UUIDs of version 7, each greater than the one before, also in the same millisecond.

    Rows that are made together then stand together in every index: with ids in no order, each of a long apply's
    transactions would touch nearly every page.
    """

    def __init__(self) -> None:
        self._last = (0, 0)

    def new(self) -> str:
        """Make an id."""
        chance, now = uuid.uuid4().int, time.time_ns() // 1_000_000
        since, number = self._last
        # A clock that stands still or goes back changes nothing: the next number after the last one is taken.
        self._last = (now, chance & _START) if now > since else (since, number + 1 + (chance & _STEP))
        since, number = self._last
        high, low = number >> _LOW, number & ((1 << _LOW) - 1)
        return str(uuid.UUID(int=since << 80 | 7 << 76 | high << 64 | 2 << 62 | low))


_LOW = 62  # of the 74 bits that are a version-7 id's own, so many stand behind its variant
_START = (1 << 73) - 1  # leaves room for those that follow in the same millisecond
_STEP = (1 << 32) - 1
