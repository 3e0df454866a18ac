"""Digests of plans: of large ones made in a process beside this one, while this one draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property, partial

from msgspec.structs import replace

from flametree_cfg.config.beside import Beside, begin, cores
from flametree_cfg.engine.options import PlanResult
from flametree_cfg.plan import Plan, plan_digest

WORTH_IT = 2_000  # operations: fewer are digested about as fast as a process is started


def digest_of(plan: Plan) -> Callable[[], str]:
    """Give what makes the digest of a plan, when it is first asked."""
    return cache(partial(plan_digest, plan))


def digested_beside(results: list[PlanResult]) -> list[PlanResult]:
    """
    Start on the digests of plans that are large together; what is given back waits for them where it is asked.

    No database is open here, as it must be when a process is split.
    """
    if sum(len(result.plan.approved) for result in results if result.plan) < WORTH_IT or cores() < 2:
        return results
    process = begin(lambda: "\n".join([result.digest for result in results]).encode())
    if process is None:
        return results
    digests = _Digests(process, [result.digested for result in results])
    return [replace(result, digested=partial(digests.digest, place)) for place, result in enumerate(results)]


class _Digests:
    """Digests that a process makes, in the order of what makes them where it has no answer."""

    def __init__(self, process: Beside, otherwise: Sequence[Callable[[], str]]) -> None:
        self._process = process
        self._otherwise = otherwise

    def digest(self, place: int) -> str:
        """Wait for the digest at a place."""
        return self._made[place] if self._made else self._otherwise[place]()

    @cached_property
    def _made(self) -> Sequence[str]:
        answer = self._process.answer()
        return answer.decode().split("\n") if answer else ()
