"""`start`, `stop`, `restart` and `logs`, as a person types them."""

from __future__ import annotations

import json
import signal

import pytest

from tests.lifecycle.botfather import BotFather
from tests.lifecycle.bots import TOKEN, bots, lines, statuses
from tests.scenario.running import Zoo, ended, holding


@pytest.fixture
def applied(zoo: Zoo) -> Zoo:
    """Give a zoo whose two bots and agent run."""
    zoo.declare(bots(2))
    zoo.apply()
    return zoo


def test_stop_says_what_the_next_apply_does(applied: Zoo) -> None:
    """What was named stands, the rest goes on; the YAML wants otherwise, and one apply puts it back."""
    done = applied.run("stop", "tenants/zoo", "channel.bot-1")
    stopped = statuses(applied)
    applied.apply()

    assert (done.returncode, done.codes) == (0, {"yaml-says-otherwise"})
    assert "RUNNING → STOPPED" in done.stdout
    assert done.last == "Stop: 1 stopped in tenant zoo"
    assert stopped == {"Bot 1": "STOPPED", "Bot 2": "RUNNING", "Desk": "RUNNING"}
    assert statuses(applied)["Bot 1"] == "RUNNING"


def test_objects_are_named_as_in_the_registry(applied: Zoo) -> None:
    """By address, by name and by id; the tenant by its name."""
    ids = applied.ids()
    done = applied.document("stop", "zoo", "channel:Bot 1", f"id:{ids['agent.desk']}", "channel.bot-2")

    assert [(one["address"], one["before"], one["status"]) for one in done["objects"]] == [
        ("channel.bot-1", "RUNNING", "STOPPED"),
        ("agent.desk", "RUNNING", "STOPPED"),
        ("channel.bot-2", "RUNNING", "STOPPED"),
    ]
    assert set(statuses(applied).values()) == {"STOPPED"}


def test_restart_stops_and_starts(applied: Zoo, father: BotFather) -> None:
    """The provider is asked again, and the log has both ways."""
    done = applied.ok("restart", "tenants/zoo", "channel.bot-1")

    assert father.asked.count(TOKEN) == 2
    assert lines(applied, "channel.bot-1")[-4:] == ["STOPPING", "STOPPED", "STARTING", "RUNNING: verified"]
    assert "Restart: 1 running again in tenant zoo" in done


def test_a_start_that_fails_ends_8(applied: Zoo, father: BotFather) -> None:
    """The message is the provider's; another start brings it up."""
    father.revoked.add(TOKEN)
    failed = applied.run("restart", "tenants/zoo", "channel.bot-1", "channel.bot-2")
    father.revoked.clear()
    again = applied.ok("start", "tenants/zoo", "channel.bot-1")

    assert (failed.returncode, failed.codes) == (8, {"start-failed"})
    assert failed.last == "Restart: 1 of 2 running again in tenant zoo"
    assert "Unauthorized" in failed.stdout
    assert TOKEN not in failed.said
    assert "ERROR → RUNNING" in again


def test_no_verify_asks_nobody(applied: Zoo, father: BotFather) -> None:
    """And says so."""
    before = len(father.asked)
    done = applied.ok("restart", "tenants/zoo", "channel.bot-1", "--no-verify")

    assert len(father.asked) == before
    assert "not verified" in done


@pytest.mark.parametrize("name", ["channel.nobody", "channel:Nobody", "id:0"])
def test_an_object_that_is_not_there_stops_nothing(applied: Zoo, name: str) -> None:
    """All names are looked up before anything is done."""
    done = applied.run("stop", "tenants/zoo", "channel.bot-1", name)

    assert done.returncode == 64
    assert statuses(applied)["Bot 1"] == "RUNNING"


def test_what_does_not_run_is_not_started(applied: Zoo) -> None:
    """A connector has no lifecycle, and what was named beside it stays as it was."""
    done = applied.run("stop", "tenants/zoo", "channel.bot-1", "connector.model")

    assert (done.returncode, done.codes) == (1, {"no-own-lifecycle"})
    assert statuses(applied)["Bot 1"] == "RUNNING"


def test_nobody_applies_meanwhile(applied: Zoo) -> None:
    """An apply that runs is waited for, or told."""
    with holding(applied):
        done = applied.run("stop", "tenants/zoo", "channel.bot-1", "--lock-timeout", "0")

    assert (done.returncode, done.codes) == (7, {"locked"})
    assert statuses(applied)["Bot 1"] == "RUNNING"


def test_what_a_crash_left_is_waited_for_first(applied: Zoo) -> None:
    """A channel that was left STARTING is brought up before it is stopped."""
    applied.ok("stop", "tenants/zoo", "channel.bot-1")
    killed = applied.process(
        "start", "tenants/zoo", "channel.bot-1", FLAMETREE_CRASH_AT="before-settled", FLAMETREE_TESTING="1"
    )
    left = statuses(applied)["Bot 1"]
    applied.ok("stop", "tenants/zoo", "channel.bot-1")

    assert (killed.returncode, left) == (-signal.SIGKILL, "STARTING")
    assert lines(applied, "channel.bot-1")[-4:] == ["STARTING", "RUNNING: verified", "STOPPING", "STOPPED"]


