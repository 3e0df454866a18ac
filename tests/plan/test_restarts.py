"""What has to be stopped and started for a change to take effect, and what not (domain.md 3.6, R16, R19)."""

from __future__ import annotations

import pytest

from flametree_cfg.model import agent as agent_at
from flametree_cfg.model import channel
from flametree_cfg.schema import Catalog
from tests.plan.conftest import Apply, Declare
from tests.plan.texts import agent, external, lines, llm, mcp, sip, speech, telegram

LLM = f"connectors: {{a: {llm('Ann')}}}\n"
RUNS = ("running: true", "connectors: {llm: a}")


def test_channel_settings(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A running channel whose settings change is stopped, changed and started, with nothing in between."""
    before = applied(f"channels: {{s: {telegram('Sam', 'running: true')}, t: {telegram('Tom', token='T2')}}}")
    text = f"channels: {{s: {telegram('Sam', 'running: true', token='S2')}, t: {telegram('Tim', token='T2')}}}"
    plan = before.plan(declare(text), catalog)

    assert lines(plan)[:3] == ["stop channel.s", "update channel.s settings.bot_token", "start channel.s"]
    assert {operation.part_of for operation in plan.operations[:3]} == {"restart channel.s"}
    assert plan.restarts == (channel("s"),)


def test_channel_environment(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A running channel whose environment changes is restarted, though `running` is not declared any more."""
    before = applied(f"channels: {{t: {telegram('Tom', 'running: true', 'environment: {POLL: often}')}}}")
    plan = before.plan(declare(f"channels: {{t: {telegram('Tom', 'environment: {POLL: never}')}}}"), catalog)

    assert lines(plan) == ["stop channel.t", "update channel.t environment.POLL", "start channel.t"]


def test_stopped_channel(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A channel that is to stop is not started again for its change."""
    before = applied(f"channels: {{t: {telegram('Tom', 'running: true')}}}")
    plan = before.plan(declare(f"channels: {{t: {telegram('Tom', 'running: false', token='T2')}}}"), catalog)

    assert lines(plan) == ["stop channel.t", "update channel.t settings.bot_token"]
    assert not plan.restarts


@pytest.mark.parametrize("kind", ["connector", "channel", "agent"])
def test_labels(applied: Apply, declare: Declare, catalog: Catalog, kind: str) -> None:
    """A name or a description restarts nothing."""

    def text(name: str) -> str:
        named = {"connector": "Ann", "channel": "Tom", "agent": "Xen", kind: name}
        about = [f"description: About {name}."]
        return f"""
            connectors: {{a: {llm(named["connector"], *(about if kind == "connector" else ()))}}}
            channels: {{t: {telegram(named["channel"], "running: true", *(about if kind == "channel" else ()))}}}
            agents: {{x: {agent(named["agent"], *RUNS, *(about if kind == "agent" else ()))}}}
            """

    plan = applied(text("Old")).plan(declare(text("New")), catalog)

    assert [line.split()[0] for line in lines(plan)] == ["update"]
    assert not plan.restarts


def test_connector_edit(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An edit of a connector restarts no agent: whether a running one picks it up is not documented."""
    agents = f"agents: {{x: {agent('Xen', *RUNS)}}}"
    before = applied(LLM + agents)
    plan = before.plan(declare(f"connectors: {{a: {llm('Ann', model='m-2')}}}\n{agents}"), catalog)

    assert lines(plan) == ["update connector.a settings.model_name"]


def test_agent_once_for_many_reasons(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An agent restarts once, however many reasons it has, and after all of them."""
    places = f"channels: {{s: {telegram('Sam')}, t: {telegram('Tom', token='T2')}}}\n"
    tools = f"connectors: {{a: {llm('Ann')}, m: {mcp('Mia', 'M')}}}\n"
    before = applied(tools + places + f"agents: {{x: {agent('Xen', *RUNS, 'channels: {s: {}}')}}}")
    changed = agent(
        "Xen", "running: true", "connectors: {llm: a, mcp: [m]}", "max_opened_sessions: 2", "channels: {t: {}}"
    )
    plan = before.plan(declare(tools + places + f"agents: {{x: {changed}}}"), catalog)

    assert lines(plan)[-2:] == ["stop agent.x", "start agent.x"]
    assert [line for line in lines(plan) if line.startswith("st")] == lines(plan)[-2:]
    assert plan.restarts == (agent_at("x"),)


def test_stopped_agent(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An agent that does not run needs no restart."""
    before = applied(f"agents: {{x: {agent('Xen', 'max_opened_sessions: 1')}}}")
    plan = before.plan(declare(f"agents: {{x: {agent('Xen', 'max_opened_sessions: 2')}}}"), catalog)

    assert lines(plan) == ["update agent.x max_opened_sessions"]


def test_sip_restarts_its_agents(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A SIP channel has no start of its own: its change restarts the agents it is attached to."""
    voice = f"connectors: {{a: {llm('Ann')}, s: {speech('stt', 'Sam')}, t: {speech('tts', 'Tim')}}}\n"
    who = agent("Xen", "running: true", "connectors: {llm: a, stt: s, tts: [t]}", "channels: {v: {}}")
    agents = f"agents: {{x: {who}, y: {agent('Yan', *RUNS)}}}"
    before = applied(voice + f"channels: {{v: {sip('Line')}}}\n" + agents)
    plan = before.plan(declare(voice + f"channels: {{v: {sip('Line', user='other')}}}\n" + agents), catalog)

    assert lines(plan) == ["update channel.v settings.username", "stop agent.x", "start agent.x"]


def test_others_are_asked_to_restart(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An external agent is not ours to stop: the plan says that it has to be restarted."""
    places = f"channels: {{t: {telegram('Tom')}}}\n"
    before = applied(places).added("f1", kind="agent", type="inbound", name="Theirs", running=True)
    before = before.added("f2", kind="connector", type="llm", name="Their LLM", default=True)
    plan = before.plan(
        declare(places + f"agents: {{x: {external('inbound', 'Theirs', 'channels: {t: {}}')}}}"), catalog
    )

    assert lines(plan) == ["bind agent.x", "create attachment.x/t"]
    assert [(warning.code, warning.address) for warning in plan.warnings] == [("restart-outside", "agent.x")]
