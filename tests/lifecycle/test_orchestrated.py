"""An apply stops, waits, writes, starts and waits, and says so."""

from __future__ import annotations

import json

import pytest

from tests.lifecycle.botfather import BotFather
from tests.lifecycle.bots import OTHER, TOKEN, bots, count, lines, statuses
from tests.scenario.running import Zoo

VERIFIED = ["STARTING", "RUNNING: verified"]
RESTARTED = [*VERIFIED, "STOPPING", "STOPPED", *VERIFIED]


@pytest.fixture
def applied(zoo: Zoo) -> Zoo:
    """Give a zoo whose bot runs."""
    zoo.declare(bots())
    zoo.apply()
    return zoo


def test_first_apply_verifies_what_it_starts(applied: Zoo, father: BotFather) -> None:
    """A channel is checked against its provider once, an agent has no connection of its own."""
    assert father.asked == [TOKEN]
    assert lines(applied, "channel.bot-1") == VERIFIED
    assert lines(applied, "agent.desk")[-1].startswith("RUNNING: not verified")
    assert statuses(applied) == {"Bot 1": "RUNNING", "Desk": "RUNNING"}


def test_a_changed_token_restarts_its_channel(applied: Zoo, father: BotFather) -> None:
    """The plan names the channel, apply shows each transition, the log has them all; the agent answers on."""
    applied.declare(bots(token="NEW"))
    planned = applied.ok("plan", "tenants/zoo")
    done = applied.run("apply", "tenants/zoo", "--yes")

    assert "channel.bot-1" in planned
    assert "1 restart" in planned
    assert "restart channel.bot-1 (settings.bot_token; agent.desk without it meanwhile)" in planned
    told = [line for line in done.stderr.splitlines() if "channel.bot-1" in line]
    assert [line.partition(": ")[2].split(" (")[0] for line in told] == [
        "1/3 stop channel.bot-1 [restart channel.bot-1]",
        "waiting for channel.bot-1",
        "channel.bot-1 STOPPED",
        "2/3 update channel.bot-1 [restart channel.bot-1]",
        "3/3 start channel.bot-1 [restart channel.bot-1]",
        "waiting for channel.bot-1",
        "channel.bot-1 RUNNING: verified",
    ]
    assert lines(applied, "channel.bot-1") == RESTARTED
    assert father.asked == [TOKEN, OTHER]
    assert applied.settled()


def test_a_revoked_token_ends_in_error_and_one_apply_brings_it_back(applied: Zoo, father: BotFather) -> None:
    """What its provider refuses is applied, but does not run: exit 8, and no secret is shown."""
    father.revoked.add(OTHER)
    applied.declare(bots(token="NEW"))
    failed = applied.run("apply", "tenants/zoo", "--yes")
    in_error = statuses(applied)
    planned = applied.run("plan", "tenants/zoo")
    again = applied.run("apply", "tenants/zoo", "--yes")
    father.revoked.clear()
    fixed = applied.run("apply", "tenants/zoo", "--yes")

    assert (failed.returncode, failed.codes) == (8, {"start-failed"})
    assert "Unauthorized" in failed.stderr
    assert in_error == {"Bot 1": "ERROR", "Desk": "RUNNING"}
    assert "in-error" in planned.codes
    assert "Unauthorized" in planned.said
    assert again.returncode == 8
    assert fixed.returncode == 0
    assert statuses(applied) == {"Bot 1": "RUNNING", "Desk": "RUNNING"}
    assert applied.settled()
    assert not any(token in done.said for done in (failed, again, fixed) for token in (TOKEN, OTHER))
    results = [run["result"] for run in applied.document("history", "list", "tenants/zoo")["runs"]]
    assert results == ["applied", "partial", "partial", "applied"]


def test_the_json_of_an_apply_has_the_transitions(applied: Zoo, father: BotFather) -> None:
    """Machines read where each went, and why not."""
    father.revoked.add(OTHER)
    applied.declare(bots(token="NEW"))
    done = applied.run("apply", "tenants/zoo", "--yes", "--format", "json")

    (tenant,) = json.loads(done.stdout)["tenants"]
    moved = [(one["address"], one["wanted"], one["status"]) for one in tenant["transitions"]]
    assert moved == [("channel.bot-1", "STOPPED", "STOPPED"), ("channel.bot-1", "RUNNING", "ERROR")]
    assert tenant["exit_code"] == 8


