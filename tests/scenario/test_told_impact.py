"""What a plan says of its impact, in every format, with places, whatever part of the tenant it looked at."""

from __future__ import annotations

import json
import re
import sys

import pytest

from tests.scenario.running import Zoo
from tests.scenario.texts import AFTER, BEFORE

EVIL = "https://llm.evil.example/v1"
MOVED = BEFORE.replace(
    'day-model:\n    type: llm\n    name: Day model\n    default: true\n    settings: {api_url: "https://llm.example/v1"',
    f'day-model:\n    type: llm\n    name: Day model\n    default: true\n    settings: {{api_url: "{EVIL}"',
)
SHOUT = "A SECRET GOES TO A HOST IT NEVER WENT TO"
ROWS = (
    "Agents get another model",
    "Channels answered by another agent",
    "Defaults move",
    "Agents that linked a connector which is deleted",
    "Likely renames",
)


@pytest.fixture
def applied(zoo: Zoo) -> Zoo:
    """Give a zoo that is applied once."""
    zoo.declare(BEFORE)
    zoo.apply()
    return zoo


def shown(zoo: Zoo, *formats: str) -> list[str]:
    """Plan once, and give the reports."""
    reports = [f"--report={name}={name}.out" for name in formats]
    zoo.ok("plan", "tenants/zoo", *reports)
    return [(zoo.root / f"{name}.out").read_text(encoding="utf-8") for name in formats]


def test_every_format_tells_it(applied: Zoo) -> None:
    """Text, Markdown, HTML and JSON say the same of one plan."""
    applied.declare(AFTER)
    for report in shown(applied, "text", "markdown", "html"):
        assert [row for row in ROWS if row not in report] == []
        assert "agent.day llm: connector.day-model (day) → connector.night-model (night)" in report
        assert "connector.going → connector.coming: previously: [going]" in report
    (plain,) = shown(applied, "json")
    impact = json.loads(plain)["tenants"][0]["plan"]["impact"]

    assert impact["affected_agents"] == ["agent.day", "agent.night"]
    assert [one["address"] for one in impact["restarts"]] == ["agent.day", "agent.night", "channel.bot"]
    assert impact["inbound"] == [{"channel": "channel.bot", "before": "agent.day", "after": "agent.night"}]
    assert impact["losses"] == [
        {"connector": "connector.going", "agent": "agent.day", "role": "uses", "instead": ["connector.coming"]}
    ]


def test_a_likely_rename_has_its_place(applied: Zoo) -> None:
    """The line to add is given to the letter, with the place where it belongs; with it the plan keeps the object."""
    applied.declare(AFTER)
    planned = applied.ok("plan", "tenants/zoo")
    said = re.search(r"hint: to keep the object, add `(.*)` under `coming:`", planned)
    place = re.search(r"tenants/zoo/zoo.yaml:(\d+):\d+   connector.coming", planned)
    assert said is not None
    assert place is not None
    lines = (applied.folder / "zoo.yaml").read_text().splitlines()
    lines.insert(int(place[1]), f"    {said[1]}")
    (applied.folder / "zoo.yaml").write_text("\n".join(lines))
    followed = applied.document("plan", "tenants/zoo")["tenants"][0]["plan"]

    assert lines[int(place[1]) - 1] == "  coming:"
    assert "likely-rename" in planned
    assert followed["impact"]["likely_renames"] == []
    assert followed["summary"]["delete"] == 0


def test_a_host_that_changes_is_shouted_first(applied: Zoo) -> None:
    """It stands above everything else, with code, file and line, in every format; applying warns too."""
    applied.declare(MOVED.replace("name: Going away", "name: Gone"))
    text, markdown, page, plain, annotations = shown(applied, "text", "markdown", "html", "json", "github")
    found = json.loads(plain)["tenants"][0]["diagnostics"]
    again = applied.run("apply", "tenants/zoo", "--yes")

    assert text.splitlines()[2] == f"warning[secret-to-new-host]: {SHOUT}"
    assert re.match(r"  tenants/zoo/zoo.yaml:\d+:\d+   connector.day-model", text.splitlines()[3])
    assert "${env:OPENAI_KEY} went to https://llm.example, and would go to https://llm.evil.example" in text
    assert markdown.index(SHOUT) < markdown.index("<details")
    assert page.index(SHOUT) < page.index("<h3>Impact") if "<h3>Impact" in page else SHOUT in page
    assert found[0]["code"] == "secret-to-new-host"
    assert found[0]["location"]["line"] > 1
    assert "secret-to-new-host" in annotations
    assert SHOUT in again.stdout


