"""
Run checks: each within its deadline, few at a time for one host, not too many in all.

Imports asyncio, and httpx when a call is made.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flametree_cfg.model import Health
from flametree_cfg.probe.answer import read_answer
from flametree_cfg.probe.call import Call, make_call
from flametree_cfg.probe.judging import judge
from flametree_cfg.probe.limits import Limits
from flametree_cfg.probe.lookup import Resolve
from flametree_cfg.probe.policy import Policy
from flametree_cfg.probe.quiet import quiet
from flametree_cfg.probe.result import Finding, NoCall, Request, Result, Verdict
from flametree_cfg.probe.wording import worded

if TYPE_CHECKING:
    from flametree_cfg.probe.door import Door


async def run_all(requests: Iterable[Request], policy: Policy, limits: Limits, resolve: Resolve) -> tuple[Result, ...]:
    """
    Check many, several at once; one result for each request, in their order.

    Raises:
        WrongUsage: the policy's authorities cannot be read.
    """
    with quiet():
        async with _open(policy, limits, resolve) as run, asyncio.TaskGroup() as tasks:
            results = [tasks.create_task(run.check(request)) for request in requests]
    return tuple(task.result() for task in results)


@asynccontextmanager
async def _open(policy: Policy, limits: Limits, resolve: Resolve) -> AsyncIterator[_Run]:
    from flametree_cfg.probe.door import Door

    door = Door(policy, resolve)
    try:
        yield _Run(door, policy, limits, asyncio.Semaphore(limits.total))
    finally:
        await door.aclose()


@dataclass
class _Run:
    """What the checks of one run share."""

    door: Door
    policy: Policy
    limits: Limits
    slots: asyncio.Semaphore
    hosts: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hosts = defaultdict(lambda: asyncio.Semaphore(self.limits.host))

    async def check(self, request: Request) -> Result:
        """Check one object, all its accounts if it has several."""
        if request.check is None or request.check["kind"] != "http":
            return _result(request, _never(request))
        if "per" not in request.check:
            return await self._one(request)
        parts = _parts(request, request.check["per"])
        async with asyncio.TaskGroup() as tasks:
            each = [tasks.create_task(self._one(part)) for part in parts]
        return _together(request, [task.result() for task in each])

    async def _one(self, request: Request) -> Result:
        from flametree_cfg.probe.door import shown

        try:
            call = make_call(request, self.policy.endpoints.get(request.type, ""))
            where = shown(call.url)
        except NoCall as reason:
            return _result(request, reason.verdict)
        # A slot of the run is taken only with one of the host in hand: a slow host must not hold them all.
        async with self.hosts[where], self.slots:
            begun = time.monotonic()
            verdict = await self._verdict(call, request.check or {}, where)
            return _result(request, verdict, call.hidden, time.monotonic() - begun)

    async def _verdict(self, call: Call, check: Mapping[str, Any], where: str) -> Verdict:
        from flametree_cfg.probe.failing import explain

        try:
            async with asyncio.timeout(self.limits.deadline_s):
                response = await self.door.send(call, self.limits.deadline_s)
                try:
                    answer = await read_answer(response.status_code, response.headers, response.aiter_raw())
                finally:
                    await response.aclose()
        except Exception as problem:  # noqa: BLE001  # its text may hold a key, and the other checks go on
            return explain(problem, where, self.limits.deadline_s)
        return judge(check, answer, where)


def _never(request: Request) -> Verdict:
    kind = request.check["kind"] if request.check else ""
    how = f" over {kind}" if kind else ""
    return Verdict(Health.NOT_CHECKED, Finding.NEVER, f"the type {request.type} is not checked{how}")


def _result(request: Request, verdict: Verdict, hidden: tuple[str, ...] = (), duration_s: float = 0.0) -> Result:
    message = worded(verdict.sentence, (*request.secrets, *hidden))
    return Result(request.subject, verdict.health, verdict.finding, message, duration_s)


def _parts(request: Request, setting: str) -> list[Request]:
    """Give one request for each account: its fields are then settings."""
    accounts = request.settings.get(setting)
    shared = {name: value for name, value in request.settings.items() if name != setting}
    listed = accounts if isinstance(accounts, list | tuple) else ()
    return [replace(request, settings={**shared, **account}) for account in listed if isinstance(account, Mapping)]


def _together(request: Request, results: list[Result]) -> Result:
    """Give the worst of several accounts; it says which one it is."""
    if not results:
        return _result(request, Verdict(Health.NOT_CHECKED, Finding.INCOMPLETE, "there is no account to check"))
    order = (Health.UNHEALTHY, Health.NOT_CHECKED, Health.HEALTHY)
    at, worst = min(enumerate(results), key=lambda item: order.index(item[1].health))
    longest = max(result.duration_s for result in results)
    if len(results) == 1 or worst.health is Health.HEALTHY:
        return replace(worst, duration_s=longest)
    message = worded(f"account {at + 1} of {len(results)}: {worst.message}", request.secrets)
    return replace(worst, message=message, duration_s=longest)
