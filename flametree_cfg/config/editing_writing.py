"""How a value is written into YAML: in the style that stood there, or the plainest one that reads back the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from flametree_cfg.config.layout import STEP, same
from flametree_cfg.config.reader import read_document
from flametree_cfg.model import Value

_PLAIN = ""
_FLOW_WIDTH = 60  # characters: a short list stays on the line of its key
_OTHERWISE_IN_1_1 = re.compile(
    r"(?i:y|n|yes|no|on|off|=|<<)|[-+]?[0-9][0-9_]*(?::[0-9_.]+)+|[-+]?[0-9][0-9_.]*_[0-9_.]*|[0-9]{4}-[0-9]{1,2}-.*"
)
"""Text in YAML 1.2 that a reader of 1.1 takes for something else; quotes help both."""


class Habit(NamedTuple):
    """By how many spaces maps and lists are indented below their keys."""

    map: int = STEP
    list: int = STEP


_USUAL = Habit()


class CannotWrite(Exception):
    """No way of writing this value reads back the same: it has characters that no file may have."""


def scalar_lines(value: Value, style: str = "", before: str = "", *, flow: bool, block: bool = True) -> list[str]:
    """
    Write a scalar, or an empty map or list.

    Args:
        value: to be written.
        style: of what stands there: `|`, `>`, `'`, `"`, or nothing.
        before: the block scalar that stands there, its lines without indentation; paragraphs that stay keep theirs.
        flow: whether it stands in braces.
        block: whether `|` and `>` may be used.

    Returns:
        Its lines; those behind the first are indented by two spaces relative to the key.

    Raises:
        CannotWrite: it cannot.
    """
    if not isinstance(value, str):
        return [json.dumps(value, ensure_ascii=False)]
    for way in _ways(value, style, flow=flow, block=block):
        lines = _written(value, way, before)
        if lines and _reads_as(lines, value, flow=flow):
            return lines
    raise CannotWrite


def flow_text(value: Value) -> str:
    """Write any value on one line; raises `CannotWrite`."""
    if isinstance(value, dict) and value:
        return "{" + ", ".join(f"{key_text(key)}: {flow_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list) and value:
        return "[" + ", ".join(map(flow_text, value)) + "]"
    return scalar_lines(value, flow=True)[0]


def entry_lines(key: str | None, value: Value, habit: Habit = _USUAL, *, flow: bool = False) -> list[str]:
    """
    Write a key or a dash with its value, beginning in column 0.

    Args:
        key: None for an item of a list.
        habit: how it is indented.
        flow: whether a map or list is written in braces; short lists are in any case.

    Raises:
        CannotWrite: it cannot.
    """
    head = "-" if key is None else f"{key_text(key)}:"
    if not isinstance(value, dict | list) or not value:
        first, *rest = scalar_lines(value, flow=False)
        return [f"{head} {first}", *rest]
    if flow or _short(value):
        return [f"{head} {flow_text(value)}"]
    lines = list(_block_lines(value, habit))
    if key is None:
        return [f"- {lines[0]}", *indented(lines[1:], len("- "))]
    return [head, *indented(lines, habit.list if isinstance(value, list) else habit.map)]


def _block_lines(value: Value, habit: Habit) -> Iterator[str]:
    """Write a map or list that is not empty, one entry a line, from column 0."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from entry_lines(key, item, habit)
    elif isinstance(value, list):
        for item in value:
            yield from entry_lines(None, item, habit)


def key_text(key: str) -> str:
    """Write a key, in quotes if it needs some."""
    if not _OTHERWISE_IN_1_1.fullmatch(key) and _reads_as([f"{key}: 1"], {key: 1}, whole=True):
        return key
    return json.dumps(key, ensure_ascii=False)


def indented(lines: list[str], spaces: int) -> list[str]:
    """Move lines to the right; empty ones stay empty."""
    return [" " * spaces + line if line else "" for line in lines]


def _short(value: Value) -> bool:
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if any(isinstance(item, dict | list) or (isinstance(item, str) and "\n" in item) for item in items):
        return False
    if isinstance(value, dict):
        return len(value) == 1 and isinstance(items[0], bool | str) and set(value) <= {"inbound", "secret"}
    return len(flow_text(value)) <= _FLOW_WIDTH


def _ways(value: str, style: str, *, flow: bool, block: bool) -> tuple[str, ...]:
    """List the styles to try, the best first."""
    if style in ("|", ">") and (flow or not block):
        style = _PLAIN
    if "\n" in value:
        if flow or not block or style == '"':
            return ('"',)
        return (">", "|", '"') if style == ">" else ("|", '"')
    if style:
        return (style, '"')
    quotes = ("'", '"') if '"' in value or "\\" in value else ('"',)
    return quotes if _OTHERWISE_IN_1_1.fullmatch(value) else (_PLAIN, *quotes)


def _written(value: str, way: str, before: str) -> list[str]:
    """Write a text in one way; nothing where that way cannot."""
    match way:
        case "|":
            return _literal(value)
        case ">":
            return _folded(value, before)
        case '"':
            return [json.dumps(value, ensure_ascii=False)]
        case "'":
            return ["'" + value.replace("'", "''") + "'"]
    return [value]


def _literal(value: str) -> list[str]:
    body = value.rstrip("\n")
    ended = len(value) - len(body)
    first = next((line for line in body.split("\n") if line), "")
    if not first.strip(" ") or ended > 1:
        return []
    header = "|" + (str(STEP) if first.startswith(" ") else "") + ("" if ended else "-")
    return [header, *indented(body.split("\n"), STEP)]


def _folded(value: str, before: str) -> list[str]:
    """Write a text folded; paragraphs that stood there keep their lines."""
    body = value.rstrip("\n")
    ended = len(value) - len(body)
    paragraphs = body.split("\n")
    if ended > 1 or not body or any(line[:1] in (" ", "\t") for line in paragraphs):
        return []
    known = dict(_paragraphs(before))
    width = max(map(len, before.split("\n")), default=80)
    lines = [">" if ended else ">-"]
    for number, text in enumerate(paragraphs):
        if number and text and paragraphs[number - 1]:
            lines.append("")
        lines.extend(known.get(text) or _wrapped(text, width))
        if not text and number and paragraphs[number - 1]:
            lines.append("")
    return [lines[0], *indented(lines[1:], STEP)]


def _paragraphs(before: str) -> Iterator[tuple[str, list[str]]]:
    for has_text, group in groupby(before.split("\n"), bool):
        if has_text:
            lines = list(group)
            yield " ".join(lines), lines


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text at single spaces between words."""
    lines = [""]
    for word in re.split(r"(?<=\S) (?=\S)", text):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


def _reads_as(lines: list[str], value: Value, *, flow: bool = False, whole: bool = False) -> bool:
    text = "\n".join(lines) + "\n"
    probe = text if whole else f"[{text[:-1]}]\n" if flow else f"k: {text}"
    document, found = read_document(probe.encode("utf-8", "surrogatepass"), "", places=False)
    got = document.value
    if not whole:
        got = got[0] if isinstance(got, list) and len(got) == 1 else got.get("k") if isinstance(got, dict) else None
    return not found and same(got, value)
