"""Tests of `config/characters.py`."""

from __future__ import annotations

import pytest

from flametree_cfg.config.characters import forbidden_in, only_plain_ascii, other_encoding, place_of


@pytest.mark.parametrize(
    ("character", "code"),
    [("\x00", "control-character"), ("\x1b", "control-character"), ("\x7f", "control-character"),
     ("\x9b", "control-character"), ("\x85", "line-separator"), ("\u2028", "line-separator"),
     ("\u2029", "line-separator"),
     ("\u202e", "hidden-character"), ("\u2066", "hidden-character"), ("\u200b", "hidden-character"),
     ("\ufeff", "hidden-character"), ("\U000e0041", "hidden-character"), ("\ue000", "hidden-character"),
     ("\ufe0f\ufe0f", "hidden-character"), ("a\u200db", "hidden-character")],
)  # fmt: skip
def test_forbidden_characters_have_a_code(character: str, code: str) -> None:
    """Controls, disputed line ends, and what hides or reorders text are found."""
    assert [found for found, _, _ in forbidden_in(f"ok {character} ok")] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "naïve",
        "日本語",
        "\u0645\u06cc\u200c\u062e\u0648",
        "👨\u200d👩\u200d👧",
        "❤\ufe0f",
        "tab\there",
        "\xa0",
        "\U0001d4b3",
    ],
)
def test_people_may_write_their_language(text: str) -> None:
    """Joiners inside scripts and emoji, and one variation selector, are ordinary text."""
    assert list(forbidden_in(text)) == []


def test_plain_ascii_needs_no_closer_look() -> None:
    """Printable ASCII with line ends and tabs passes; anything else does not."""
    assert only_plain_ascii(b"a: 1\r\n\tb\n")
    assert not only_plain_ascii("é".encode())
    assert not only_plain_ascii(b"a\x0b")


@pytest.mark.parametrize(
    ("text", "place"), [("ab", (1, 3)), ("a\nb", (2, 2)), ("a\r\nb", (2, 2)), ("a\rb", (2, 2)), ("\r\r\n", (3, 1))]
)
def test_each_kind_of_line_end_counts_once(text: str, place: tuple[int, int]) -> None:
    """LF, CR and CRLF each end one line."""
    assert place_of(text, len(text)) == place


def test_wide_encodings_are_named() -> None:
    """A UTF-16 or UTF-32 file is recognised with and without its mark."""
    assert "UTF-16" in other_encoding("a: 1".encode("utf-16"))
    assert "UTF-32" in other_encoding("a: 1".encode("utf-32-be"))
    assert "without" in other_encoding("a: 1".encode("utf-16-le"))
    assert other_encoding(b"a: 1") == ""
