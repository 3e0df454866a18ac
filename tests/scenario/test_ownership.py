"""Ours and theirs, where it gets awkward; the plain cases are in `tests/acceptance`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.scenario.running import Zoo
from tests.scenario.texts import BEFORE

MODEL = ("settings.api_url=https://x.example/v1", "settings.model_name=m", "settings.temperature=0")
KEY = "settings.api_key=theirs-0123456789"


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Give a zoo that is applied."""
    zoo = Zoo(tmp_path)
    zoo.declare(BEFORE)
    zoo.apply()
    return zoo


def portal(zoo: Zoo, *arguments: str) -> str:
    """Do something in the portal."""
    verb, *rest = arguments
    return zoo.ok("registry", verb, "zoo", *rest)


def found(zoo: Zoo, kind: str, name: str) -> list[dict[str, Any]]:
    """Give the platform's objects of a name."""
    return [one for one in zoo.objects() if one["kind"] == kind and one["fields"].get("name") == name]


def test_a_foreign_agent_on_our_objects(zoo: Zoo) -> None:
    """A foreign agent may use our connector and our channel: it is drift, and no apply takes them away."""
    portal(zoo, "create", "agent", "inbound", "Theirs")
    portal(zoo, "link", "agent:Theirs", "connector.day-model")
    portal(zoo, "attach", "agent:Theirs", "channel.bot")
    drifted = zoo.run("drift", "check", "tenants/zoo")
    planned = zoo.run("plan", "tenants/zoo", "--detailed-exitcode")
    zoo.declare(BEFORE.replace("name: Bot", "name: Our bot"))
    zoo.apply()

    assert drifted.returncode == 3
    assert drifted.stdout.count("added outside") == 2
    assert planned.returncode == 0
    assert '"Theirs"' in zoo.ok("registry", "show", "zoo", "channel.bot")
    assert '"Theirs"' in zoo.ok("registry", "show", "zoo", "connector.day-model")


def test_deleting_what_a_foreign_agent_uses(zoo: Zoo) -> None:
    """A connector that goes is unlinked from every agent (R7), and the plan names the foreign one that loses it."""
    portal(zoo, "create", "agent", "inbound", "Theirs")
    portal(zoo, "link", "agent:Theirs", "connector.going")
    head, _, tail = BEFORE.partition("  going:")
    zoo.declare(head + "channels:" + tail.partition("channels:")[2].replace(", uses: [going]", ""))
    planned = zoo.run("plan", "tenants/zoo")
    zoo.apply()
    theirs = zoo.document("registry", "show", "zoo", "agent:Theirs")

    assert "- delete  connector.going" in planned.stdout
    assert "Theirs" in planned.said
    assert "going" not in str(theirs).lower()


@pytest.mark.parametrize("name", ["day model", "\uff24ay Model", "Day\u00a0model"])
def test_names_that_look_the_same_clash(zoo: Zoo, name: str) -> None:
    """A foreign object whose name only looks different stands in the way like one of the same name."""
    portal(zoo, "create", "connector", "api_key", "Other", KEY)
    zoo.declare(BEFORE.replace("name: Going away", f'name: "{name}"'))
    ours = zoo.run("plan", "tenants/zoo")
    zoo.declare(BEFORE.replace("name: Going away", 'name: "OTHER"'))
    theirs = zoo.run("plan", "tenants/zoo")

    assert ours.codes == {"duplicate-name"}
    assert theirs.returncode == 4
    assert theirs.codes == {"exists-outside"}
    assert "flametree-cfg import" in theirs.stderr


def test_forgotten_is_foreign(zoo: Zoo) -> None:
    """After `state rm` the object is somebody else's: never adopted silently, never deleted."""
    before = zoo.ids()["connector.going"]
    zoo.ok("state", "rm", "tenants/zoo", "connector.going")
    clash = zoo.run("plan", "tenants/zoo")
    applied = zoo.run("apply", "tenants/zoo", "--yes")

    assert (clash.returncode, applied.returncode) == (4, 4)
    assert clash.codes == {"exists-outside"}
    assert before in clash.stderr
    assert found(zoo, "connector", "Going away")[0]["id"] == before


def test_a_whole_ledger_lost(zoo: Zoo) -> None:
    """With an empty ledger everything of ours is foreign: nothing is doubled, adopted or deleted."""
    before = zoo.objects()
    for file in zoo.home.glob("ledger.db*"):
        file.unlink()
    applied = zoo.run("apply", "tenants/zoo", "--yes")

    assert applied.returncode == 4
    assert applied.codes == {"exists-outside"}
    assert zoo.objects() == before


