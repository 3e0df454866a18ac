"""The room's way in: what others call. What costs time to import is imported where a check runs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from flametree_cfg.probe.limits import DEADLINE_S, Limits
from flametree_cfg.probe.policy import Policy
from flametree_cfg.probe.result import Request, Result

if TYPE_CHECKING:
    from flametree_cfg.probe.lookup import Resolve

T = TypeVar("T")


async def probe(
    request: Request, policy: Policy, deadline_s: float = DEADLINE_S, *, resolve: Resolve | None = None
) -> Result:
    """
    Check one connector or channel; never raises for what the other side does.

    Raises:
        WrongUsage: the policy's authorities cannot be read.
    """
    found = await probe_all([request], policy, Limits(deadline_s=deadline_s), resolve=resolve)
    return found[0]


async def probe_all(
    requests: Iterable[Request],
    policy: Policy,
    limits: Limits | None = None,
    *,
    told: Callable[[Result], None] = lambda _: None,
    resolve: Resolve | None = None,
) -> tuple[Result, ...]:
    """
    Check many, several at once.

    Args:
        requests: what to check.
        policy: where calls may go.
        limits: how much at once, and how long.
        told: hears each result as soon as there is one, in the order they come.
        resolve: from a name to its addresses; the system's if not given.

    Returns:
        One result for each request, in their order.

    Raises:
        WrongUsage: the policy's authorities cannot be read.
    """
    from flametree_cfg.probe.lookup import look_up
    from flametree_cfg.probe.run import run_all

    return await run_all(requests, policy, limits or Limits(), resolve or look_up, told)


def check_all(
    requests: Iterable[Request],
    policy: Policy,
    limits: Limits | None = None,
    *,
    told: Callable[[Result], None] = lambda _: None,
) -> tuple[Result, ...]:
    """Do the same for a caller that is not asynchronous."""
    return in_a_loop(lambda: probe_all(requests, policy, limits, told=told))


def in_a_loop(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """
    Run to its end what needs an event loop, in one of its own; in another thread where this one has a loop that runs.

    Without asyncio's debug mode, whatever the environment says: it logs the arguments of callbacks.
    """
    import asyncio

    def run() -> T:
        with asyncio.Runner(debug=False) as runner:
            return runner.run(make())

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(run).result()
