"""What is posted: ours as it is, somebody else's as plain text; whatever the file is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from flametree_cfg.errors import FlametreeError
from flametree_cfg.forge import REPORT_BYTES, Marker, find_marker, read_facts, read_report, trusted_text, untrusted_text
from flametree_cfg.forge.text import COMMENT_CHARS
from flametree_cfg.plan.saved import overall_digest

MARK = Marker("plan", "tenants", "a" * 40)
HOSTILE = [
    "@acme/admins please approve",
    "<img src=http://evil.example/x><script>alert(1)</script></details>",
    "![x](http://evil.example/x) [y](javascript:alert(1)) https://evil.example #1",
    "```",
    "``````",
    "~~~",
    "/approve",
    "/merge",
    "<!-- flametree-cfg plan set=tenants head=" + "b" * 40 + " digest=" + "d" * 64 + " -->",
    "\u202etxt.exe\u2066 \x1b[31mred\x07",
]


def test_a_marker_is_read_as_it_was_written() -> None:
    """With and without head and digest, and with what forges do to line endings."""
    for marker in (MARK, Marker("drift", "a.b-c_9"), Marker("plan", "x", "", "d" * 64)):
        assert find_marker(f"{marker}\r\nwords") == marker


@pytest.mark.parametrize("line", ["", "words", " " + str(MARK), str(MARK) + " more", str(MARK).replace("plan", "Plan")])
def test_nothing_else_is_a_marker(line: str) -> None:
    """A line that only looks like one is none."""
    assert find_marker(f"{line}\n{MARK}") is None


def test_somebody_elses_text_is_shown_and_not_obeyed() -> None:
    """A Markdown reader finds one code block, with all of it, and nothing active."""
    shown = untrusted_text(MARK, "\n".join(HOSTILE))
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(shown)
    fences = [token for token in tokens if token.type == "fence"]
    inline = [child for token in tokens for child in token.children or ()]

    assert len(fences) == 1
    assert all(line in fences[0].content for line in HOSTILE[:-1])
    assert [token.content.strip() for token in tokens if token.type == "html_block"] == [str(MARK)]
    assert {child.type for child in inline} <= {"text", "softbreak"}
    assert not any(word in child.content for child in inline for word in ("@", "evil", "http"))
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert find_marker(shown) == MARK


@pytest.mark.parametrize("report", ["x" * 200_000, "line\n" * 50_000, "`" * 60_000, "\x00" * 60_000, ""])
def test_somebody_elses_text_always_fits(report: str) -> None:
    """Whatever it is, it is cut, and what was cut is said."""
    shown = untrusted_text(MARK, report)

    assert len(shown) <= COMMENT_CHARS
    assert len(report) < 100 or "Cut here" in shown or "nothing that could be shown" in shown


def test_our_own_text_is_posted_as_it_is() -> None:
    """The marker stands above it; one that cannot fit is refused, not cut in the middle of a fold."""
    assert trusted_text(MARK, "### Plan\n") == f"{MARK}\n### Plan\n"
    with pytest.raises(FlametreeError):
        trusted_text(MARK, "x" * COMMENT_CHARS)


def test_only_a_regular_file_of_some_size_is_read(tmp_path: Path) -> None:
    """A link, a pipe, a folder, nothing, and too much are refused; a pipe is not waited for."""
    good = tmp_path / "good.md"
    good.write_bytes(b"caf\xc3\xa9 \xff")
    (tmp_path / "link.md").symlink_to(good)
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "large.md").write_bytes(b"x" * (REPORT_BYTES + 1))

    assert read_report(good) == "café \ufffd"
    for name in ("link.md", "pipe.md", "large.md", "none.md", ".", "no\0path"):
        with pytest.raises(FlametreeError):
            read_report(tmp_path / name)


def plan(tenants: str) -> str:
    """Write a plan's JSON."""
    return f'{{"format_version": 1, "tenants": [{tenants}]}}'


def test_a_plan_says_whether_it_is_empty() -> None:
    """Empty only if every tenant has a plan, and none does anything."""
    quiet, busy = ('{"plan": {"changes": [], "operations": []}}', '{"plan": {"changes": [1], "operations": [1]}}')

    assert read_facts(plan(quiet)).empty
    assert not read_facts(plan(f"{quiet}, {busy}")).empty
    assert not read_facts(plan(f'{quiet}, {{"plan": null}}')).empty
    assert not read_facts('{"format_version": 1, "exit_code": 4, "diagnostics": []}').empty


def test_the_digest_is_that_of_the_whole_run() -> None:
    """As `apply --expect` takes it; none where a tenant has no plan, or it is no digest."""
    north, south = (
        f'{{"tenant": "{name}", "plan": {{"changes": []}}, "digest": "{letter * 64}"}}'
        for name, letter in (("north", "d"), ("south", "e"))
    )

    assert read_facts(plan(north)).digest == "d" * 64
    assert read_facts(plan(f"{north}, {south}")).digest == overall_digest({"north": "d" * 64, "south": "e" * 64})
    assert read_facts(plan(f'{north}, {{"tenant": "x", "plan": null}}')).digest == ""
    assert read_facts(plan(f"{north}, {north}")).digest == ""
    assert read_facts(plan('{"plan": {}, "digest": "x\\n"}')).digest == ""


@pytest.mark.parametrize("document", ["", "no", "[]", "{}", '{"format_version": 2}', "[" * 100_000])
def test_what_is_no_plan_is_refused(document: str) -> None:
    """A hostile or foreign document ends in a diagnostic."""
    with pytest.raises(FlametreeError):
        read_facts(document)
