"""The machine's twin says the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flametree_cfg.diff import Change
from flametree_cfg.errors import ExitCode, error
from flametree_cfg.model import Action, Entry, Resource, Secret, Stored, connector
from flametree_cfg.plan.types import Plan
from flametree_cfg.report import Document, Done, Failure, History, formats
from tests.report.plans import EVERYTHING, WARNED, Planned, create, json_of, steps, text_of, update


def plan_json(*items: Planned) -> dict[str, object]:
    """Render plans and read them back."""
    read = json.loads(json_of(Document.PLAN, items))
    assert isinstance(read, dict)
    return read


def test_formats_are_files() -> None:
    """A format is a file of the room."""
    assert formats() == (
        "dot", "github", "gitlab", "html", "json", "junit", "markdown", "mermaid", "sarif", "svg", "text",
    )  # fmt: skip


def test_a_plan_says_what_the_text_says() -> None:
    """Every address, path and number of the text stands in the document too."""
    item = Planned("acme", EVERYTHING, "tenants/acme", (WARNED,), digest="abc123")
    document = json_of(Document.PLAN, [item])
    read = json.loads(document)
    plan = read["tenants"][0]["plan"]

    assert (read["format_version"], read["command"]) == (1, "plan")
    assert read["summary"] == {
        "add": 2, "change": 2, "delete": 1, "replace": 0, "handovers": 1, "restarts": 1, "ledger": 0, "imports": 0,
        "tenants": 1, "failed": 0,
    }  # fmt: skip
    assert [c["address"] for c in plan["changes"]] == [str(c.address) for c in EVERYTHING.changes]
    assert plan["handovers"] == [{"slot": "default llm", "before": "connector.gpt", "after": "connector.sonnet"}]
    assert plan["checks"] == 120
    assert plan["unmanaged"] == ["channel.inbox"]
    assert read["tenants"][0]["diagnostics"][0]["location"] == {"file": "tenants/acme/a.yaml", "line": 3, "column": 5}


def test_secrets_are_references() -> None:
    """A secret is its reference; a fingerprint stays inside."""
    document = json_of(Document.PLAN, [Planned("acme", EVERYTHING)])

    assert '{"$secret": "${env:BOT_TOKEN}"}' in document
    assert "k:1" not in document
    assert '"note": "rotated"' in document


def test_keys_are_sorted_and_text_is_ascii() -> None:
    """The document is the same bytes for the same plan, whatever the stream's encoding."""
    document = json_of(Document.PLAN, [Planned("café", EVERYTHING)])

    assert document.isascii()
    assert document == json.dumps(json.loads(document), sort_keys=True)


@given(st.text(st.characters()))
def test_any_text_reads_back_equal(text: str) -> None:
    """Whatever stands in a name, the document gives it back."""
    plan = Plan("t", steps(1), (create(connector("a"), "llm", text),))
    read = json.loads(json_of(Document.PLAN, [Planned("t", plan)]))

    assert read["tenants"][0]["plan"]["changes"][0]["name"] == text


def test_a_failed_tenant_has_no_plan() -> None:
    """A tenant without a plan keeps its place, with its exit code."""
    read = plan_json(Planned("", None, "tenants/bad", (error("x", "Y"),), ExitCode.INVALID))

    assert read["tenants"][0]["plan"] is None  # type: ignore[index]
    assert read["tenants"][0]["exit_code"] == 4  # type: ignore[index]


def test_failure() -> None:
    """A command that cannot go on still gives a document."""
    read = json.loads(json_of(Document.FAILURE, Failure((error("x", "Y", "Z"),), ExitCode.LOCKED)))

    assert read["exit_code"] == 7
    assert read["diagnostics"][0]["detail"] == "Z"


@pytest.mark.parametrize("kind", list(Document))
@pytest.mark.parametrize("form", formats())
def test_every_format_knows_every_kind(kind: Document, form: str) -> None:
    """No kind of document is forgotten by a format."""
    from importlib import import_module

    assert kind in import_module(f"flametree_cfg.report.{form}")._WRITERS


def test_state_shows_no_fingerprint() -> None:
    """The ledger's entries are shown with references only, in both formats."""
    entry = Entry(Resource(connector("a"), {"type": "llm", "settings": {"k": Secret("${env:K}", "id:ff")}}), "77")
    stored = Stored("acme", "lin", 3, "plat", {connector("a"): entry})

    both = json_of(Document.STATE, stored) + text_of(Document.STATE, stored) + text_of(Document.ENTRY, entry)

    assert "${env:K}" in both
    assert "id:ff" not in both


def test_history_of_nothing() -> None:
    """A tenant never applied has an empty history, not an error."""
    assert json.loads(json_of(Document.HISTORY, History("acme", ())))["runs"] == []
    assert text_of(Document.HISTORY, History("acme", ())) == "History: 0 runs of tenant acme"


def test_done_is_its_facts() -> None:
    """Something small that was done is a sentence or its facts."""
    done = Done("Forgot it", {"serial": 3})

    assert json.loads(json_of(Document.DONE, done)) == {"command": "done", "format_version": 1, "serial": 3}
    assert text_of(Document.DONE, done) == "Forgot it"


def test_ledger_only_changes_are_counted_apart() -> None:
    """What only the ledger records is no change of the platform."""
    change = replace(update(connector("a")), action=Action.FORGET)
    read = plan_json(Planned("t", Plan("t", steps(1), (change,))))

    assert isinstance(change, Change)
    assert read["summary"]["ledger"] == 1  # type: ignore[index]
    assert read["summary"]["change"] == 0  # type: ignore[index]
