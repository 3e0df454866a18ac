"""Values as people read them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flametree_cfg.model import FieldChange, Note, Secret
from flametree_cfg.report._lines import UNICODE
from flametree_cfg.report._values_text import field_lines, needs_quotes, path_text, value_text

TAKEN_FOR_SOMETHING_ELSE = re.compile(
    r"""|[\s"'(\[{].*|.*[\s"]|true|false|null|[-+.]?[\d.][\d._eE+-]*|.*\s(?:->|\u2192)\s.*""", re.DOTALL
)
PARTS = st.sampled_from(
    ["true", "null", "a", "Zed", "\u0663", "1", "e", "+", "-", ".", "->", "\u2192", " ", "\n", '"', "("]
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(unset)"),
        (True, "true"),
        (0.0, "0.0"),
        (30, "30"),
        ("gpt-4o", "gpt-4o"),
        ("gpt 4o", "gpt 4o"),
        ("", '""'),
        ("30", '"30"'),
        ("true", '"true"'),
        (" x", '" x"'),
        ("(unset)", '"(unset)"'),
        ("a → b", '"a → b"'),
        (["a", 1], "[a, 1]"),
        ({"a": Secret("${env:X}")}, "{a: (secret ${env:X})}"),
        (Secret(""), "(secret)"),
    ],
)
def test_value(value: object, text: str) -> None:
    """Each value has one spelling, and text cannot be taken for something else."""
    assert value_text(value) == text


@given(st.text() | st.lists(PARTS, max_size=5).map("".join))
def test_what_needs_quotes(text: str) -> None:
    """What is seen at a glance is what one expression says of the whole text."""
    assert needs_quotes(text) is (TAKEN_FOR_SOMETHING_ELSE.fullmatch(text) is not None)


def test_path() -> None:
    """Keys that are no plain words stand in brackets."""
    assert path_text(("settings", "accounts", "a@b.example", 0, "x")) == "settings.accounts[a@b.example][0].x"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (FieldChange(("a",), 1, None), "a: 1 → (unset)"),
        (FieldChange(("a",), None, 1), "a: 1"),
        (FieldChange(("a",), Secret("${env:A}"), Secret("${env:B}")), "a: (secret ${env:A}) → (secret ${env:B})"),
        (FieldChange(("a",), Secret("${env:A}"), Secret("${env:A}"), Note.ROTATED), "a: (secret ${env:A}) rotated"),
        (
            FieldChange(("a",), Secret("${env:A}"), Secret("${env:A}"), Note.NOT_CHECKED),
            "a: (secret ${env:A}) not checked here",
        ),
        (FieldChange(("a",), Secret("", ""), Secret("${env:A}")), "a: (secret) → (secret ${env:A})"),
        (FieldChange(("a",), "text", Secret("${env:A}")), "a: text → (secret ${env:A})"),
    ],
)
def test_field(change: FieldChange, text: str) -> None:
    """A field's change is one line, a secret only ever its reference."""
    assert [line.text for line in field_lines(change, UNICODE, "")] == [text]


def test_no_line_of_a_text_begins_like_a_command() -> None:
    """A CI runner obeys a line that begins with `::`, however far it is indented; changed or not, none does."""
    before, after = "::stop-commands::x\none", "::stop-commands::x\ntwo\n##[error]three"
    lines = [line.text.strip() for line in field_lines(FieldChange(("instructions",), before, after), UNICODE, "  ")]

    assert any("::stop-commands::x" in line for line in lines)
    assert not any(line.startswith(("::", "##[")) for line in lines)
