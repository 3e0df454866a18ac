"""Pages for a reviewer: complete, quiet, and nothing in them that came from data is obeyed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from flametree_cfg.errors import ExitCode
from flametree_cfg.model import agent, attachment, channel, connector
from flametree_cfg.plan.types import Plan
from flametree_cfg.report import Document, Failure, render
from flametree_cfg.report._escape import escape_lines, is_plain
from tests.report.conftest import Open
from tests.report.drawn import Desk, declared
from tests.report.hostile import HOSTILE, hostile_plan
from tests.report.plans import EVERYTHING, WARNED, Drifted, Planned, Validated, create, field, steps, update
from tests.report.test_markdown import CANARY, texts

EVIL = (
    *(text for text in HOSTILE if "\n" not in text and "\r" not in text and text.strip()),
    "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", '"><script>alert(1)</script>', "' onmouseover='alert(1)",
    "javascript:alert(1)", "</title><script>alert(1)</script>", "</style><script>alert(1)</script>", "{{ 7 * 7 }}",
    "]]><script>alert(1)</script>", "<a href=javascript:alert(1)>", "<base href=https://evil.example>",
)  # fmt: skip
TAGS = frozenset((
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "article", "figure",
    "figcaption", "details", "summary", "h1", "h2", "h3", "h4", "p", "ul", "li", "b", "a", "code", "span", "div",
    "table", "thead", "tbody", "tr", "th", "td", "svg", "g", "text", "rect", "path",
))  # fmt: skip
COUNT_TAGS = """() => {
  const counted = {}
  for (const one of document.querySelectorAll('*')) counted[one.localName] = (counted[one.localName] || 0) + 1
  return counted
}"""
ATTRIBUTES = "() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes].map(a => a.name))"
LINKS = "() => [...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"
BACKGROUND = "() => getComputedStyle(document.body).backgroundColor"


def page(kind: Document, document: object) -> str:
    """Render a page."""
    return "".join(f"{line.text}\n" for line in render(kind, "html", document))  # type: ignore[union-attr]


def evil_results(texts: Sequence[str]) -> list[tuple[Document, object]]:
    """Give every kind of result a reviewer meets, with each text wherever one can stand."""
    items = [hostile_plan(text) for text in texts]
    desks = [Desk(declared(text)) for text in texts]
    plans = [replace(item, reading=desk) for item, desk in zip(items, desks, strict=True)]
    found = [(item.tenant_name, item.diagnostics, item.folder) for item in items]
    valid = [Validated(*one, reading=desk) for one, desk in zip(found, desks, strict=True)]
    moved = [(item.tenant_name, item.plan.drift if item.plan else ()) for item in items]
    return [
        (Document.PLAN, plans),
        (Document.PLAN, [*plans, *plans, *(Planned(name, None, name, found_) for name, found_, _ in found)]),
        (Document.DRIFT, [Drifted(*one, reading=desk) for one, desk in zip(moved, desks, strict=True)]),
        (Document.VALIDATE, valid),
        (Document.GRAPH, valid),
        (Document.FAILURE, Failure([one for item in items for one in item.diagnostics], ExitCode.LOCKED)),
    ]


@pytest.mark.parametrize("place", range(6))
def test_hostile_names_in_a_browser(open_page: Open, place: int) -> None:
    """No dialog, no request, no word in the console, and the same elements as with harmless names."""
    kind, evil = evil_results([f"{CANARY}{number} {text}" for number, text in enumerate(EVIL)])[place]
    _, harmless = evil_results([f"{CANARY}{number} harmless" for number in range(len(EVIL))])[place]
    expected = open_page(page(kind, harmless)).page.evaluate(COUNT_TAGS)
    opened = open_page(page(kind, evil), "evil.html")
    opened.page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
    shown = opened.page.evaluate("() => document.documentElement.innerText")

    assert opened.page.evaluate(COUNT_TAGS) == expected
    assert set(expected) <= TAGS
    assert {href[:2] for href in opened.page.evaluate(LINKS)} <= {"#s"}
    assert not [name for name in opened.page.evaluate(ATTRIBUTES) if name.startswith("on") or name == "style"]
    assert is_plain(re.sub(r"[\n\t]", "", shown))
    assert not [number for number in range(len(EVIL)) if f"{CANARY}{number} " not in shown]
    assert opened.deeds == []


class _Tags(HTMLParser):
    """Collects what stands between angle brackets."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_comment(self, data: str) -> None:
        self.tags.add(f"<!--{data}")


