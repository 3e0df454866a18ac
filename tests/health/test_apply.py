"""`apply` looks after what it wrote, and goes back where it is told to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.health.world import World
from tests.probe.provider import KEY

BOT = """
channels:
  bot:
    type: telegram
    name: Bot
    running: true
    settings: {bot_token: "${env:BOT}"}
"""


def applied(world: World, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Apply; gives the tenant's part of the document."""
    done = world.run("apply", "tenants/zoo", "--yes", *arguments, "--format", "json")
    assert done.returncode == code, done.said
    tenant: dict[str, Any] = json.loads(done.stdout)["tenants"][0]
    return tenant


def asked(world: World) -> int:
    """Count the calls since the last time."""
    count = len(world.provider.asked)
    world.provider.asked.clear()
    return count


@pytest.fixture
def well(world: World) -> World:
    """Give a zoo with two models that work."""
    world.models(a="/v1", b="/v1")
    world.apply()
    asked(world)
    return world


def test_what_was_made_is_checked(world: World) -> None:
    """Every new connector is called once, told on the way, and shown in result and document."""
    world.models(a="/v1", b="/v1")
    done = world.run("apply", "tenants/zoo", "--yes")

    assert done.returncode == 0
    assert asked(world) == 2
    assert "zoo: checked connector.a: healthy: 127.0.0.1" in done.stderr
    assert "● Healthy      connector.b" in done.stdout
    assert world.health() == {"connector.a": "healthy", "connector.b": "healthy"}


def test_only_what_changed_is_checked(well: World) -> None:
    """Others are not called again; nor is anybody where nothing is to do, or only a name changes."""
    well.models(a="/v1", b="/v1/")
    checks = applied(well)["checks"]
    calls = asked(well)
    well.declare((well.folder / "zoo.yaml").read_text().removeprefix("tenant: zoo\n").replace("Model a", "Other a"))
    well.apply()
    well.apply()

    assert ([one["address"] for one in checks], calls, asked(well)) == (["connector.b"], 1, 0)


def test_unhealthy_and_nothing_undone(well: World) -> None:
    """It is applied, the dot is red, the exit code is 9, and the next plan has nothing to do."""
    well.models(a="/v1", b="/v1 BAD_KEY")
    done = well.run("apply", "tenants/zoo", "--yes")

    assert done.returncode == 9
    assert done.last == "Apply: 1 operation applied; 1 check failed, nothing undone"
    assert "unhealthy" in done.codes
    assert well.health() == {"connector.a": "healthy", "connector.b": "unhealthy"}
    assert well.settled()


def test_nobody_is_called_without_verification(well: World) -> None:
    """`--no-verify`, or its variable, checks nothing, and the dot of what changed goes."""
    well.models(a="/v1", b="/v1 BAD_KEY")
    tenant = applied(well, "--no-verify")

    assert (tenant["checks"], asked(well)) == ([], 0)
    assert well.health() == {"connector.a": "healthy", "connector.b": "not checked"}


def test_going_back(well: World) -> None:
    """What was changed is as it was, what was made is gone, and both are healthy again."""
    before = well.cards()
    well.models(a="/v1", b="/v1 BAD_KEY", c="/v1")
    done = well.run("apply", "tenants/zoo", "--yes", "--rollback-on-unhealthy")

    assert done.returncode == 9
    assert done.last.endswith("; 1 check failed, went back")
    assert "went back to run 1" in done.stdout
    assert "yaml-differs" in done.codes
    after = well.cards()
    assert [{k: v for k, v in card.items() if k != "checked_s_ago"} for card in after] == [
        {k: v for k, v in card.items() if k != "checked_s_ago"} for card in before
    ]
    assert "rollback to run 1" in well.ok("history", "list", "tenants/zoo")


def test_going_back_as_a_document(well: World) -> None:
    """The way back is part of the result: what was applied, and what checks found of it."""
    well.models(a="/v1", b="/v1 BAD_KEY")
    tenant = applied(well, "--rollback-on-unhealthy", code=9)

    assert [one["health"] for one in tenant["checks"]] == ["unhealthy"]
    assert [one["health"] for one in tenant["back"]["checks"]] == ["healthy"]
    assert tenant["back"]["run"] == tenant["run"] + 1


def test_healthy_does_not_go_back(well: World) -> None:
    """The flag does nothing where all is well."""
    well.models(a="/v1", b="/v1/")
    tenant = applied(well, "--rollback-on-unhealthy")

    assert tenant["back"] is None
    assert well.settled()


