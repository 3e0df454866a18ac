"""Pictures: what is connected to what, in every notation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.model import Resource, agent, attachment, channel, connector
from flametree_cfg.plan.types import Plan
from flametree_cfg.report import Document, render
from flametree_cfg.report._drawings import drawing
from flametree_cfg.report._escape import is_plain
from flametree_cfg.report._wiring import Mark, around_changes, wiring
from tests.report.drawn import Desk, declared
from tests.report.plans import Drifted, Planned, Validated, resource, steps, update
from tests.report.test_markdown import CANARY, texts
from tests.scenario.running import Zoo

ZOO = """
    connectors:
      gpt:
        type: llm
        name: G
        default: true
        settings: {api_url: "https://x.example/v1", access_token: "${env:OPENAI_KEY}", model_name: m, temperature: 0}
    channels:
      tg: {type: telegram, name: Bot, settings: {bot_token: "${env:BOT_TOKEN}"}}
    agents:
      ann: {type: inbound, name: Ann, connectors: {llm: gpt}, channels: {tg: {inbound: true}}}
    """


def drawn(form: str, name: str) -> str:
    """Draw one tenant in which everything has one name."""
    item = Validated(name, (), "tenants/x", reading=Desk(declared(name)))
    return "".join(f"{line.text}\n" for line in render(Document.GRAPH, form, [item]))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("dot", 'n0_0 -> n0_2 [label="llm"]'),
        ("mermaid", 'n0x1 -->|"inbound"| n0x0'),
        ("svg", "<title>channel.tg \u2192 agent.ann: inbound</title>"),
        ("text", "    \u2192 inbound: from channel.tg"),
        ("json", '"connections": [{"as": "llm", "from": "agent.ann", "to": "connector.gpt"}'),
        ("markdown", "```mermaid"),
        ("html", "<title>agent.ann \u2192 connector.gpt: llm</title>"),
    ],
)
def test_the_command_draws_a_tenant(tmp_path: Path, form: str, line: str) -> None:
    """`graph PATH --format FORMAT` draws what the YAML says: no ledger, no platform, no secret."""
    zoo = Zoo(tmp_path)
    zoo.declare(ZOO)
    ended = zoo.run("graph", "tenants/zoo", "--format", form)

    assert ended.returncode == 0
    assert line in ended.stdout
    assert not (tmp_path / ".flametree" / "ledger.db").exists()


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    """A tenant that cannot be read is not drawn, and the command says why."""
    zoo = Zoo(tmp_path)
    zoo.declare("connectors: 7\n")
    ended = zoo.run("graph", "tenants/zoo", "--format", "dot")

    assert ended.returncode == 4
    assert ended.codes == {"not-a-mapping"}
    assert "->" not in ended.stdout


@given(texts)
def test_hostile_names_in_dot(text: str) -> None:
    """Every line is one statement, whatever the names; a name ends neither its quotes nor its line."""
    lines = drawn("dot", text).splitlines()
    quoted = r'"(?:[^"\\]|\\["\\n])*"'
    value = rf"(?:{quoted}|[\w.]+)"
    statement = rf"\s*(digraph \w+ {{|subgraph \w+ {{|}}|label={quoted}|\w+={value}|\w+( -> \w+)? \[(\w+={value} ?)+\])"

    assert [line for line in lines if not re.fullmatch(statement, line)] == []
    assert len(lines) == len(drawn("dot", "harmless").splitlines())


@given(texts)
def test_hostile_names_in_mermaid(text: str) -> None:
    """No name holds a character that Mermaid or its HTML obeys; the lines are those of harmless names."""
    written = drawn("mermaid", text)
    inside = re.findall(r'"([^"]*)"', written)
    fence = MarkdownIt().parse(drawn("markdown", text))[-1]

    assert len(written.splitlines()) == len(drawn("mermaid", "harmless").splitlines())
    assert len(inside) == 6
    assert not [one for one in inside if re.search(r"[<>&;#`\\]", re.sub(r"#\d+;|<br/>", "", one))]
    assert is_plain(written.replace("\n", ""))
    assert fence.type == "fence"


@given(texts)
def test_hostile_names_in_svg(text: str) -> None:
    """It is XML whose elements are ours."""
    root = ET.fromstring(drawn("svg", text))
    tags = {part.tag.rpartition("}")[2] for part in root.iter()}

    assert tags == {"svg", "g", "style", "text", "title", "rect", "path"}
    assert CANARY in "".join(root.itertext())


def test_links_that_come_and_go() -> None:
    """Of an agent that changes its model the old connection goes and the new one comes; all others stay."""
    before = resource(agent("ann"), "inbound", "Ann", connectors={"llm": "gpt", "vlm": "eye"})
    after = resource(agent("ann"), "inbound", "Ann", connectors={"llm": "sonnet", "vlm": "eye"})
    models = [resource(connector(key)) for key in ("gpt", "sonnet", "eye")]
    whole = wiring("x", [after, *models], {agent("ann"): Mark.CHANGE}, [before])

    assert {(edge.target.key, edge.mark) for edge in whole.edges} == {
        ("gpt", Mark.DELETE),
        ("sonnet", Mark.CREATE),
        ("eye", Mark.NONE),
    }


def test_an_attachment_that_changes_is_one_line() -> None:
    """An attachment that turns inbound is marked, not drawn twice."""
    address = attachment("ann", "tg")
    before, after = (Resource(address, {"agent": "ann", "channel": "tg", "inbound": one}) for one in (False, True))
    rest = [one for one in declared("x") if one.address != address]
    whole = wiring("x", [*rest, after], {address: Mark.CHANGE}, [before])

    assert [(e.label, e.mark) for e in whole.edges if e.source == channel("tg")] == [("inbound", Mark.CHANGE)]


def test_what_moved_outside_is_drawn() -> None:
    """A drift check draws what changed, what is gone and what nobody declares."""
    moved = (
        Drift(connector("gpt"), DriftKind.DELETED, "llm", "GPT"),
        Drift(connector("id:77"), DriftKind.ADDED, "llm", "Somebody's"),
        Drift(attachment("ann", "id:5"), DriftKind.ADDED, "", ""),
    )
    picture = drawing(Document.DRIFT, Drifted("x", moved, reading=Desk(declared("x"))))
    assert picture is not None
    marks = {str(node.address): node.mark for node in picture.nodes}

    assert marks["connector.gpt"] is Mark.DELETE
    assert marks["connector.id:77"] is Mark.OUTSIDE
    assert ("attached", Mark.OUTSIDE) in [(edge.label, edge.mark) for edge in picture.edges]


def test_a_plan_can_be_drawn() -> None:
    """`plan --format mermaid` draws what changes; a plan that could not be made draws nothing."""
    plan = Plan("x", steps(1), (update(connector("gpt")),))
    text = "".join(line.text for line in render(Document.PLAN, "mermaid", [Planned("x", plan)]))  # type: ignore[union-attr]
    nothing = list(render(Document.PLAN, "mermaid", [Planned("x", None)]))

    assert "~ connector.gpt" in text
    assert "classDef change" in text
    assert len(nothing) == 1


def test_a_large_tenant_is_kept_small() -> None:
    """No more objects than asked for, those that change before their neighbours, and it says how many are missing."""
    many = [one for n in range(100) for one in declared("x", f"-{n}")]
    whole = wiring("x", many, {connector(f"gpt-{n}"): Mark.CHANGE for n in range(5)})
    small, tiny = around_changes(whole, 50), around_changes(whole, 3)

    assert {node.address.key for node in small.nodes} == {f"{kind}-{n}" for kind in ("gpt", "ann") for n in range(5)}
    assert (len(small.nodes), small.left_out) == (10, 290)
    assert [node.mark for node in tiny.nodes] == [Mark.CHANGE] * 3
    assert around_changes(whole, 300) is whole


def test_several_tenants_stand_apart(tmp_path: Path) -> None:
    """Objects of one name in two tenants are two, and so are their pictures."""
    zoo = Zoo(tmp_path)
    zoo.declare(ZOO)
    zoo.declare(ZOO, tenant="aviary")
    graph = json.loads(zoo.run("graph", "tenants", "--format", "json").stdout)
    picture = ET.fromstring(zoo.run("graph", "tenants", "--format", "svg").stdout)
    tops = [part.attrib["transform"] for part in picture if part.tag.endswith("}g")]

    assert [len(tenant["objects"]) for tenant in graph["tenants"]] == [3, 3]
    assert len(set(tops)) == 2
    assert "subgraph t1" in zoo.run("graph", "tenants", "--format", "mermaid").stdout