@settings(deadline=None, max_examples=30)  # a loaded machine; six pages each
@given(texts)
def test_no_text_becomes_markup(text: str) -> None:
    """Whatever stands in names, values, ids and messages, the elements and attributes are ours."""
    for kind, document in evil_results([text]):
        found = _Tags()
        written = page(kind, document)
        found.feed(written)
        assert found.tags <= TAGS
        assert not [name for name in found.attributes if name.startswith("on") or name in ("style", "src", "srcset")]
        assert escape_lines(written) == written


def test_the_policy_allows_its_own_style_alone(open_page: Open) -> None:
    """The page forbids everything but one style by its hash, and that style is in force."""
    written = page(Document.PLAN, [Planned("acme", EVERYTHING)])
    style = re.search("<style>(.*?)</style>", written, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    light, dark = open_page(written), open_page(written, dark=True)

    assert f'content="default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;;' in written
    assert "<script" not in written
    assert light.page.evaluate(BACKGROUND) == "rgb(246, 248, 250)"
    assert dark.page.evaluate(BACKGROUND) == "rgb(13, 17, 23)"
    assert light.deeds == dark.deeds == []


def test_the_policy_is_what_stops_a_script(open_page: Open) -> None:
    """A script that got into a page all the same would not run: the net under the net is there."""
    written = page(Document.PLAN, [Planned("acme", EVERYTHING)])
    opened = open_page(written.replace("</main>", "<script>alert(1)</script><img src='https://evil.example/x'></main>"))

    assert opened.dialogs == []
    assert len([line for line in opened.said if "Content Security Policy" in line]) == 2


def test_what_a_reviewer_reads(open_page: Open) -> None:
    """Summary, digest, impact, what to know with its place, and each change folded, which a click opens."""
    item = Planned("acme", EVERYTHING, "tenants/acme", (WARNED,), digest="abc123")
    shown = open_page(page(Document.PLAN, [item])).page
    change = shown.locator("details.entry.delete", has_text="connector.zz")
    field_of = shown.locator("details.entry", has_text="connector.gpt").last

    assert shown.locator("h1").inner_text() == "Plan: 2 to add, 2 to change, 1 to delete, 1 handover, 1 restart"
    assert "abc123" in shown.locator(".digest").inner_text()
    assert "agent.support" in shown.locator(".impact tr", has_text="Agents restart").inner_text()
    assert "tenants/acme/a.yaml:3:5" in shown.locator(".finding.warning").inner_text()
    assert change.count() == 1
    assert not field_of.locator(".fields").is_visible()
    field_of.locator("summary").click()
    assert "settings.temperature" in field_of.locator(".fields").inner_text()
    assert "rotated" in field_of.locator(".fields").inner_text()


def test_what_changes_is_drawn(open_page: Open) -> None:
    """Objects that change are outlined and carry a sign and a word, connections that come and go too."""
    before, after = declared("x"), declared("x")
    plan = Plan(
        "x",
        steps(1),
        changes=(update(connector("gpt"), field("settings.temperature", 0, 1)), create(channel("new"), "email", "New")),
        restarts=(agent("ann"),),
    )
    assert before == after
    shown = open_page(page(Document.PLAN, [Planned("x", plan, reading=Desk(after))])).page

    assert shown.locator("svg g.node.change.marked .label").all_text_contents() == ["gpt"]
    assert shown.locator("svg g.node.create.marked .label").all_text_contents() == ["new"]
    assert shown.locator("svg g.node.restart.marked .sign").all_text_contents() == ["\u21bb"]
    assert shown.locator("svg path.inbound").count() == 1
    assert "+ create" in shown.locator("figcaption").inner_text()


def test_a_large_tenant_is_drawn_where_it_changes(open_page: Open) -> None:
    """Of hundreds of objects those that change are drawn, with their neighbours; the page says how many are not."""
    many = [one for n in range(300) for one in declared("x", f"-{n}")]
    plan = Plan("x", steps(1), changes=(update(connector("gpt-7"), field("settings.temperature", 0, 1)),))
    shown = open_page(page(Document.PLAN, [Planned("x", plan, reading=Desk(many))])).page

    assert shown.locator("svg g.node .label").all_text_contents() == ["ann-7", "gpt-7"]
    assert "898 more objects are left out" in shown.locator("figcaption").inner_text()


def test_many_tenants_with_one_change_are_one_section(open_page: Open) -> None:
    """400 tenants with the same change: one row that counts them, one section, every digest below."""
    change = update(channel("tg"), field("settings.greeting", "Hi", "Hello"), type_="telegram", name="Bot")
    items = [Planned(f"shop-{n:03}", Plan("s", steps(1), (change,)), digest=f"{n:064x}") for n in range(400)]
    shown = open_page(page(Document.PLAN, [*items, Planned("quiet", Plan("quiet"))])).page

    assert shown.locator(".overview tbody tr").count() == 2
    assert "400 tenants" in shown.locator(".overview tbody tr").first.inner_text()
    assert shown.locator("main section").count() == 2
    assert shown.locator(".entry.change").count() == 1
    assert f"{399:064x}" in page(Document.PLAN, items)


def test_it_fits_a_narrow_screen(open_page: Open) -> None:
    """On a telephone nothing but tables and pictures that scroll by themselves is wider than the screen."""
    long = "a-very-long-key-that-nobody-would-write-but-sixty-three-are-allowed"
    plan = Plan("x", steps(1), (update(attachment(long, long), field("settings." + long * 3, long, long * 9)),))
    opened = open_page(page(Document.PLAN, [Planned(long * 3, plan, digest="ab" * 32)]), width=360)

    assert opened.page.evaluate("() => document.documentElement.scrollWidth") == 360


def test_a_picture_alone_in_a_browser(open_page: Open) -> None:
    """SVG opened as a file of its own runs nothing either, whatever the names."""
    items = [Validated(text, (), text, reading=Desk(declared(text))) for text in EVIL]
    drawn = "".join(f"{line.text}\n" for line in render(Document.GRAPH, "svg", items))  # type: ignore[union-attr]
    opened = open_page(drawn, "picture.svg")

    assert opened.page.evaluate("() => document.documentElement.localName") == "svg"
    assert opened.page.evaluate("() => document.querySelectorAll('g.node').length") == 3 * len(EVIL)
    assert opened.page.evaluate("() => document.querySelectorAll('script, image, a, foreignObject').length") == 0
    assert opened.deeds == []


@pytest.mark.parametrize(("dark", "ground"), [(False, "rgb(255, 255, 255)"), (True, "rgb(13, 17, 23)")])
def test_a_picture_alone_has_its_own_ground(open_page: Open, ground: str, *, dark: bool) -> None:
    """A viewer's page is white whatever a person prefers, so light letters bring their dark ground along."""
    items = [Validated("x", (), "x", reading=Desk(declared("x")))]
    drawn = "".join(f"{line.text}\n" for line in render(Document.GRAPH, "svg", items))  # type: ignore[union-attr]
    opened = open_page(drawn, "picture.svg", dark=dark)

    assert opened.page.evaluate("() => getComputedStyle(document.querySelector('.ground')).fill") == ground
