"""The digest of a large plan is made by a process beside the one that draws it: it is the same digest."""

from __future__ import annotations

import pytest

from flametree_cfg.engine.digesting import WORTH_IT
from tests.scenario.running import CORES, Zoo, with_one_core

START = """
    import os, signal, sys
    from flametree_cfg.engine.options import Options
    from flametree_cfg.engine.planning import make_plans
    from flametree_cfg.plan import plan_digest

    forks = []
    os.register_at_fork(before=lambda: forks.append(1))

    def alone():
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True

    def right(results):
        return [one.digest for one in results] == [plan_digest(one.plan) if one.plan else "" for one in results]
"""


@pytest.fixture(scope="module")
def zoos(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """Give tenants that were never applied: two that are large together, a small one, one that cannot be read."""
    zoo = Zoo(tmp_path_factory.mktemp("zoos"))
    zoo.declare("connectors:\n" + "".join(map(_connector, range(WORTH_IT - 1))))
    zoo.declare("connectors:\n" + _connector(0), tenant="ant")
    zoo.declare("connectors:\n" + _connector(0), tenant="bee")
    zoo.declare("connectors: [\n", tenant="cat")
    return zoo


def _connector(number: int) -> str:
    return f'  c-{number}: {{type: api_key, name: C {number}, settings: {{api_key: "${{env:OTHER_KEY}}"}}}}\n'


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_plan_says_the_same(zoos: Zoo, form: str) -> None:
    """Whether another process made the digests or this one, in whatever form they are shown."""
    plan = ("plan", "tenants", "--format", form)

    assert zoos.process(*plan) == zoos.process(*plan, first=with_one_core)


def test_all_that_are_large_together(zoos: Zoo) -> None:
    """One process makes all digests; each stands at its tenant."""
    said = zoos.python(
        START,
        """
        results = make_plans(["tenants"], Options())
        print(right(results), right(results), len({one.digest for one in results}), len(forks), alone())
        """,
    )
    assert said == f"True True 4 {int(CORES > 1)} True\n"


def test_what_is_small_needs_nobody(zoos: Zoo) -> None:
    """A digest of few operations is made where it is asked for."""
    said = zoos.python(START, "results = make_plans(['tenants/zoo'], Options()); print(right(results), len(forks))")

    assert said == "True 0\n"


def test_nobody_stays_who_is_not_asked(zoos: Zoo) -> None:
    """The process ends with the last who could ask it."""
    assert zoos.python(START, "results = make_plans(['tenants'], Options()); del results; print(alone())") == "True\n"


def test_one_that_dies_costs_nothing_but_time(zoos: Zoo) -> None:
    """The digests are made by the one that asks."""
    said = zoos.python(
        START,
        """
        os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGKILL))
        results = make_plans(["tenants"], Options())
        print(right(results), alone())
        """,
    )
    assert said == "True True\n"
