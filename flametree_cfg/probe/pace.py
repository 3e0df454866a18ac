"""Ask one host a few times at once, and not too often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from flametree_cfg.probe.limits import Limits
from flametree_cfg.probe.outside import fraction

_SPREAD = 0.5  # of a wait, by chance on top of it: many who wait for the same second do not meet in it


@dataclass(slots=True)
class Pace:
    """What the checks of one host share."""

    limits: Limits
    _free_at: float = 0.0
    _slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.limits.host)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a slot of the host, then until the next call to it is due."""
        async with self._slots:
            wait_s = self._due_in(asyncio.get_running_loop().time())
            if wait_s > 0:
                await asyncio.sleep(wait_s * (1 + _SPREAD * fraction()))
            yield

    def _due_in(self, now: float) -> float:
        """Count one more call, and give the seconds until it may begin: a bucket of `host_burst` that refills."""
        apart_s = 1 / self.limits.host_per_s
        self._free_at = max(self._free_at, now) + apart_s
        return self._free_at - now - self.limits.host_burst * apart_s
