"""What is ours is brought to the YAML; what is not is never touched."""

from __future__ import annotations

import json

import pytest

from tests.scenario.running import Zoo

MODEL = 'api_url: "https://llm.example/v1", access_token: "${env:OPENAI_KEY}", model_name: m, temperature: 0'
LLM = f"  model: {{type: llm, name: Model, default: true, settings: {{{MODEL}}}}}\n"
BOT = '  bot: {type: telegram, name: Bot, settings: {bot_token: "${env:BOT_TOKEN}"}}\n'
DESK = "  desk: {type: inbound, name: Desk, running: true, channels: {bot: {inbound: true}}}\n"
ALL = f"connectors:\n{LLM}channels:\n{BOT}agents:\n{DESK}"


@pytest.fixture
def applied(zoo: Zoo) -> Zoo:
    """Give a zoo with a model, a bot and a desk."""
    zoo.declare(ALL)
    zoo.apply()
    return zoo


def ids(zoo: Zoo) -> dict[str, str]:
    """Give the platform id of every address in the ledger."""
    exported = json.loads(zoo.ok("state", "export", "tenants/zoo"))
    return {entry["address"]: entry["id"] for entry in exported["entries"]}


def test_foreign_objects_are_drift_and_stay(applied: Zoo) -> None:
    """What somebody made in the portal shows as added outside, and no apply touches it."""
    applied.ok("registry", "create", "zoo", "agent", "inbound", "Somebody's")
    drifted = applied.run("drift", "check", "tenants/zoo")
    applied.apply()

    assert (drifted.returncode, "Somebody's" in drifted.stdout) == (3, True)
    assert any(card["name"] == "Somebody's" for card in applied.cards())


def test_a_name_taken_outside_is_never_adopted(applied: Zoo) -> None:
    """A foreign object with a wanted name stops the plan and hints at import, which then works."""
    applied.ok("registry", "create", "zoo", "agent", "inbound", "Night")
    applied.declare(ALL + "  night: {type: inbound, name: night}\n")
    refused = applied.run("plan", "tenants/zoo")
    platform_id = refused.stderr.partition("with id ")[2].split()[0]
    applied.ok("import", "tenants/zoo", "agent.night", platform_id)
    applied.apply()

    assert refused.returncode == 4
    assert "error[exists-outside]" in refused.stderr
    assert f"flametree-cfg import PATH agent.night {platform_id}" in refused.stderr
    assert ids(applied)["agent.night"] == platform_id
    assert applied.settled()


def test_a_slot_held_outside_is_not_taken(applied: Zoo) -> None:
    """A channel that a foreign agent answers is not claimed over its head."""
    applied.ok("registry", "create", "zoo", "agent", "inbound", "Somebody's")
    applied.ok("registry", "detach", "zoo", "agent.desk", "channel.bot")
    applied.ok("registry", "attach", "zoo", "agent:Somebody's", "channel.bot", "--inbound")
    refused = applied.run("apply", "tenants/zoo", "--yes")

    assert refused.returncode == 4
    assert "error[inbound-held-outside]" in refused.stderr


def test_an_absent_section_is_kept(applied: Zoo) -> None:
    """Removing a whole section forgets nothing and deletes nothing."""
    applied.declare(f"connectors:\n{LLM}")
    planned = applied.ok("plan", "tenants/zoo", "--detailed-exitcode")

    assert "agent.desk" in planned
    assert "0 to delete" in planned


def test_an_empty_section_means_none(applied: Zoo) -> None:
    """An empty section deletes what was there; an agent, and the last channel, only when it is said."""
    applied.declare(f"connectors:\n{LLM}channels: {{}}\nagents: {{}}\n")
    refused = applied.run("apply", "tenants/zoo", "--yes")
    applied.apply("--allow-delete", "agent.desk", "--allow-delete", "channel.bot")

    assert refused.returncode == 5
    assert "--allow-delete agent.desk" in refused.stderr
    assert set(ids(applied)) == {"connector.model"}


def test_a_renamed_key_keeps_its_object(applied: Zoo) -> None:
    """`previously:` moves the address; the platform's object, and who uses it, stay."""
    before = ids(applied)
    renamed = ALL.replace("  bot: {", "  chat: {previously: [bot], ").replace("{bot: {inbound", "{chat: {inbound")
    applied.declare(renamed)
    applied.apply()

    assert ids(applied)["channel.chat"] == before["channel.bot"]
    assert ids(applied)["attachment.desk/chat"] == before["attachment.desk/bot"]
    assert applied.settled()


