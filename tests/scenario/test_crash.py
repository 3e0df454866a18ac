"""Killed at any point, the next apply finishes: nothing lost, nothing doubled, nobody needed."""

from __future__ import annotations

import signal

import pytest

from tests.scenario.running import Zoo
from tests.scenario.texts import AFTER, BEFORE

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


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """Give what an undisturbed apply reaches."""
    zoo = Zoo(tmp_path_factory.mktemp("undisturbed"))
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER)
    zoo.apply()
    return zoo.cards()


@pytest.mark.parametrize("point", POINTS)
def test_killed_while_changing_everything(zoo: Zoo, point: str, reached: list[dict[str, object]]) -> None:
    """An apply killed at a named point is finished by the next one."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER)
    killed = zoo.process("apply", "tenants/zoo", "--yes", FLAMETREE_CRASH_AT=point, FLAMETREE_TESTING="1")
    zoo.apply()

    assert killed.returncode == -signal.SIGKILL
    assert zoo.settled()
    assert zoo.cards() == reached


@pytest.mark.parametrize("point", POINTS)
def test_killed_on_the_first_apply(zoo: Zoo, point: str) -> None:
    """Also when neither ledger nor registry existed before."""
    zoo.declare(BEFORE)
    killed = zoo.process("apply", "tenants/zoo", "--yes", FLAMETREE_CRASH_AT=point, FLAMETREE_TESTING="1")
    zoo.apply()

    assert killed.returncode == -signal.SIGKILL
    assert zoo.settled()
    assert len(zoo.cards()) == 6


def test_what_was_open_is_told(zoo: Zoo) -> None:
    """The plan after a crash says that an apply was interrupted, and the next apply says what it settled."""
    zoo.declare(BEFORE)
    zoo.process("apply", "tenants/zoo", "--yes", FLAMETREE_CRASH_AT="after-platform", FLAMETREE_TESTING="1")
    planned = zoo.run("plan", "tenants/zoo")
    again = zoo.run("apply", "tenants/zoo", "--yes")

    assert "apply-interrupted" in planned.stdout
    assert "done before the interruption" in again.stderr


def test_crash_points_need_two_switches(zoo: Zoo) -> None:
    """Nobody crashes by one stray variable."""
    zoo.declare(BEFORE)

    assert zoo.process("apply", "tenants/zoo", "--yes", FLAMETREE_CRASH_AT="after-platform").returncode == 0
