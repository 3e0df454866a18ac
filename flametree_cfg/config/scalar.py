"""What an unquoted YAML scalar means: the core types of YAML 1.2 and nothing of 1.1."""

from __future__ import annotations

import math
import re

PlainValue = str | int | float | bool | None

WORDS: dict[str, bool | None] = {
    **dict.fromkeys(["~", "null", "Null", "NULL"]),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
}
"""What is written as a text and is none."""

MAY_BE_OTHER_THAN_TEXT = frozenset("-+.0123456789~nNtTfF")
"""First characters of everything that is not text; the reader's loop asks this first."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_SAFE_INTEGER = 2**53 - 1  # what JSON readers keep exactly (RFC 8785, I-JSON); the plan's digest depends on it
_SAFE_DIGITS = 1_000  # longer ones are refused unread: Python itself gives up beyond 4,300


class NotJson(ValueError):
    """A number that JSON cannot carry: endless, not a number, or too large to be kept exactly."""


def plain_value(text: str) -> PlainValue:
    """
    Read an unquoted scalar.

    `no`, `on`, `1_000`, `12:30:45` and `2024-01-01` are text; `017` is seventeen; `1e3` is a number.

    Raises:
        NotJson: the number cannot be kept; says why.

    Source: YAML 1.2.2, 10.3.2 (core schema).
    """
    if text[:1] not in MAY_BE_OTHER_THAN_TEXT and text:
        return text
    if text in WORDS or not text:
        return WORDS.get(text)
    if text[0].isalpha():
        return text
    return _number(text)


def _number(text: str) -> PlainValue:
    if len(text) > _SAFE_DIGITS:
        if _FLOAT.fullmatch(text) or _OTHER_BASE.fullmatch(text):
            raise NotJson(f"more than {_SAFE_DIGITS:,} digits")
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text, 10)
    if _OTHER_BASE.fullmatch(text):
        return _integer(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if math.isinf(value):
            raise NotJson("too large for a number")
        return value
    if _NOT_A_NUMBER.fullmatch(text):
        raise NotJson("JSON knows no infinity and no NaN")
    return text


def _integer(text: str, base: int) -> int:
    value = int(text, base)
    if abs(value) > _SAFE_INTEGER:
        raise NotJson(f"beyond ±{_SAFE_INTEGER} digits are lost in JSON")
    return value