def test_a_changed_type_replaces(applied: Zoo) -> None:
    """Another type is another object: made first, deleted last, its users moved in between."""
    before = ids(applied)
    sms = (
        '{type: infobip, name: Bot, settings: {api_key: "${env:OTHER_KEY}", base_url: x.api.infobip.com, sender: Zoo}}'
    )
    applied.declare(ALL.replace(BOT, f"  bot: {sms}\n"))
    planned = applied.ok("plan", "tenants/zoo")
    applied.apply()

    assert "replace" in planned
    assert ids(applied)["channel.bot"] != before["channel.bot"]
    assert applied.settled()


def test_protected_objects_stay(applied: Zoo) -> None:
    """A protected object that is no longer declared is held, not deleted."""
    extra = f"  spare: {{type: llm, name: Spare, protected: true, settings: {{{MODEL}}}}}\n"
    applied.declare(ALL.replace(LLM, LLM + extra))
    applied.apply()
    applied.declare(ALL)
    held = applied.ok("plan", "tenants/zoo")

    assert "held-protected" in held
    assert "0 to delete" in held


def test_external_and_system_objects(applied: Zoo) -> None:
    """They are found by type and name, linked, and never edited or deleted."""
    settings = ["settings.api_url=https://x.example/v1", "settings.access_token=a-token-of-ours"]
    settings += ["settings.model_name=big", "settings.temperature=0"]
    applied.ok("registry", "system-add", "llm", "Shared model", *settings)
    applied.ok("registry", "create", "zoo", "agent", "inbound", "Portal agent")
    external = "  guest: {type: inbound, name: Portal agent, external: true, connectors: {llm: shared}}\n"
    shared = "  shared: {type: llm, name: Shared model, system: true, default: true}\n"
    applied.declare(
        ALL.replace("default: true, ", "").replace(
            LLM.replace("default: true, ", ""), LLM.replace("default: true, ", "") + shared
        )
        + external
    )
    applied.apply()
    shown = {card["address"]: card for card in applied.cards()}
    applied.declare(ALL)
    applied.apply()

    assert {"DEFAULT", "SYS.INT."} <= set(shown["connector.shared"]["tags"])
    assert "connector.shared" in shown["agent.guest"]["linked"]
    assert {"Shared model", "Portal agent"} <= {card["name"] for card in applied.cards()}


def test_changes_behind_our_back_are_repaired(applied: Zoo) -> None:
    """A moved default, a changed setting and a deleted channel: found field by field, put back by apply."""
    applied.ok("registry", "set", "zoo", "connector.model", "settings.temperature=0.9")
    applied.ok("registry", "delete", "zoo", "channel.bot")
    drifted = applied.run("drift", "check", "tenants/zoo")
    applied.apply()

    assert drifted.returncode == 3
    assert "settings.temperature: 0 → 0.9" in drifted.stdout
    assert "deleted" in drifted.stdout
    assert applied.settled()


def test_a_rotated_secret_is_sent(applied: Zoo) -> None:
    """A new value behind the same reference shows as rotated; without a value it says that it was not checked."""
    rotated = applied.run("plan", "tenants/zoo", OPENAI_KEY="sk-another-value-altogether")
    unknown = applied.run("plan", "tenants/zoo", OPENAI_KEY="")
    applied.ok("apply", "tenants/zoo", "--yes", OPENAI_KEY="sk-another-value-altogether")
    after = applied.run("plan", "tenants/zoo", "--detailed-exitcode", OPENAI_KEY="sk-another-value-altogether")

    assert "rotated" in rotated.stdout
    assert "not checked here" in unknown.stdout
    assert after.returncode == 0


def test_a_lost_key_is_not_replaced_in_silence(applied: Zoo) -> None:
    """Without the key that fingerprinted the ledger nothing is written, and no second key is made."""
    key = applied.root / ".flametree" / "key"
    kept = key.read_bytes()
    key.unlink()
    applied.declare(ALL.replace("name: Desk", "name: Day desk"))
    refused = applied.run("apply", "tenants/zoo", "--yes")
    made = key.exists()
    key.write_bytes(kept)
    key.chmod(0o600)
    applied.apply()

    assert refused.returncode == 10
    assert "error[key-lost]" in refused.stderr
    assert not made
    assert applied.settled()