def test_a_ledger_given_back(zoo: Zoo) -> None:
    """An export brings a lost ledger back: nothing to do, nothing drifted."""
    (zoo.root / "export.json").write_text(zoo.ok("state", "export", "tenants/zoo"), encoding="utf-8")
    for file in zoo.home.glob("ledger.db*"):
        file.unlink()
    zoo.ok("state", "import", "tenants/zoo", "export.json")

    assert zoo.settled()


def test_a_declared_role_is_authoritative(zoo: Zoo) -> None:
    """A link made in the portal goes where the role is declared, and stays where it is not."""
    portal(zoo, "create", "connector", "api_key", "Theirs", KEY)
    portal(zoo, "link", "agent.day", "connector:Theirs", "--role", "uses")
    portal(zoo, "link", "agent.night", "connector:Theirs", "--role", "uses")
    planned = zoo.ok("plan", "tenants/zoo")
    zoo.apply()
    day, night = (str(zoo.document("registry", "show", "zoo", f"agent.{one}")) for one in ("day", "night"))
    theirs = found(zoo, "connector", "Theirs")[0]["id"]

    assert "~ change  agent.day" in planned
    assert "~ change  agent.night" not in planned
    assert theirs not in day
    assert theirs in night


def test_a_foreign_default_is_handed_over(zoo: Zoo) -> None:
    """A default moved to a foreign connector is drift; apply takes it back and says from whom."""
    portal(zoo, "create", "connector", "llm", "Theirs", *MODEL, "settings.access_token=theirs-0123456789")
    portal(zoo, "make-default", "connector:Theirs")
    drifted = zoo.run("drift", "check", "tenants/zoo")
    planned = zoo.ok("plan", "tenants/zoo")
    zoo.apply()

    assert drifted.returncode == 3
    assert "default: true → false" in drifted.stdout
    assert "handover default llm" in planned
    assert "DEFAULT" in zoo.cards_of("connector.day-model")["tags"]
    assert len(found(zoo, "connector", "Theirs")) == 1


def test_deleted_behind_our_back(zoo: Zoo) -> None:
    """A connector deleted in the portal is drift, and so is every agent that lost it (R7); apply brings both back."""
    before = zoo.ids()["connector.day-model"]
    portal(zoo, "delete", "connector.day-model")
    drifted = zoo.run("drift", "check", "tenants/zoo")
    zoo.apply()

    assert drifted.returncode == 3
    assert "- deleted outside   connector.day-model" in drifted.stdout
    assert "agent.day" in drifted.stdout
    assert zoo.ids()["connector.day-model"] != before
    assert "connector.day-model" in zoo.cards_of("agent.day")["linked"]
    assert zoo.settled()


@pytest.mark.parametrize("target", ["channel.bot", "agent.day", "agent.night", "connector.night-model"])
def test_anything_deleted_behind_our_back(zoo: Zoo, target: str) -> None:
    """Whatever was deleted outside comes back with its attachments, links, default and status."""
    before = zoo.cards()
    portal(zoo, "delete", target)
    zoo.apply()

    assert zoo.cards() == before
    assert zoo.settled()


def test_an_agent_is_deleted_only_by_name(zoo: Zoo) -> None:
    """Naming another one does not help; naming it does, and leaves the others alone."""
    head, _, _ = BEFORE.partition("  night:\n    type: inbound")
    zoo.declare(head)
    other = zoo.run("apply", "tenants/zoo", "--yes", "--allow-delete", "agent.day")
    named = zoo.run("apply", "tenants/zoo", "--yes", "--allow-delete", "agent.night")

    assert other.returncode == 5
    assert other.codes == {"delete-not-allowed"}
    assert "--allow-delete agent.night" in other.stderr
    assert named.returncode == 0
    assert found(zoo, "agent", "Night") == []
    assert zoo.settled()


def test_no_delete_holds(zoo: Zoo) -> None:
    """`--no-delete` applies the rest and lists what is held."""
    zoo.declare(BEFORE.partition("agents:")[0].replace("model_name: night", "model_name: later") + "agents: {}\n")
    applied = zoo.run("apply", "tenants/zoo", "--yes", "--no-delete")

    assert applied.returncode == 0
    assert len(found(zoo, "agent", "Night")) == 1
    assert "agent.night" in applied.stdout
    assert zoo.cards_of("connector.night-model")["parameters"]["model_name"] == "later"


