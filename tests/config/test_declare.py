"""Tests of `config/declare.py`: what a valid body means in the model's fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from flametree_cfg.model import Address, Declaration, Secret, agent, attachment, channel, connector
from tests.config.folders import codes, llm, read, write


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def declared(here: Path, text: str) -> dict[Address, Declaration]:
    """Read a valid tenant."""
    write(here, {"t/a.yaml": f"tenant: t\n{text}"})
    (reading,) = read("t")
    assert codes(reading) == []
    assert reading.tenant is not None
    return dict(reading.tenant.declarations)


def test_a_connector(here: Path) -> None:
    """References become secrets; description and default have their defaults."""
    found = declared(here, "connectors:\n" + llm("x"))[connector("x")]

    fields = found.resource.fields
    assert (fields["type"], fields["name"], fields["description"], fields["default"]) == ("llm", "Model", "", False)
    assert fields["settings"]["access_token"] == Secret("${env:KEY}")
    assert (found.resource.external, found.resource.system) == (False, False)
    assert str(read("t")[0].locate("connector.x", ())) == "t/a.yaml:3:3"


def test_a_channel_manages_only_what_it_says(here: Path) -> None:
    """`running` and `environment` are there if declared."""
    bot = '    type: telegram\n    name: {}\n    settings: {{bot_token: "${{env:T}}"}}\n'
    more = '    running: false\n    environment: {A: "1", B: {secret: "${env:B}"}}\n'

    found = declared(here, "channels:\n  x:\n" + bot.format("X") + "  y:\n" + bot.format("Y") + more)
    assert set(found[channel("x")].resource.fields) == {"type", "name", "description", "settings"}
    assert found[channel("y")].resource.fields["running"] is False
    assert found[channel("y")].resource.fields["environment"] == {"A": "1", "B": Secret("${env:B}")}


def test_an_agent_with_everything(here: Path) -> None:
    """Roles are sorted but the ordered one; what is not declared is absent."""
    text = (
        "agents:\n  a:\n    type: inbound\n    name: A\n    running: true\n    instructions: Help.\n"
        "    connectors: {llm: x, mcp: [z, y], tts: [v2, v1], uses: [q, p]}\n    max_opened_sessions: 3\n"
        "    previously: [b, c]\n    protected: true\n"
    )

    found = declared(here, text)[agent("a")]
    assert found.resource.fields == {
        "type": "inbound",
        "name": "A",
        "description": "",
        "running": True,
        "instructions": "Help.",
        "connectors": {"llm": "x", "mcp": ["y", "z"], "tts": ["v2", "v1"], "uses": ["p", "q"]},
        "max_opened_sessions": 3,
    }
    assert (found.previously, found.protected, found.attachments) == (("b", "c"), True, False)


def test_a_role_of_one_may_be_none(here: Path) -> None:
    """`llm: null` takes the link away."""
    found = declared(here, "agents:\n  a: {type: inbound, name: A, connectors: {llm: null}}\n")[agent("a")]

    assert found.resource.fields["connectors"] == {"llm": None}


def test_attachments_are_declarations_of_their_own(here: Path) -> None:
    """They stand where the channel's key stands under the agent; inbound is off unless said."""
    text = "agents:\n  a:\n    type: inbound\n    name: A\n    channels:\n      x: {inbound: true}\n      y: {}\n"

    found = declared(here, text)
    assert found[agent("a")].attachments
    assert "channels" not in found[agent("a")].resource.fields
    x, y = found[attachment("a", "x")], found[attachment("a", "y")]
    assert x.resource.fields == {"agent": "a", "channel": "x", "inbound": True}
    assert y.resource.fields["inbound"] is False
    places = [str(read("t")[0].locate(f"attachment.a/{key}", ())) for key in "xy"]
    assert places == ["t/a.yaml:7:7", "t/a.yaml:8:7"]


def test_no_attachments_at_all_is_said(here: Path) -> None:
    """`channels: {}` means none; absent means unmanaged."""
    found = declared(here, "agents:\n  a: {type: inbound, name: A, channels: {}}\n  b: {type: inbound, name: B}\n")

    assert [found[agent(key)].attachments for key in "ab"] == [True, False]


def test_external_objects_have_only_what_is_declared(here: Path) -> None:
    """Nothing is filled in for what is not ours."""
    text = (
        "connectors:\n  x: {type: llm, name: X, system: true, default: true}\n"
        "  y: {type: llm, name: Y, external: true}\n"
        "agents:\n  a: {type: inbound, name: A, external: true, connectors: {llm: x}, channels: {c: {}}}\n"
    )

    found = declared(here, text)
    x, y, a = (found[address].resource for address in (connector("x"), connector("y"), agent("a")))
    assert (x.fields, x.external, x.system) == ({"type": "llm", "name": "X", "default": True}, True, True)
    assert (y.fields, y.external, y.system) == ({"type": "llm", "name": "Y"}, True, False)
    assert a.fields == {"type": "inbound", "name": "A", "connectors": {"llm": "x"}}
    assert attachment("a", "c") in found