def test_a_host_and_its_secret(applied: Zoo) -> None:
    """A host that comes with a secret of its own is nothing to shout about."""
    applied.declare(MOVED.replace("OPENAI_KEY", "NIGHT_BOT_TOKEN"))

    assert SHOUT not in applied.ok("plan", "tenants/zoo")


@pytest.mark.parametrize("flags", [(), ("--no-cache",), ("--no-refresh",)], ids=str)
def test_whatever_part_is_looked_at(zoo: Zoo, flags: tuple[str, ...]) -> None:
    """In a large tenant of which a plan looks at a part only, it says the same as where it looks at everything."""
    others = "".join(
        f'  k{n}: {{type: stt, name: K{n}, settings: {{api_url: "https://llm.example/v1", '
        f'access_token: "${{env:OTHER_KEY}}", model_name: m}}}}\n'
        for n in range(200)
    )
    agents = "agents:\n  x: {type: inbound, name: X, instructions: Ask K7 and K8.}\n"
    zoo.declare("connectors:\n" + others + agents)
    zoo.apply()
    zoo.ok("registry", "link", "zoo", "agent.x", "connector.k7", "--role", "stt")
    zoo.ok("plan", "tenants/zoo")
    evil = others.splitlines()[0].replace("k0", "new").replace("K0", "New").replace("llm.example", "evil.example")
    gone = "\n".join(line for line in others.splitlines() if not line.startswith("  k7:"))
    zoo.declare(f"connectors:\n{others}{evil}\n{agents}")
    made = zoo.run("plan", "tenants/zoo", *flags)
    zoo.declare(f"connectors:\n{gone}\n{agents}")
    deleted = zoo.document("plan", "tenants/zoo", *flags)["tenants"][0]["plan"]["impact"]

    assert SHOUT in made.stdout
    assert [(one["agent"], one["name"]) for one in deleted["mentions"]] == [("agent.x", "K7")] or flags
    if "--no-refresh" not in flags:
        assert [(one["agent"], one["connector"]) for one in deleted["losses"]] == [("agent.x", "connector.k7")]


def test_durations_only_where_they_were_measured(applied: Zoo) -> None:
    """After three applies a plan says how long they took; before, and with nothing to do, it says nothing of it."""
    before = applied.ok("plan", "tenants/zoo")
    said = []
    for name in ("Una", "Bea"):
        applied.declare(BEFORE.replace("name: Bot", f"name: {name}"))
        said.append(applied.document("plan", "tenants/zoo")["tenants"][0]["plan"]["last_applies_s"])
        applied.apply()
    applied.declare(BEFORE)
    text, plain, markdown = shown(applied, "text", "json", "markdown")
    runs = applied.document("history", "list", "tenants/zoo")["runs"][:3]

    assert "applies took" not in before
    assert said == [[], []]
    assert re.search(r"the last 3 applies took \d+\.\d( to \d+\.\d)? s", text)
    assert re.search(r"The last 3 applies took", markdown)
    assert json.loads(plain)["tenants"][0]["plan"]["last_applies_s"] == [run["duration_s"] for run in runs]


def test_a_plan_without_changes_loads_none_of_it(applied: Zoo) -> None:
    """Impact and gates cost nothing where nothing changes."""
    script = (
        "import sys; from flametree_cfg.cli import run; code = run(['plan', 'tenants/zoo']); "
        "found = [m for m in sys.modules if 'flametree_cfg.impact' in m or m.endswith(('guarding', 'foreseeing'))]; "
        "print(found, code, file=sys.stderr)"
    )
    applied.ok("plan", "tenants/zoo")
    quiet = applied.shell(f'{sys.executable} -c "{script}"')
    applied.declare(AFTER)
    busy = applied.shell(f'{sys.executable} -c "{script}"')

    assert quiet.stderr.splitlines()[-1] == "[] 0", quiet.said
    assert "flametree_cfg.impact.consequences" in busy.stderr.splitlines()[-1]