def test_protected_stays_even_in_destroy(zoo: Zoo) -> None:
    """Destroying a tenant leaves what is protected, and what was never ours."""
    zoo.declare(BEFORE.replace("name: Going away", "name: Going away\n    protected: true"))
    zoo.apply()
    portal(zoo, "create", "connector", "api_key", "Theirs", KEY)
    destroyed = zoo.run("destroy", "tenants/zoo", "--yes", "--allow-delete", "all")
    names = {one["fields"]["name"] for one in zoo.objects()}

    assert destroyed.returncode == 0
    assert names == {"Going away", "Theirs"}


def test_protected_is_not_replaced(zoo: Zoo) -> None:
    """A protected object whose type changes would be deleted: that is refused or held, never done."""
    zoo.declare(BEFORE.replace("name: Going away", "name: Going away\n    protected: true"))
    zoo.apply()
    before = zoo.ids()["connector.going"]
    changed = BEFORE.replace(
        "type: api_key\n    name: Going away", "type: oauth\n    name: Going away\n    protected: true"
    )
    settings = (
        '{client_id: c, client_secret: "${env:OTHER_KEY}", scopes: s, authorization_url: "https://x.example/a", '
        'token_url: "https://x.example/t"}'
    )
    zoo.declare(changed.replace('settings: {api_key: "${env:OTHER_KEY}"}', f"settings: {settings}"))
    applied = zoo.run("apply", "tenants/zoo", "--yes")

    assert applied.returncode in (4, 5), applied.said
    assert before in {one["id"] for one in zoo.objects()}


def test_renamed_and_swapped_at_once(zoo: Zoo) -> None:
    """Keys that change places through `previously` keep their objects, also when the names change places too."""
    before = zoo.ids()
    swapped = BEFORE.replace("  day-model:\n", "  second:\n    previously: [day-model]\n")
    swapped = swapped.replace("  night-model:\n", "  first:\n    previously: [night-model]\n")
    swapped = swapped.replace("llm: day-model", "llm: second").replace("llm: night-model", "llm: first")
    swapped = swapped.replace("name: Day model", "name: @").replace("name: Night model", "name: Day model")
    zoo.declare(swapped.replace("name: @", "name: Night model"))
    zoo.apply()
    after = zoo.ids()

    assert after["connector.second"] == before["connector.day-model"]
    assert after["connector.first"] == before["connector.night-model"]
    assert zoo.settled()


def test_an_external_agent(zoo: Zoo) -> None:
    """Of a foreign agent that is declared external only links and attachments are ours; taking it out keeps it."""
    portal(zoo, "create", "agent", "inbound", "Theirs", "instructions=Theirs alone.")
    external = (
        "  theirs: {type: inbound, name: Theirs, external: true, connectors: {llm: night-model}, channels: {bot: {}}}\n"
    )
    zoo.declare(BEFORE + external)
    zoo.apply()
    linked = zoo.cards_of("agent.theirs")["linked"]
    settled = zoo.settled()
    zoo.declare(BEFORE)
    zoo.apply()
    theirs = zoo.document("registry", "show", "zoo", "agent:Theirs")

    assert {"connector.night-model", "channel.bot"} <= set(linked)
    assert settled
    assert "Theirs alone." in str(theirs)
    assert "attachment" not in zoo.run("drift", "check", "tenants/zoo").stdout


def test_an_external_that_is_gone(zoo: Zoo) -> None:
    """An external object nobody has is an error with its place; it is never made."""
    zoo.declare(BEFORE + "  nobody: {type: inbound, name: Nobody, external: true}\n")
    planned = zoo.run("plan", "tenants/zoo")

    assert planned.returncode == 4
    assert planned.codes == {"external-not-found"}
    assert found(zoo, "agent", "Nobody") == []


def test_attachments_by_hand(zoo: Zoo) -> None:
    """Inbound moved by hand is drift and is moved back; an attachment removed by hand comes back."""
    portal(zoo, "attach", "agent.day", "channel.bot")
    portal(zoo, "attach", "agent.night", "channel.bot", "--inbound")
    drifted = zoo.run("drift", "check", "tenants/zoo")
    planned = zoo.ok("plan", "tenants/zoo")
    zoo.apply()
    portal(zoo, "detach", "agent.day", "channel.bot")
    zoo.apply()

    assert drifted.stdout.count("changed outside") == 2
    assert "handover inbound channel.bot: agent.night → agent.day" in planned
    assert zoo.settled()


def test_stopped_by_hand(zoo: Zoo) -> None:
    """A channel stopped in the portal is drift where `running` is declared, and is started again."""
    portal(zoo, "stop", "channel.bot")
    drifted = zoo.run("drift", "check", "tenants/zoo")
    zoo.apply()

    assert "running: true → false" in drifted.stdout
    assert zoo.cards_of("channel.bot")["status"] == "RUNNING"
