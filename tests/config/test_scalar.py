"""Tests of `config/scalar.py`."""

from __future__ import annotations

import pytest

from flametree_cfg.config.scalar import NotJson, plain_value


@pytest.mark.parametrize(
    "text",
    ["no", "NO", "on", "off", "yes", "y", "1_000", "12:30:45", "2024-01-01", "0b1", "nUll", "tRUE", "1e", "-", ".", "+",
     "0o8", "0xg", "-0x1", "1.2.3", "e3", "nan", "inf", "١٢٣", "1" + "a" * 2000],
)  # fmt: skip
def test_text_stays_text(text: str) -> None:
    """What YAML 1.1 or Python might take for something else is text in YAML 1.2."""
    assert plain_value(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("", None), ("~", None), ("null", None), ("NULL", None), ("true", True), ("FALSE", False), ("17", 17), ("017", 17),
     ("-0", 0), ("+3", 3), ("0o17", 15), ("0x1F", 31), ("9007199254740991", 2**53 - 1)],
)  # fmt: skip
def test_core_words_and_integers(text: str, value: object) -> None:
    """Null, booleans and integers are those of the core schema."""
    found = plain_value(text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"), [("1e3", 1000.0), ("1.10", 1.1), (".5", 0.5), ("-1.", -1.0), ("6E-2", 0.06)]
)
def test_floats(text: str, value: float) -> None:
    """A point or an exponent makes a float."""
    found = plain_value(text)

    assert found == value
    assert isinstance(found, float)


@pytest.mark.parametrize(
    "text",
    [
        ".inf",
        "-.INF",
        ".nan",
        "1e999",
        "9007199254740992",
        "0xFFFFFFFFFFFFFFFF",
        "1" * 1001,
        "1" * 6000,
        "0." + "1" * 1000,
    ],
)
def test_numbers_that_json_cannot_keep_are_refused(text: str) -> None:
    """A number that a plan's JSON would change or lose is no value."""
    with pytest.raises(NotJson):
        plain_value(text)
