"""The text of one YAML file as blocks of entries, each with its comments; nothing of it is thrown away."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct, field
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

_BLOCK_SCALAR = re.compile(r"(?:&\S+[ \t]+)?[|>]([0-9+-]*)")

_Event = Any  # as in `events`: PyYAML's stubs say that places may be absent


class Odd(Exception):
    """The text is written in a way whose layout we do not touch, such as with `? key`."""


class Leaf(Struct):
    """
    A value that is moved as a whole: a scalar, an alias, `[…]` or `{…}`.

    Attributes:
        last: its last line, from 0.
        flow: whether it is `[…]` or `{…}`.
        header: of a block scalar, the line with `|` or `>`; else -1.
        indent: of a block scalar's text, in spaces.
        given: the same relative to the entry, where the header says it; else 0.
        keep: whether empty lines after it belong to it (`|+`).
    """

    last: int
    flow: bool = False
    header: int = -1
    indent: int = 0
    given: int = 0
    keep: bool = False


class Entry(Struct):
    """
    A key or a dash, and its value.

    Attributes:
        key: empty for an item of a list.
        line, column: where it begins, from 0.
        lead: lines of comments and empty lines above, which belong to it.
        after: those below that are indented deeper than it.
        inline: whether its block begins behind its own dash.
        refs: the anchors and aliases in it, in their order: `&a`, `*a`.
    """

    key: str
    line: int
    column: int
    lead: list[str]
    value: Leaf | Block
    inline: bool = False
    after: list[str] = field(default_factory=list)
    refs: tuple[str, ...] = ()


class Block(Struct):
    """A mapping or a list that is written one entry a line."""

    keyed: bool
    entries: list[Entry] = field(default_factory=list)


class Sheet(Struct):
    """
    A whole file.

    Attributes:
        lines: as they are, without line ends.
        head: lines up to `---`, where it stands.
        root: None if the file says nothing.
        foot: what stands below everything.
    """

    lines: list[str]
    head: list[str]
    root: Block | None
    foot: list[str]


def read_sheet(text: str) -> Sheet:
    """
    Take a text apart.

    Args:
        text: valid, with LF alone, the last line ended too.

    Raises:
        Odd: its layout is not one that we touch.
    """
    return _SheetReader(text).read()


def is_gap(line: str) -> bool:
    """Tell whether a line outside of values is empty or a comment."""
    return line.strip(" \t")[:1] in ("", "#")


def _is(event: _Event, *kinds: type) -> bool:
    """Ask as `isinstance` does, without a checker believing the stubs afterwards."""
    return isinstance(event, kinds)


class _SheetReader:
    """Walks events and lines side by side; `_at` is the first line that nobody took yet."""

    def __init__(self, text: str) -> None:
        self._lines = text.removesuffix("\n").split("\n") if text else []
        self._parser = CParser(text)
        self._next: _Event = None
        self._at = 0
        self._refs: list[str] = []

    def read(self) -> Sheet:
        self._take()
        start = self._take()
        if not _is(start, DocumentStartEvent):
            return Sheet(self._lines, [], None, self._lines)
        self._at = start.end_mark.line + 1 if start.explicit else 0
        head = self._lines[: self._at]
        root = self._take()
        if not _is(root, MappingStartEvent) or root.flow_style:
            raise Odd
        if root.anchor is not None and root.start_mark.line >= self._at:
            raise Odd
        block = self._block(root, None)
        return Sheet(self._lines, head, block, self._lines[self._at :])

    def _take(self) -> _Event:
        event = self._peek()
        self._next = None
        if _is(event, AliasEvent):
            self._refs.append(f"*{event.anchor}")
        elif getattr(event, "anchor", None) is not None:
            self._refs.append(f"&{event.anchor}")
        return event

    def _peek(self) -> _Event:
        if self._next is None:
            self._next = self._parser.get_event()
        return self._next

    def _block(self, start: _Event, inline: int | None) -> Block:
        """Read entries up to the end; `inline` is the column of a first one that does not begin its line."""
        block = Block(_is(start, MappingStartEvent))
        end = MappingEndEvent if block.keyed else SequenceEndEvent
        while not _is(self._peek(), end):
            block.entries.append(self._entry(block, inline))
            inline = None
        self._take()
        return block

    def _entry(self, block: Block, inline: int | None) -> Entry:
        known = len(self._refs)
        lead, line, column = self._begin(inline)
        if block.entries and block.entries[0].column != column:
            raise Odd
        self._at = line + 1
        key = self._key(line, column) if block.keyed else ""
        if not block.keyed and self._lines[line][column : column + 1] != "-":
            raise Odd
        value, behind = self._value(line, column, keyed=block.keyed)
        entry = Entry(key, line, column, lead, value, behind)
        if not isinstance(value, Leaf) or value.header < 0:  # below a block scalar it would become its text
            entry.after = self._deeper(column)
        entry.refs = tuple(self._refs[known:])
        return entry

    def _begin(self, inline: int | None) -> tuple[list[str], int, int]:
        """Find where the next entry begins, and what stands above it."""
        if inline is not None:
            return [], self._at - 1, inline
        line = self._at
        while line < len(self._lines) and is_gap(self._lines[line]):
            line += 1
        if line == len(self._lines):
            raise Odd
        text = self._lines[line]
        return self._lines[self._at : line], line, len(text) - len(text.lstrip(" "))

    def _key(self, line: int, column: int) -> str:
        key = self._take()
        mark = key.start_mark
        if not _is(key, ScalarEvent) or (mark.line, mark.column) != (line, column) or key.end_mark.line != line:
            raise Odd
        return str(key.value)

    def _value(self, line: int, column: int, *, keyed: bool) -> tuple[Leaf | Block, bool]:
        """Read a value; the second is whether it is a block that begins behind the dash."""
        event = self._take()
        if not _is(event, MappingStartEvent, SequenceStartEvent):
            return self._scalar(event, line, column), False
        if event.flow_style:
            return self._flow(), False
        if event.anchor is not None:
            if event.start_mark.line != line:
                raise Odd
            return self._block(event, None), False
        behind = event.start_mark.line == line
        if behind and keyed:
            raise Odd
        return self._block(event, event.start_mark.column if behind else None), behind

    def _flow(self) -> Leaf:
        depth = 1
        event: _Event = None
        while depth:
            event = self._take()
            depth += _is(event, MappingStartEvent, SequenceStartEvent)
            depth -= _is(event, MappingEndEvent, SequenceEndEvent)
        self._at = event.end_mark.line + 1
        return Leaf(event.end_mark.line, flow=True)

    def _scalar(self, event: _Event, line: int, column: int) -> Leaf:
        if _is(event, ScalarEvent) and event.style in ("|", ">"):
            leaf = self._block_scalar(event, column)
        else:
            leaf = Leaf(max(event.end_mark.line, line))
        self._at = leaf.last + 1
        return leaf

    def _block_scalar(self, event: _Event, column: int) -> Leaf:
        header = event.start_mark.line
        said = _BLOCK_SCALAR.match(self._lines[header], event.start_mark.column)
        if said is None:
            raise Odd
        given = int("".join(c for c in said[1] if c.isdigit()) or 0)
        body = self._lines[header + 1 : event.end_mark.line]
        widths = [len(text) - len(text.lstrip(" ")) for text in body if text.strip(" ")]
        indent = column + given if given else widths[0] if widths else max(map(len, body), default=0)
        keep = "+" in said[1]
        while body and not keep and not body[-1].strip(" ") and len(body[-1]) <= indent:
            body.pop()
        return Leaf(header + len(body), False, header, indent, given, keep)

    def _deeper(self, column: int) -> list[str]:
        """Take the comments that follow, as long as they are indented deeper than a column."""
        end = line = self._at
        while line < len(self._lines) and is_gap(self._lines[line]):
            mark = self._lines[line].find("#")
            line += 1
            if mark >= 0:
                if mark <= column:
                    break
                end = line
        taken = self._lines[self._at : end]
        self._at = end
        return taken
