"""Killed anywhere between stop and start, the next apply ends with everything running."""

from __future__ import annotations

import itertools
import os
import signal

import pytest

from flametree_cfg.sql.crash import POINTS
from tests.drift.hand import rewrite
from tests.lifecycle.botfather import BotFather
from tests.lifecycle.bots import bots, count, statuses
from tests.scenario.running import Zoo, ended

# Stop and write and start are three waves: each passes the points of a wave, the two waits pass theirs.
WAVES = ("before-journal", "after-journal", "before-platform", "after-platform", "before-ledger", "after-ledger")
WAITS = ("before-settle", "before-settled", "after-settle")
KILLS = [*itertools.product(WAVES, (1, 2, 3)), *itertools.product(WAITS, (1, 2, 3))]
ALL = {"channel.bot-1", "channel.bot-2", "agent.desk"}


def test_every_point_of_a_transition_is_here() -> None:
    """Only those around the lock are not: nothing is stopped there."""
    assert {*WAVES, *WAITS} == {one for one in POINTS if not one.endswith("lock")}


def kill(zoo: Zoo, point: str, time: int, *, running: str) -> int:
    """Apply, change everything, and be killed on the way; gives the exit code, 0 where the point is never passed."""
    zoo.declare(bots(2, running=running))
    zoo.apply()
    if not running:
        zoo.ok("start", "tenants/zoo", *sorted(ALL))
    zoo.declare(bots(2, token="NEW", instructions="Short.", running=running))
    killed = zoo.process("apply", "tenants/zoo", "--yes", FLAMETREE_CRASH_AT=f"{point}:{time}", FLAMETREE_TESTING="1")
    return killed.returncode


@pytest.mark.parametrize("running", ["running: true", ""], ids=["managed", "not-managed"])
@pytest.mark.parametrize(("point", "time"), KILLS)
def test_the_next_apply_ends_with_everything_running(
    zoo: Zoo, father: BotFather, point: str, time: int, running: str
) -> None:
    """Whatever the YAML says of running; each is stopped and started at most once more than planned."""
    code = kill(zoo, point, time, running=running)
    zoo.apply()

    assert code == -signal.SIGKILL
    assert set(statuses(zoo).values()) == {"RUNNING"}
    assert zoo.settled()
    for address in ALL:
        assert 1 <= count(zoo, address, "STOPPED") <= 2, address
        assert 2 <= count(zoo, address, "RUNNING") <= 3, address
    assert set(father.asked[-2:]) <= set(zoo.environment.values())


@pytest.mark.parametrize("point", ["after-journal", "after-platform", *WAITS, "after-ledger"])
def test_killed_on_the_first_apply(zoo: Zoo, point: str) -> None:
    """What was only started is not started twice."""
    zoo.declare(bots(2))
    killed = zoo.process("apply", "tenants/zoo", "--yes", FLAMETREE_CRASH_AT=point, FLAMETREE_TESTING="1")
    zoo.apply()

    assert killed.returncode == -signal.SIGKILL
    assert set(statuses(zoo).values()) == {"RUNNING"}
    assert zoo.settled()
    assert {count(zoo, address, "RUNNING") for address in ALL} == {1}


@pytest.mark.parametrize("running", ["running: true", ""], ids=["managed", "not-managed"])
@pytest.mark.parametrize(("point", "time"), [("after-platform", 1), ("after-settle", 1), ("after-ledger", 2)])
def test_a_saved_plan_goes_on_where_it_was_killed(zoo: Zoo, point: str, time: int, running: str) -> None:
    """The same file, applied again, writes what it stopped for, and starts it."""
    zoo.declare(bots(2, running=running))
    zoo.apply()
    if not running:
        zoo.ok("start", "tenants/zoo", *sorted(ALL))
    zoo.declare(bots(2, token="NEW", instructions="Short.", running=running))
    zoo.ok("plan", "tenants/zoo", "--out", "plan.json")
    killed = zoo.process("apply", "plan.json", FLAMETREE_CRASH_AT=f"{point}:{time}", FLAMETREE_TESTING="1")
    zoo.ok("apply", "plan.json")

    assert killed.returncode == -signal.SIGKILL
    assert set(statuses(zoo).values()) == {"RUNNING"}
    assert zoo.settled()
    assert {count(zoo, address, "STOPPED") for address in ALL} == {1}


def test_what_a_killed_apply_left_starting_is_told(zoo: Zoo) -> None:
    """A plan does not call it settled, however often it is asked; an apply does, afterwards."""
    zoo.declare(bots(2))
    zoo.process("apply", "tenants/zoo", "--yes", FLAMETREE_CRASH_AT="before-settle", FLAMETREE_TESTING="1")
    left = set(statuses(zoo).values())
    asked = [zoo.run("plan", "tenants/zoo", "--detailed-exitcode", *cache) for cache in ((), (), ("--no-cache",))]
    zoo.apply()
    after = zoo.run("plan", "tenants/zoo", "--detailed-exitcode")

    assert "STARTING" in left
    assert [(one.returncode, "still-moving" in one.codes) for one in asked] == [(2, True)] * 3
    assert (after.returncode, after.codes) == (0, set())


def test_what_others_left_starting_is_told(zoo: Zoo) -> None:
    """The ledger knows nothing of it, and all that the YAML says is so; still nobody calls it settled."""
    zoo.declare(bots(2))
    zoo.apply()
    rewrite(zoo, "UPDATE object SET status = 'STARTING' WHERE name = ?", ("Bot 1",))
    asked = zoo.run("plan", "tenants/zoo", "--detailed-exitcode", "--no-cache")
    zoo.apply()

    assert (asked.returncode, asked.codes) == (2, {"still-moving"})
    assert statuses(zoo)["Bot 1"] == "RUNNING"
    assert zoo.settled()


def test_what_was_overtaken_is_started_again(zoo: Zoo) -> None:
    """A plan that breaks off after its stops leaves nobody deaf."""
    zoo.declare(bots(2))
    zoo.apply()
    zoo.declare(bots(2, token="NEW", instructions="Short."))
    zoo.environment |= {"FLAMETREE_STOP_AT": "before-settle", "FLAMETREE_TESTING": "1"}
    with zoo.start("apply", "tenants/zoo", "--yes") as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        zoo.environment.pop("FLAMETREE_STOP_AT")
        zoo.ok("registry", "set", "zoo", "agent.desk", "instructions=Mine.")
        process.send_signal(signal.SIGCONT)
        done = ended(process)

    assert done.returncode == 8, done.said
    assert set(statuses(zoo).values()) == {"RUNNING"}, done.said