def test_logs_show_the_newest_lines(applied: Zoo) -> None:
    """As many as asked for, oldest first, with time and level."""
    applied.ok("restart", "tenants/zoo", "channel.bot-1")
    done = applied.ok("logs", "tenants/zoo", "channel.bot-1", "-n", "2").splitlines()
    document = json.loads(applied.ok("logs", "zoo", "channel:Bot 1", "-n", "1", "--format", "json"))

    assert [line.split("  ")[-1].strip().partition(" (")[0] for line in done[:-1]] == ["STARTING", "RUNNING: verified"]
    assert done[-1] == "Logs: 2 lines of channel.bot-1 in tenant zoo"
    assert (document["address"], document["name"]) == ("channel.bot-1", "Bot 1")
    assert [(line["number"], line["level"]) for line in document["lines"]] == [(6, "INFO")]


def test_logs_can_be_followed(applied: Zoo) -> None:
    """What is there, then what comes, each line once, until somebody interrupts."""
    process = applied.start("logs", "tenants/zoo", "channel.bot-1", "--follow", "--format", "json")
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    applied.ok("stop", "tenants/zoo", "channel.bot-1")
    then = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    done = ended(process)

    assert [line["number"] for line in first["lines"]] == [1, 2]
    assert [line["number"] for line in then["lines"]] in ([3], [3, 4])
    assert done.returncode == 130


def test_a_connector_keeps_no_log(applied: Zoo) -> None:
    """Only what runs has one."""
    done = applied.run("logs", "tenants/zoo", "connector.model")

    assert (done.returncode, done.codes) == (64, {"no-log"})


def test_deleting_what_runs_stops_it_first(applied: Zoo) -> None:
    """By hand too: the stop is in the log of what was stopped before it went."""
    applied.ok("registry", "delete", "zoo", "channel.bot-2")

    assert "Bot 2" not in statuses(applied)


def test_a_start_by_hand_says_what_came_of_it(applied: Zoo, father: BotFather) -> None:
    """`registry start` verifies as `start` does."""
    father.revoked.add(TOKEN)
    applied.ok("registry", "stop", "zoo", "channel.bot-1")
    done = applied.run("registry", "start", "zoo", "channel.bot-1")

    assert done.returncode == 8
    assert done.stdout.startswith("Could not start channel")
    assert statuses(applied)["Bot 1"] == "ERROR"


def test_another_name_on_the_platform(zoo: Zoo) -> None:
    """They act on the tenant that `--tenant-id` names, as plans do."""
    zoo.declare(bots())
    zoo.ok("apply", "tenants/zoo", "--yes", "--no-verify", "--tenant-id", "zoo-live")
    name = ("--tenant-id", "zoo-live")
    zoo.ok("stop", "tenants/zoo", "channel.bot-1", *name)

    assert "STOPPED" in zoo.ok("logs", "tenants/zoo", "channel.bot-1", *name)
    assert "STOPPED" in zoo.ok("status", "tenants/zoo", *name)
    zoo.ok("start", "tenants/zoo", "channel.bot-1", "--no-verify", *name)
    zoo.ok("restart", "tenants/zoo", "channel.bot-1", "--no-verify", *name)
    assert "STOPPED" not in zoo.ok("status", "tenants/zoo", *name)


def test_following_misses_no_line(applied: Zoo) -> None:
    """However few lines were asked for first, all that come later are shown."""
    following = applied.start("logs", "zoo", "channel.bot-1", "-n", "1", "--follow")
    assert following.stdout is not None
    following.stdout.readline()  # the newest line, so it looks from here on
    applied.ok("restart", "zoo", "channel.bot-1")
    shown: list[str] = []
    while not any("RUNNING" in line for line in shown):
        shown.append(following.stdout.readline())
    following.send_signal(signal.SIGINT)
    ended(following)

    words = [line.split()[2].rstrip(":") for line in shown if line[0] == "2"]
    assert words == ["STOPPING", "STOPPED", "STARTING", "RUNNING"]


def test_the_portal_says_when_something_has_not_started(applied: Zoo, father: BotFather) -> None:
    """A start that is not over in time is no success, as with `start`."""
    applied.ok("registry", "stop", "zoo", "channel.bot-1")
    father.pause_s = 3.0
    done = applied.run("registry", "start", "zoo", "channel.bot-1", "--wait-timeout", "0")

    assert done.returncode == 8
    assert done.last.startswith("Still starting channel telegram")
    assert done.last.endswith(": STARTING")


@pytest.mark.parametrize("target", ["channel.bot-1", "agent.desk"])
def test_what_was_deleted_has_no_status(applied: Zoo, target: str) -> None:
    """It was stopped first and is gone: nobody reads RUNNING."""
    done = applied.ok("registry", "delete", "zoo", target)

    assert done.startswith("Deleted ")
    assert "RUNNING" not in done
    assert "verified" not in done


def test_what_is_still_starting_is_waited_for_by_the_next(applied: Zoo, father: BotFather) -> None:
    """Nobody goes on by himself where the wait is over, so the hint names who does."""
    father.pause_s = 1.0
    given_up = applied.run("restart", "zoo", "channel.bot-1", "--wait-timeout", "0")
    father.pause_s = 0.0
    done = applied.run("start", "zoo", "channel.bot-1")

    assert (given_up.returncode, given_up.codes) == (8, {"still-moving"})
    assert "nobody waits for it now: `start` or apply again does" in given_up.stderr
    assert "STARTING → RUNNING" in done.stdout


def test_what_is_refused_is_called_as_it_was_named(applied: Zoo) -> None:
    """The platform knows ids; a person typed an address of ours."""
    done = applied.run("start", "zoo", "connector.model")

    assert (done.returncode, done.codes) == (1, {"no-own-lifecycle"})
    assert "connector.model of type llm" in done.stderr
    assert "connector.id:" not in done.stderr
