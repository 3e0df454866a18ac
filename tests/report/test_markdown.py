"""Comments: nothing in them that came from data is obeyed, and they fit."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from flametree_cfg.errors import ExitCode, error
from flametree_cfg.model import channel, connector
from flametree_cfg.plan.types import Plan
from flametree_cfg.report import Document, Failure, Line, render
from flametree_cfg.report._comment import fenced, fit, span, table
from flametree_cfg.report._escape import escape_lines
from tests.report.hostile import HOSTILE, hostile_plan
from tests.report.plans import EVERYTHING, WARNED, Drifted, Planned, Validated, create, field, steps, update

FORGE_TAKES = 65_536  # characters of one comment
CANARY = "zq7"
OURS = re.compile(r"</?details( open)?>|</?summary>|<summary>[0-9A-Za-z ,]*</summary>")
texts = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=6), max_size=8).map(lambda some: "".join(some) + CANARY)


def comment(kind: Document, document: object) -> str:
    """Render for a comment."""
    return "".join(f"{line.text}\n" for line in render(kind, "markdown", document) if isinstance(line, Line))


def tokens(markdown: str) -> Iterator[Token]:
    """Read it as a forge does: HTML allowed, tables known."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in parser.parse(markdown):
        yield token
        yield from token.children or ()


def assert_harmless(markdown: str) -> None:
    """Data stands in code alone, and the only HTML is our own."""
    for token in tokens(markdown):
        assert not token.type.startswith(("link", "image")), token
        if token.type in ("html_block", "html_inline"):
            assert all(OURS.fullmatch(line) for line in token.content.split("\n") if line), token.content
        elif token.type not in ("code_inline", "fence", "inline"):
            assert CANARY not in token.content, token
            assert not re.search(r"[@#<>]|://|www\.", token.content), token
    html = "".join(token.content for token in tokens(markdown) if token.type == "html_block")
    assert html.count("<details") == html.count("</details>") == html.count("</summary>")
    assert escape_lines(markdown) == markdown


@settings(deadline=None)  # a loaded machine
@given(texts)
@example("`" * 5 + "|\n</details>\n\n@org/team " + CANARY)
def test_a_hostile_plan_is_harmless(text: str) -> None:
    """Whatever stands in names, values, ids and messages, alone or among others, stays in code."""
    item = hostile_plan(text)

    assert_harmless(comment(Document.PLAN, [item]))
    assert_harmless(comment(Document.PLAN, [item, item, Planned(text + "b", None, text, item.diagnostics)]))


@settings(deadline=None)  # a loaded machine
@given(texts)
def test_hostile_drift_and_validation_are_harmless(text: str) -> None:
    """The same of what moved, what was found and why a command could not go on."""
    item = hostile_plan(text)
    assert item.plan is not None
    drifted = [Drifted(text, item.plan.drift, folder=text, diagnostics=item.diagnostics), Drifted("b", (), "unknown")]

    assert_harmless(comment(Document.DRIFT, drifted))
    assert_harmless(comment(Document.VALIDATE, [Validated(text, item.diagnostics, text)]))
    assert_harmless(comment(Document.FAILURE, Failure(item.diagnostics, ExitCode.LOCKED)))


@given(texts)
def test_data_is_there(text: str) -> None:
    """A span shows what it was given, as one code node; in a table it stays in its cell."""
    (inline,) = [token for token in tokens(span(text)) if token.type == "code_inline"]
    cells = list(tokens("\n".join(line.text for line in fit([table(("A", "B"), [[span(text), "end"]])]))))

    assert CANARY in inline.content or "more)" in inline.content
    assert [t.content for t in cells if t.type == "text"] == ["A", "B", "end"]


@given(st.lists(texts, max_size=5))
def test_a_fence_holds(lines: list[str]) -> None:
    """No line closes the fence it stands in."""
    written = [line.text for line in fit([fenced(map(Line, lines))])]
    (fence,) = [token for token in tokens("\n".join(written)) if token.level == 0 and token.type != "inline"]

    assert fence.type == "fence"
    assert fence.content.count("\n") == len(written) - 3


def test_what_a_reviewer_reads() -> None:
    """Summary first, then what it does to running things, the digest, and the changes folded away."""
    written = comment(Document.PLAN, [Planned("acme", EVERYTHING, "tenants/acme", (WARNED,), digest="abc123")])

    assert written.startswith("### Plan: 2 to add, 2 to change, 1 to delete, 1 handover, 1 restart\n")
    assert "Digest `abc123`" in written
    assert "| Agents restart | 1 | `agent.support` |" in written
    assert "| Deleted | 1 | `connector.zz` |" in written
    assert "<summary>2 resources to change</summary>\n\n```diff\n~ change  agent.support" in written
    assert written.count("<details>") == written.count("</details>") == 5


def test_the_same_change_in_many_tenants_is_one_row() -> None:
    """400 tenants with one change: one row that counts them, one section, and it fits."""
    change = update(channel("tg"), field("settings.greeting", "Hi", "Hello"), type_="telegram", name="Bot")
    items = [Planned(f"shop-{n:03}", Plan(f"shop-{n:03}", steps(1), (change,)), digest="ab" * 32) for n in range(400)]
    written = comment(Document.PLAN, [*items, Planned("quiet", Plan("quiet"))])

    assert written.count("resource to change</summary>") == 1
    assert "| 1 | **400 tenants**: `shop-000`, " in written
    assert "0 to add, 1 to change, 0 to delete in each | below |" in written
    assert "<summary>400 digests</summary>" in written
    assert "| `quiet` | no changes |" in written
    assert "Cut here" not in written
    assert len(written) < FORGE_TAKES


@pytest.mark.parametrize("wide", ["x", "\u00e9", "\U0001f600"])
def test_too_much_is_cut_and_says_so(wide: str) -> None:
    """A comment never grows too large, whatever its letters weigh; every section that was opened is closed."""
    changes = tuple(create(connector(f"c{n}"), "llm", wide * 50, description=wide * 900) for n in range(3000))
    items = [Planned(f"t{n}", Plan("t", steps(1), changes[n : n + 1000])) for n in range(3)]
    written = comment(Document.PLAN, items)

    assert len(written.encode()) < FORGE_TAKES
    assert re.search(r"\*\*Cut here:\*\* \d+ more lines did not fit", written.splitlines()[-1])
    assert written.count("<details>") == written.count("</details>")
    assert written.count("```") % 2 == 0


def test_a_long_value_is_cut() -> None:
    """One value does not take the place of all others."""
    plan = Plan("t", steps(1), (create(connector("a"), "llm", "A", description="d" * 100_000),))
    written = comment(Document.PLAN, [Planned("t", plan)])

    assert len(written) < 2000
    assert "characters more)" in written


def test_what_else_is_shown_as_text() -> None:
    """A document that is no matter for a review is the text in a fence."""
    assert "```text\n" in comment(Document.PLAN, [Planned("t", None, "t", (error("x", "Y"),))])
    assert_harmless(comment(Document.VALIDATE, [Validated("t", (WARNED,))]))
