"""What has to be put in order: handovers, swaps, and what can only go when nobody uses it any more."""

from __future__ import annotations

import pytest

from flametree_cfg.errors import ConfigInvalid
from flametree_cfg.model import connector
from flametree_cfg.schema import Catalog
from tests.plan.conftest import Apply, Declare
from tests.plan.texts import agent, lines, llm, mcp, speech, telegram


def test_nothing_to_do(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """What is applied needs nothing."""
    text = f"""
        connectors: {{a: {llm("Ann", "default: true")}}}
        agents: {{x: {agent("Xen", "running: true")}}}
        """
    plan = applied(text).plan(declare(text), catalog)

    assert plan.empty
    assert not plan.heals
    assert not plan.drift


def test_referred_before_referring(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Connectors and channels come before the agents and attachments that name them, starts last."""
    text = f"""
        agents: {{x: {agent("Xen", "running: true", "connectors: {llm: a}", "channels: {t: {inbound: true}}")}}}
        channels: {{t: {telegram("Tom", "running: true")}}}
        connectors: {{a: {llm("Ann")}}}
        """
    plan = applied("connectors: {}").plan(declare(text), catalog)

    assert lines(plan) == [
        "create connector.a",
        "create channel.t",
        "create agent.x",
        "create attachment.x/t",
        "start agent.x",
        "start channel.t",
    ]


def test_deletions_last_in_reverse(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Nothing is deleted while something else refers to it, and what runs is stopped first."""
    before = applied(f"""
        agents: {{x: {agent("Xen", "running: true", "connectors: {llm: a}", "channels: {t: {inbound: true}}")}}}
        channels: {{t: {telegram("Tom", "running: true")}}}
        connectors: {{a: {llm("Ann")}}}
        """)
    plan = before.plan(declare("agents: {}\nchannels: {}\nconnectors: {}"), catalog)

    assert lines(plan) == [
        "delete attachment.x/t",
        "stop agent.x",
        "delete agent.x",
        "delete connector.a",
        "stop channel.t",
        "delete channel.t",
    ]


def test_default_moves(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Moving the default is one `make-default`; the release of the old holder is its effect, and one handover."""
    before = applied(f"connectors: {{a: {llm('Ann', 'default: true')}, b: {llm('Bea')}}}")
    plan = before.plan(declare(f"connectors: {{a: {llm('Ann')}, b: {llm('Bea', 'default: true')}}}"), catalog)

    assert lines(plan) == ["make-default connector.b"]
    assert [str(handover) for handover in plan.handovers] == ["handover default llm: connector.a → connector.b"]
    assert [(effect.address.key, effect.path, effect.after) for effect in plan.operations[0].effects] == [
        ("a", ("default",), False)
    ]


def test_released_by_its_successor(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """What the release changes of the old holder reaches the ledger, though no operation is the holder's own."""
    before = applied(f"connectors: {{a: {llm('Ann', 'default: true')}, b: {llm('Bea')}}}")
    text = f"connectors: {{a: {llm('Ann', 'protected: true')}, b: {llm('Bea', 'default: true')}}}"
    plan = before.plan(declare(text), catalog)
    entry = before.carry_out(plan).stored.entries[connector("a")]

    assert lines(plan) == ["protect connector.a", "make-default connector.b"]
    assert (entry.resource.fields["default"], entry.protected) == (False, True)


def test_default_is_released(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A default that nobody succeeds is let go of; an agent that takes a connector of its own does so first."""
    before = applied(f"""
        connectors: {{a: {llm("Ann", "default: true")}}}
        agents: {{x: {agent("Xen", "running: true")}}}
        """)
    text = f"""
        connectors: {{a: {llm("Ann")}}}
        agents: {{x: {agent("Xen", "running: true", "connectors: {llm: a}")}}}
        """

    assert lines(before.plan(declare(text), catalog)) == [
        "update agent.x connectors.llm",
        "update connector.a default",
        "stop agent.x",
        "start agent.x",
    ]


def test_default_serves_who_lets_go(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A running agent lets go of its LLM only when a default has been made."""
    before = applied(f"""
        connectors: {{a: {llm("Ann")}}}
        agents: {{x: {agent("Xen", "running: true", "connectors: {llm: a}")}}}
        """)
    text = f"""
        connectors: {{a: {llm("Ann", "default: true")}}}
        agents: {{x: {agent("Xen", "running: true", "connectors: {llm: null}")}}}
        """

    assert lines(before.plan(declare(text), catalog))[:2] == [
        "make-default connector.a",
        "update agent.x connectors.llm",
    ]


def test_agent_on_the_default_leaves_with_it(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A running agent that leaves goes before the default it runs on is released."""
    before = applied(f"""
        connectors: {{a: {llm("Ann", "default: true")}}}
        agents: {{x: {agent("Xen", "running: true")}}}
        """)
    plan = before.plan(declare(f"connectors: {{a: {llm('Ann')}}}\nagents: {{}}"), catalog)

    assert lines(plan) == ["stop agent.x", "delete agent.x", "update connector.a default"]


def test_inbound_moves(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Inbound is released, then claimed, with nothing in between: one handover."""
    both = f"connectors: {{a: {llm('Ann')}}}\nchannels: {{t: {telegram('Tom')}}}\n"
    here, there = "channels: {t: {inbound: true}}", "channels: {t: {}}"
    before = applied(both + f"agents: {{x: {agent('Xen', here)}, y: {agent('Yan', there)}}}")
    plan = before.plan(declare(both + f"agents: {{x: {agent('Xen', there)}, y: {agent('Yan', here)}}}"), catalog)

    assert lines(plan) == ["update attachment.x/t inbound", "update attachment.y/t inbound"]
    assert [str(handover) for handover in plan.handovers] == ["handover inbound channel.t: agent.x → agent.y"]


def test_inbound_moves_in_a_circle(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Three agents that hand three channels on in a circle each release and claim."""
    channels = "".join(f"\n  {key}: {telegram(key, token=key.upper())}" for key in "rst")

    def answering(x: str, y: str, z: str) -> str:
        agents = zip("xyz", (x, y, z), strict=True)
        every = [agent(key, f"channels: {{{place}: {{inbound: true}}}}") for key, place in agents]
        return f"channels:{channels}\nagents: {{x: {every[0]}, y: {every[1]}, z: {every[2]}}}"

    plan = applied(answering("r", "s", "t")).plan(declare(answering("s", "t", "r")), catalog)

    assert [str(handover) for handover in plan.handovers] == [
        "handover inbound channel.r: agent.x → agent.z",
        "handover inbound channel.s: agent.y → agent.x",
        "handover inbound channel.t: agent.z → agent.y",
    ]
    assert lines(plan)[0::2] == ["delete attachment.x/r", "delete attachment.y/s", "delete attachment.z/t"]


def test_names_swap(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Two names change places in three renames, over a helper name that says whose it is."""
    before = applied(f"connectors: {{a: {llm('Ann')}, b: {llm('Bea')}}}")
    plan = before.plan(declare(f"connectors: {{a: {llm('Bea')}, b: {llm('Ann')}}}"), catalog)

    assert lines(plan) == ["update connector.b name", "update connector.a name", "update connector.b name"]
    assert plan.operations[0].changes[0].after.startswith("Bea (moving ")
    assert plan.operations[0].part_of == "swap of 'Bea'"
    assert plan.operations[2].changes[0].after == "Ann"


def test_names_in_a_circle(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Three names change places in four renames."""
    before = applied(f"channels: {{a: {telegram('A', token='A')}, b: {telegram('B')}, c: {telegram('C', token='C')}}}")
    text = f"channels: {{a: {telegram('B', token='A')}, b: {telegram('C')}, c: {telegram('A', token='C')}}}"

    assert len(before.plan(declare(text), catalog).operations) == 4


def test_a_name_passes_on(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A name that its holder gives up needs no helper."""
    before = applied(f"connectors: {{a: {llm('Ann')}, b: {llm('Bea')}}}")
    plan = before.plan(declare(f"connectors: {{a: {llm('Bea')}, b: {llm('Cid')}}}"), catalog)

    assert lines(plan) == ["update connector.b name", "update connector.a name"]


def test_two_defaults_renamed_crosswise(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Name and default of two connectors of a type change places, and no step has two of either."""
    before = applied(f"connectors: {{a: {llm('Ann', 'default: true')}, b: {llm('Bea')}}}")
    plan = before.plan(declare(f"connectors: {{a: {llm('Bea')}, b: {llm('Ann', 'default: true')}}}"), catalog)

    assert lines(plan) == [
        "make-default connector.b",
        "update connector.b name",
        "update connector.a name",
        "update connector.b name",
    ]


def test_llm_in_use_is_deleted_after_relinking(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An agent takes another LLM and restarts before the one it used goes; nothing is unlinked by the platform."""
    before = applied(f"""
        connectors: {{a: {llm("Ann")}, b: {llm("Bea")}}}
        agents: {{x: {agent("Xen", "running: true", "connectors: {llm: a}")}}}
        """)
    text = f"""
        connectors: {{b: {llm("Bea")}}}
        agents: {{x: {agent("Xen", "running: true", "connectors: {llm: b}")}}}
        """
    plan = before.plan(declare(text), catalog)

    assert lines(plan) == ["update agent.x connectors.llm", "stop agent.x", "start agent.x", "delete connector.a"]
    assert not plan.operations[-1].effects


def test_agent_stops_and_its_llm_goes(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An agent that is stopped and loses its LLM at once is stopped first."""
    before = applied(f"""
        connectors: {{a: {llm("Ann")}}}
        agents: {{x: {agent("Xen", "running: true", "connectors: {llm: a}")}}}
        """)
    text = f"connectors: {{}}\nagents: {{x: {agent('Xen', 'running: false', 'connectors: {llm: null}')}}}"

    assert lines(before.plan(declare(text), catalog)) == [
        "stop agent.x",
        "update agent.x connectors.llm",
        "delete connector.a",
    ]


def test_codes_swap(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Two integration codes that one agent uses change places over a helper code."""
    who = f"agents: {{x: {agent('Xen', 'connectors: {mcp: [a, b]}')}}}"
    before = applied(f"connectors: {{a: {mcp('Ann', 'ONE')}, b: {mcp('Bea', 'TWO')}}}\n{who}")
    text = f"connectors: {{a: {mcp('Ann', 'TWO')}, b: {mcp('Bea', 'ONE')}}}\n{who}"
    plan = before.plan(declare(text), catalog)

    assert [operation.changes[0].after[:3] for operation in plan.operations] == ["TMP", "ONE", "TWO"]


def test_speech_before_sip(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """An agent has its STT and TTS before it is attached to SIP, and is detached before they go."""
    voice = f"s: {speech('stt', 'Sam')}, t: {speech('tts', 'Tim')}"
    line = 'channels: {v: {type: sip, name: Line, settings: {server: s.example, username: u, password: "${env:S}"}}}\n'
    without = (
        f"connectors: {{}}\n{line}agents: {{x: {agent('Xen', 'connectors: {stt: null, tts: []}', 'channels: {}')}}}"
    )
    told = agent("Xen", "connectors: {stt: s, tts: [t]}", "channels: {v: {inbound: true}}")
    with_speech = f"connectors: {{{voice}}}\n{line}agents: {{x: {told}}}"

    assert lines(applied(without).plan(declare(with_speech), catalog))[-2:] == [
        "update agent.x connectors.stt connectors.tts",
        "create attachment.x/v",
    ]
    assert lines(applied(with_speech).plan(declare(without), catalog)) == [
        "delete attachment.x/v",
        "update agent.x connectors.stt connectors.tts",
        "delete connector.t",
        "delete connector.s",
    ]


def test_no_legal_end(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Where others need what is taken away there is no order, and the refusal says who and where."""
    before = applied(f"connectors: {{a: {llm('Ann', 'default: true')}}}")
    before = before.added("f1", kind="agent", type="inbound", name="Theirs", running=True)

    with pytest.raises(ConfigInvalid) as refused:
        before.plan(declare(f"connectors: {{a: {llm('Ann')}}}"), catalog)

    assert [(d.code, d.address) for d in refused.value.diagnostics] == [("running-without-role", "agent.id:f1")]
