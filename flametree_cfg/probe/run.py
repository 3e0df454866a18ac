"""
Run checks: each within its deadline, few at a time for one host, not too many in all.

Imports asyncio, and httpx when a call is made.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.model import Health
from flametree_cfg.probe.attempt import Attempt, Means
from flametree_cfg.probe.kinds import prepare
from flametree_cfg.probe.limits import Limits
from flametree_cfg.probe.lookup import Resolve
from flametree_cfg.probe.pace import Pace
from flametree_cfg.probe.policy import Policy
from flametree_cfg.probe.quiet import quiet
from flametree_cfg.probe.reach import Reach
from flametree_cfg.probe.result import Finding, NoCall, Request, Result, Verdict
from flametree_cfg.probe.wording import worded

Told = Callable[[Result], None]


async def run_all(
    requests: Iterable[Request], policy: Policy, limits: Limits, resolve: Resolve, told: Told
) -> tuple[Result, ...]:
    """
    Check many, several at once; one result for each request, in their order.

    Args:
        requests: what to check.
        policy: where calls may go.
        limits: how much at once, and how long.
        resolve: from a name to its addresses.
        told: hears each result as soon as there is one.

    Raises:
        WrongUsage: the policy's authorities cannot be read.
    """
    with quiet():
        async with _open(policy, limits, resolve, told) as run, asyncio.TaskGroup() as tasks:
            results = [tasks.create_task(run.check(request)) for request in requests]
    return tuple(task.result() for task in results)


@asynccontextmanager
async def _open(policy: Policy, limits: Limits, resolve: Resolve, told: Told) -> AsyncIterator[_Run]:
    from flametree_cfg.probe.door import Door

    reach = Reach(policy, resolve)
    door = Door(reach)
    try:
        yield _Run(Means(door, reach, limits.deadline_s), limits, told, asyncio.Semaphore(limits.total))
    finally:
        await door.aclose()


class _Run(Struct, dict=True):
    """What the checks of one run share."""

    means: Means
    limits: Limits
    told: Told
    slots: asyncio.Semaphore
    hosts: dict[str, Pace] = field(default_factory=dict)

    async def check(self, request: Request) -> Result:
        """Check one object, all its accounts if it has several."""
        result = await self._checked(request)
        self.told(result)
        return result

    async def _checked(self, request: Request) -> Result:
        check = request.check
        if check is None or (check.get("on_request") and not request.asked):
            return _result(request, _never(request))
        if "per" not in check:
            return await self._one(request)
        parts = _parts(request, check["per"])
        async with asyncio.TaskGroup() as tasks:
            each = [tasks.create_task(self._one(part)) for part in parts]
        return _worst(request, [task.result() for task in each])

    async def _one(self, request: Request) -> Result:
        try:
            attempts = prepare(request, self.means.reach.policy)
        except NoCall as reason:
            return _result(request, reason.verdict)
        async with asyncio.TaskGroup() as tasks:
            each = [tasks.create_task(self._attempt(request, attempt)) for attempt in attempts]
        return _together(request, [task.result() for task in each])

    async def _attempt(self, request: Request, attempt: Attempt) -> Result:
        # A slot of the run is taken only with one of the host in hand: a slow host must not hold them all.
        pace = self.hosts.setdefault(attempt.where, Pace(self.limits))
        async with pace.turn(), self.slots:
            begun = time.monotonic()
            verdict = await self._verdict(attempt)
            return _result(request, verdict, attempt.hidden, time.monotonic() - begun)

    async def _verdict(self, attempt: Attempt) -> Verdict:
        from flametree_cfg.probe.failing import explain

        try:
            async with asyncio.timeout(self.limits.deadline_s):
                return await attempt.make(self.means)
        except Exception as problem:  # noqa: BLE001  # its text may hold a key, and the other checks go on
            return explain(problem, attempt.where, self.limits.deadline_s)


def _never(request: Request) -> Verdict:
    if request.check is None:
        return Verdict(Health.NOT_CHECKED, Finding.NEVER, f"the type {request.type} is not checked")
    return Verdict(Health.NOT_CHECKED, Finding.NOT_ASKED, f"the type {request.type} is checked only for who asks")


def _result(request: Request, verdict: Verdict, hidden: tuple[str, ...] = (), duration_s: float = 0.0) -> Result:
    message = worded(verdict.sentence, (*request.secrets, *hidden))
    return Result(request.subject, verdict.health, verdict.finding, message, duration_s)


def _parts(request: Request, setting: str) -> list[Request]:
    """Give one request for each account: its fields are then settings."""
    accounts = request.settings.get(setting)
    shared = {name: value for name, value in request.settings.items() if name != setting}
    listed = accounts if isinstance(accounts, list | tuple) else ()
    return [replace(request, settings={**shared, **account}) for account in listed if isinstance(account, Mapping)]


_ORDER = (Health.UNHEALTHY, Health.NOT_CHECKED, Health.HEALTHY)


def _together(request: Request, results: list[Result]) -> Result:
    """Give the worst of what one object needs; where all is well, all that was said."""
    worst = min(results, key=lambda result: _ORDER.index(result.health))
    longest = max(result.duration_s for result in results)
    if worst.health is not Health.HEALTHY or len(results) == 1:
        return replace(worst, duration_s=longest)
    message = worded("; ".join(result.message for result in results), request.secrets)
    return replace(worst, message=message, duration_s=longest)


def _worst(request: Request, results: list[Result]) -> Result:
    """Give the worst of several accounts; it says which one it is."""
    if not results:
        return _result(request, Verdict(Health.NOT_CHECKED, Finding.INCOMPLETE, "there is no account to check"))
    at, worst = min(enumerate(results), key=lambda item: _ORDER.index(item[1].health))
    longest = max(result.duration_s for result in results)
    if len(results) == 1 or worst.health is Health.HEALTHY:
        return replace(worst, duration_s=longest)
    message = worded(f"account {at + 1} of {len(results)}: {worst.message}", request.secrets)
    return replace(worst, message=message, duration_s=longest)