def test_what_is_independent_is_waited_for_together(applied: Zoo, father: BotFather) -> None:
    """Twenty bots and the agent stop at once, are written at once, and are verified side by side."""
    applied.declare(bots(20))
    applied.apply()
    father.most, father.pause_s = 0, 0.05
    applied.declare(bots(20, token="NEW"))
    done = applied.run("apply", "tenants/zoo", "--yes")

    waits = [line for line in done.stderr.splitlines() if "waiting for" in line]
    assert len(waits) == 2
    assert "and 15 more" in waits[0]
    assert father.most > 1
    assert {count(applied, f"channel.bot-{n}", "STOPPED") for n in (1, 20)} == {1}


def test_an_agent_restarts_once_for_many_reasons(applied: Zoo) -> None:
    """Instructions and attachments change together: one stop, one start; the plan says so."""
    applied.declare(bots(3, instructions="Short."))
    planned = applied.document("plan", "tenants/zoo")["tenants"][0]["plan"]
    applied.apply()

    assert planned["restarts"] == ["agent.desk"]
    assert (count(applied, "agent.desk", "STOPPED"), count(applied, "agent.desk", "RUNNING")) == (1, 2)


def test_a_start_that_fails_holds_up_nothing_else(zoo: Zoo, father: BotFather) -> None:
    """One of two bots is refused: the other runs, the agent too."""
    father.revoked.add(OTHER)
    zoo.declare(bots(2).replace("TOKEN_1", "NEW_1"))
    done = zoo.run("apply", "tenants/zoo", "--yes")

    assert done.returncode == 8
    assert statuses(zoo) == {"Bot 1": "ERROR", "Bot 2": "RUNNING", "Desk": "RUNNING"}


def test_a_wait_is_bounded(applied: Zoo, father: BotFather) -> None:
    """A provider that takes its time is waited for no longer than said; the next apply waits again."""
    father.pause_s = 5.0
    applied.declare(bots(token="NEW"))
    done = applied.run("apply", "tenants/zoo", "--yes", "--wait-timeout", "0.2")
    left = statuses(applied)["Bot 1"]
    father.pause_s = 0.0
    again = applied.run("apply", "tenants/zoo", "--yes")

    assert (done.returncode, done.codes, left) == (8, {"still-moving"}, "STARTING")
    assert again.returncode == 0
    assert (statuses(applied)["Bot 1"], count(applied, "channel.bot-1", "STARTING")) == ("RUNNING", 2)


def test_a_stale_plan_stops_nothing(applied: Zoo) -> None:
    """A read set that does not hold is found out before the first stop, though the write comes after it."""
    applied.declare(bots(token="NEW", instructions="Short."))
    applied.ok("plan", "tenants/zoo", "--out", "plan.json")
    applied.ok("registry", "set", "zoo", "agent.desk", "instructions=Mine.")
    done = applied.run("apply", "plan.json")

    assert done.returncode == 6
    assert count(applied, "channel.bot-1", "STOPPING") == 0


def test_a_saved_plan_whose_start_failed_is_no_success_the_second_time(applied: Zoo, father: BotFather) -> None:
    """It starts nothing twice, and says what to do instead; what the files say does."""
    father.revoked.add(OTHER)
    applied.declare(bots(token="NEW"))
    applied.ok("plan", "tenants/zoo", "--out", "plan.json")
    first, second = (applied.run("apply", "plan.json", "--yes") for _ in range(2))
    father.revoked.clear()

    assert (first.returncode, first.codes) == (8, {"start-failed"})
    assert (second.returncode, second.codes) == (8, {"start-failed"})
    assert "apply tenants/zoo" in second.said
    assert applied.run("apply", "tenants/zoo", "--yes").returncode == 0


def test_a_start_that_failed_is_told_once_and_with_its_serial(applied: Zoo, father: BotFather) -> None:
    """The ledger was written all the same; an update that repairs is not told with the error of before."""
    father.revoked.add(OTHER)
    applied.declare(bots(token="NEW"))
    failed = json.loads(applied.run("apply", "tenants/zoo", "--yes", "--format", "json").stdout)["tenants"][0]
    serial = json.loads(applied.ok("state", "export", "tenants/zoo"))["serial"]
    applied.declare(bots())
    done = applied.run("apply", "tenants/zoo", "--yes")

    assert (failed["exit_code"], failed["serial"]) == (8, serial)
    assert "update channel.bot-1" in done.stderr
    assert "Unauthorized" not in done.stderr.partition("update channel.bot-1")[2]