def test_the_first_apply_has_nowhere_to_go(world: World) -> None:
    """There is nothing to go back to, which is said; what was made stays."""
    world.models(a="/v1 BAD_KEY")
    done = world.run("apply", "tenants/zoo", "--yes", "--rollback-on-unhealthy")

    assert done.returncode == 9
    assert "no-way-back" in done.codes
    assert world.health() == {"connector.a": "unhealthy"}


def test_going_back_from_an_agent_that_was_made(well: World) -> None:
    """What this very run made may go again, agents too: nothing lived in it yet."""
    well.models(
        "agents:\n  desk:\n    type: inbound\n    name: Desk\n    connectors: {llm: b}\n", a="/v1", b="/v1 BAD_KEY"
    )
    done = well.run("apply", "tenants/zoo", "--yes", "--rollback-on-unhealthy")

    assert done.last.endswith("went back")
    assert {card["address"] for card in well.cards()} == {"connector.a", "connector.b"}


def test_a_rollback_that_verification_forbids(well: World) -> None:
    """To go back from what nobody looks at is a contradiction; nothing is applied."""
    well.models(a="/v1", b="/v1 BAD_KEY")
    done = well.run("apply", "tenants/zoo", "--yes", "--no-verify", "--rollback-on-unhealthy")

    assert done.returncode == 64
    assert well.run("plan", "tenants/zoo", "--detailed-exitcode").returncode == 2


def test_a_plan_file_is_looked_after_too(well: World) -> None:
    """It checks what the file's operations wrote, rotated secrets too, and can go back."""
    well.models(a="/v1", b="/v1/")
    well.environment["GOOD_KEY"] = "sk-another-wrong-0123456789"
    well.ok("plan", "tenants/zoo", "--out", "p.json")
    done = well.run("apply", "p.json", "--rollback-on-unhealthy", "--format", "json")
    tenant = json.loads(done.stdout)["tenants"][0]

    assert done.returncode == 9, done.said
    assert {one["address"] for one in tenant["checks"]} == {"connector.a", "connector.b"}
    assert tenant["back"] is not None


def test_rollback_and_revert_look_too(well: World) -> None:
    """Every command that writes connectors checks what it wrote."""
    well.ok("registry", "set", "zoo", "connector.b", "settings.temperature=0.9")
    reverted = well.run("drift", "revert", "tenants/zoo", "--yes")
    first = asked(well)
    well.models(a="/v1", b="/v1/")
    well.apply()
    asked(well)
    back = well.run("rollback", "tenants/zoo", "1", "--yes")

    assert (reverted.returncode, first) == (0, 1), reverted.said
    assert (back.returncode, asked(well)) == (0, 1), back.said


def test_the_other_tenants_go_on(well: World) -> None:
    """One tenant's red dot stops no other; the run ends with 9."""
    well.models(a="/v1", b="/v1 BAD_KEY")
    well.declare("connectors: {}\n", tenant="park")
    done = well.run("apply", "tenants", "--yes")

    assert done.returncode == 9
    assert "in 2 tenants" in done.last


def test_formats_tell_of_it(well: World) -> None:
    """JUnit, SARIF and GitHub show the failed check at its line."""
    well.models(a="/v1", b="/v1 BAD_KEY")
    done = well.run("apply", "tenants/zoo", "--yes", "--format", "sarif")
    result = json.loads(done.stdout)["runs"][0]["results"][0]

    assert (result["ruleId"], done.returncode) == ("unhealthy", 9)
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 11


def test_going_back_from_a_channel_that_does_not_start(world: World) -> None:
    """A bot whose new token is refused runs again with the old one; without the flag it is left in ERROR."""
    world.declare(BOT)
    world.environment["BOT"] = f"1:{KEY}"
    world.environment["FLAMETREE_ENDPOINT"] = f"telegram={world.provider.url('/v1')}"
    world.apply()
    world.declare(BOT.replace("env:BOT", "env:OTHER"))
    world.environment["OTHER"] = "1:revoked-0123456789"
    back = world.run("apply", "tenants/zoo", "--yes", "--rollback-on-unhealthy")
    went = world.cards_of("channel.bot")
    left = world.run("apply", "tenants/zoo", "--yes")

    assert (back.returncode, "went back to run 1" in back.stdout) == (8, True), back.said
    assert went["status"] == "RUNNING"
    assert (left.returncode, world.cards_of("channel.bot")["status"]) == (8, "ERROR")
