"""Line by line to plain values alone, for files in which nothing is unusual: nearly all of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from flametree_cfg.config.document import LINE_SHIFT, MAX_NODES, Document
from flametree_cfg.config.inline import NEEDS_A_LOOK, PLAIN, Unusual, inline_value, key_text
from flametree_cfg.config.scalar import WORDS
from flametree_cfg.model import Value

_SHORT = 24  # characters: numbers, versions, dates
_FAR = 50  # columns that a mapping may be indented: it cannot be deeper than that either
_KEPT = 1_000  # the words of all types are some hundred; what people choose comes and goes
_HEAD = re.compile(rf"( *)(- +)?({PLAIN})")
_BLOCKS = frozenset({"|", "|-", ">", ">-"})
_FOLD = re.compile("\n+")
_NONE = -1  # a place that no line has

_Head = tuple[int, str, int]
"""
What stands before a value: the place of its container, its key, and the place of the mapping that an item of a list
opens; 0 where none. A mapping's place is twice its column, a list's one more: it may stand right below its key.
"""

_BEFORE: dict[str, _Head] = {}
"""Heads of lines that go on behind a colon, without it; each key is the one copy of it that all mappings share."""

_OPENING: dict[str, _Head] = {}
"""Lines that end with the colon."""

_MEANING: dict[str, Value] = dict(WORDS)
"""What is not as it stands there, and what was met before."""


def read_quickly(body: bytes, file: str) -> Document | None:
    """
    Read a file in which nothing is unusual: no tag, anchor, alias, directive, marker of a document; no tab; no value
    that goes on below its line but a block; no quoted or doubled key; no problem at all.

    Args:
        body: what the guard let pass, without a problem.
        file: what to call it.

    Returns:
        What `EventReader` would give, without places but those of the top level's values; None where anything is
        unusual.
    """
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n")  # as they are written on Windows
    if b"\t" in body or b"\r" in body or (len(body) > MAX_NODES and _most_nodes(body) > MAX_NODES):
        return None
    try:
        return _Lines(body.decode().split("\n")).read(file)
    except ValueError:
        return None


def _most_nodes(body: bytes) -> int:
    """Say how many keys and values these lines can be at most: two each, three with a dash, some more in brackets."""
    brackets = body.count(b"[") + body.count(b"{")
    return 2 * body.count(b"\n") + body.count(b"- ") + 3 * brackets + 2 * body.count(b",") + 3


class _Lines:
    """The lines of a file, and what is to be said of its top."""

    __slots__ = ("_lines", "_tops")

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._tops: dict[str, int] = {}

    def read(self, file: str) -> Document:
        top = self._read(enumerate(self._lines))
        if not top:
            raise Unusual
        return Document(file, top, (), {}, placed=False, tops=self._tops)

    def _read(self, numbered: Iterator[tuple[int, str]]) -> dict[str, Any]:  # noqa: C901, PLR0912, PLR0915  # calls cost more
        """
        Read all lines; the loop is where the time goes, so that it calls nothing for a line like those before it.

        `level` is the place of `here`, the innermost container; those around it are on the stack. `same` is the place
        of a line that goes on in `here` and asks for nothing else; `opened` the key whose value begins below.
        """
        before, opening, meaning = _BEFORE.get, _OPENING.get, _MEANING.get
        top: dict[str, Any] = {}
        here: Any = top
        level, same, opened = 0, _NONE, ""
        stack: list[tuple[int, Any]] = []
        for number, line in numbered:
            head, colon, tail = line.partition(": ")
            known = before(head) if colon else opening(line)
            if known is None:
                known = _head(line, head, colon)
                if known is None:
                    continue
            place, key, inner = known
            if place != same:
                if place > level:
                    if not opened:
                        raise Unusual
                    if not stack:
                        self._tops[opened] = number << LINE_SHIFT | place >> 1
                    stack.append((level, here))
                    here[opened] = here = [] if place & 1 else {}
                    level = place
                else:
                    while level > place:
                        level, here = stack.pop()
                    if level != place:
                        raise Unusual
                opened = ""
                if place & 1:
                    if not inner:
                        same = _NONE
                        here.append(inline_value(line.lstrip(" ")[2:].strip(" ")))
                        continue
                    stack.append((level, here))
                    here.append({})
                    here = here[-1]
                    level = same = place = inner
                elif place:
                    same = place
                else:
                    same = _NONE
                    self._note(number, key, line)
            if key in here:
                raise Unusual
            value = meaning(tail, tail)
            if value is not tail:
                here[key] = value
            elif tail[:1] not in NEEDS_A_LOOK and " #" not in tail and ": " not in tail and tail[-1] not in " :":
                here[key] = tail if len(tail) > _SHORT else _kept(tail, tail)
            else:
                text = tail.strip(" ")
                if not text or text[0] == "#":
                    here[key], opened = None, key
                    continue
                if text in _BLOCKS:
                    here[key] = self._block(numbered, number, place >> 1, text)
                else:
                    here[key] = _looked_at(tail, text)
            opened = ""
        return top

    def _note(self, number: int, key: str, line: str) -> None:
        """Keep where a value of the top level begins; of what opens below, until it does."""
        value = line[len(key) + 1 :].lstrip(" ")
        column = len(key) + 1 if not value or value[0] == "#" else len(line) - len(value)
        self._tops[key] = number << LINE_SHIFT | column

    def _block(self, numbered: Iterator[tuple[int, str]], number: int, column: int, style: str) -> str:
        """Read the lines of a literal or folded text below a key in this column."""
        body = self._indented(number + 1, column)
        for _ in body:
            next(numbered)
        while not body[-1]:
            body.pop()
        text = "\n".join(body)
        if style[0] == ">":
            if "\n " in text:  # deeper lines are not folded
                raise Unusual
            text = _FOLD.sub(lambda match: match[0][1:] or " ", text)
        return text if style[1:] else text + "\n"

    def _indented(self, number: int, column: int) -> list[str]:
        """Give the lines of a block from here on, without their indentation: that of the first."""
        lines = self._lines
        first = lines[number] if number < len(lines) else ""
        width = len(first) - len(first.lstrip(" "))
        if width <= column:
            raise Unusual
        margin, end = first[:width], number
        while end < len(lines) and (lines[end].startswith(margin) or not lines[end]):
            end += 1
        if end == len(lines) and lines[-1]:  # a last line that does not end has its own rule
            raise Unusual
        if any(line and not line.strip(" ") for line in lines[number : end + 1]):  # so have spaces alone
            raise Unusual
        return [line[width:] for line in lines[number:end]]


def _head(line: str, head: str, colon: str) -> _Head | None:
    """Read what stands before a value and keep it for the next time; None for a line that says nothing."""
    text = line.lstrip(" ")
    if not text or text[0] == "#":
        return None
    found = _HEAD.fullmatch(head if colon else head[:-1])
    if found is None or not (colon or head[-1] == ":"):
        if text[:2] != "- ":
            raise Unusual
        return 2 * (len(line) - len(text)) + 1, "", 0
    kept = _BEFORE if colon else _OPENING
    if len(kept) >= _KEPT:
        kept.clear()
    key = sys.intern(key_text(found[3]))
    column = found.start(3)
    if column > _FAR:
        raise Unusual
    known = kept[head] = (2 * len(found[1]) + 1, key, 2 * column) if found[2] else (2 * column, key, 0)
    return known


def _looked_at(tail: str, text: str) -> Value:
    value = inline_value(text)
    return value if len(tail) > _SHORT or isinstance(value, list | dict) else _kept(tail, value)


def _kept(tail: str, value: Value) -> Value:
    """Keep a scalar for the next time: it is not looked at again, and shared."""
    if len(_MEANING) >= _KEPT:
        _MEANING.clear()
        _MEANING.update(WORDS)
    _MEANING[tail] = value
    return value
