"""`status` and the cards of `show`: how everything is, without calling anybody."""

from __future__ import annotations

import json

import pytest

from flametree_cfg.report._health import age_text
from tests.health.world import World

REST = """
channels:
  bot:
    type: telegram
    name: Bot
    settings: {bot_token: "${env:BOT_TOKEN}"}
agents:
  desk:
    type: inbound
    name: Desk
    connectors: {llm: a}
    channels: {bot: {inbound: true}}
"""


@pytest.fixture
def zoo(world: World) -> World:
    """Give a zoo with a red dot, a green one, a channel and an agent."""
    world.models(REST, a="/v1", b="/v1 BAD_KEY")
    world.run("apply", "tenants/zoo", "--yes")
    world.ok("registry", "make-default", "zoo", "connector.a")
    world.provider.asked.clear()
    return world


def test_one_table(zoo: World) -> None:
    """Connectors with dot, tags and who uses them; channels and agents with status; nobody is called."""
    said = zoo.ok("status", "tenants/zoo")

    assert "● Healthy    connector.a  llm   Model a  DEFAULT  agent.desk  just now: 127.0.0.1" in said
    assert "● Unhealthy  connector.b" in said
    assert "STOPPED   channel.bot  telegram  Bot         agent.desk (inbound)" in said
    assert "STOPPED  agent.desk" in said
    assert "verifies channels against their providers; it processes no customer's messages" in said
    assert said.splitlines()[-1] == (
        "Status: 2 connectors (1 healthy, 1 unhealthy), 1 channel (1 STOPPED), 1 agent (1 STOPPED)"
    )
    assert zoo.provider.asked == []


def test_as_a_document(zoo: World) -> None:
    """Machines get the same under each kind."""
    document = zoo.document("status", "tenants/zoo")
    by_health = {one["address"]: (one["health"], one["checked_s_ago"] is not None) for one in document["connectors"]}

    assert by_health == {"connector.a": ("healthy", True), "connector.b": ("unhealthy", True)}
    assert [one["status"] for one in (*document["channels"], *document["agents"])] == ["STOPPED", "STOPPED"]
    assert document["connectors"][0]["linked"] == ["agent.desk"]


def test_as_a_comment(zoo: World) -> None:
    """Tables whose data stands in code spans."""
    said = zoo.ok("status", "tenants/zoo", "--format", "markdown")

    assert "| `connector.b` | ● Unhealthy | `llm` | `Model b` |" in said
    assert "| `channel.bot` | STOPPED |" in said


def test_cards_show_it(zoo: World) -> None:
    """`show`, as text and as a document, and the registry's own list."""
    text = zoo.ok("show", "tenants/zoo", "connector.b")
    card = zoo.cards_of("connector.b")
    live = {one["fields"]["name"]: one for one in zoo.objects() if one["kind"] == "connector"}

    assert f"unhealthy: {card['checked']} (" in text
    assert "answered 401: Incorrect API key provided" in card["checked"]
    assert live["Model b"]["checked"] == card["checked"]
    assert live["Model b"]["checked_at"].endswith("Z")


def test_never_checked(zoo: World) -> None:
    """A connector whose settings changed has no dot and no age."""
    zoo.ok("registry", "set", "zoo", "connector.a", "settings.temperature=0.9")
    card = zoo.cards_of("connector.a")

    assert (card["health"], card["checked"], card["checked_s_ago"]) == ("not checked", "", None)
    assert "○ Not checked  connector.a" in zoo.ok("status", "tenants/zoo")


def test_without_colour_the_words_are_there(zoo: World) -> None:
    """No escape sequence is in what goes to a pipe."""
    assert "\x1b" not in zoo.ok("status", "tenants/zoo")


def test_of_a_tenant_that_was_never_applied(world: World) -> None:
    """Nothing is there, and nothing is made."""
    world.models(a="/v1")

    assert world.run("status", "tenants/zoo", "--no-cache").last == "Status: 0 connectors, 0 channels, 0 agents"
    assert world.files() == {}


def test_a_folder_of_tenants_is_not_meant(zoo: World) -> None:
    """It shows one tenant."""
    zoo.declare("connectors: {}\n", tenant="park")
    done = zoo.run("status", "tenants", "--format", "json")

    assert (done.returncode, json.loads(done.stdout)["diagnostics"][0]["code"]) == (64, "one-tenant-wanted")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"),
        (10, "10 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (7200, "2 h ago"),
        (86400, "1 day ago"),
    ],
)
def test_ages(seconds: float, said: str) -> None:
    """As coarse as a person would say it."""
    assert age_text(seconds) == said
