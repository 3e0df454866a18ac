"""Where every value of a YAML text begins and ends, to the character: what an edit may replace, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field
from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from flametree_cfg.config.scalar import plain_value
from flametree_cfg.model import Value

_ANCHOR = re.compile(r"&[\w-]+", re.ASCII)
_BETWEEN = re.compile(r"(?:[ \t\r\n]|(?<=[ \t\r\n])#[^\r\n]*)*")
_HEADER = re.compile(r"[|>][0-9+-]*")
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")

_Event = Any  # as in `events`: PyYAML's stubs say that places may be absent


class Unwritable(Exception):
    """The text is written in a way that we do not edit, such as with `? key`; says what is in the way."""


class Node(Struct, eq=False):
    """
    A value in the text; offsets count characters.

    Attributes:
        kind: `scalar`, `alias`, `map` or `list`.
        start: its first character, or that of its anchor.
        body: its first character.
        end: behind its last one; of a block scalar behind its last line of text, of a block behind its last value.
        style: `|`, `>`, `'`, `"`, or nothing for a plain scalar; `{` and `[` where braces are, nothing for blocks.
        header: of a block scalar, behind `|` and what belongs to it.
        value: of a scalar.
        target: of an alias, what it stands for.
        uses: the aliases of it, in the order of the text.
        entries: of maps and lists.
        holder: the entry it is the value of; None for the whole file.
    """

    kind: str
    start: int
    body: int
    end: int
    style: str = ""
    header: int = 0
    anchor: str = ""
    value: Value = None
    target: Node | None = None
    uses: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    holder: Entry | None = None

    @property
    def flow(self) -> bool:
        """Whether it stands in braces or brackets, its own or outer ones."""
        return self.style in ("{", "[") or (self.holder is not None and self.holder.within.flow)

    @property
    def block(self) -> bool:
        """Whether it is a map or a list that is written one entry a line."""
        return self.kind in ("map", "list") and not self.flow


class Entry(Struct, eq=False):
    """
    A key or a dash, and its value.

    Attributes:
        key: None for an item of a list.
        name: the key's text, or the index.
        start: of the key, with its anchor; of an item in a block, of the dash.
        mark: behind the colon or the dash; where the value begins if there is neither.
    """

    within: Node
    key: Node | None
    name: str | int
    value: Node
    start: int
    mark: int


def read_nodes(text: str) -> Node | None:
    """
    Find every value of a text.

    Args:
        text: valid, without a byte order mark.

    Returns:
        The outermost one; None if the text says nothing.

    Raises:
        Unwritable: a key is written as `? key`, say.
    """
    try:
        return _NodeReader(text).read()
    except (YAMLError, KeyError) as failure:
        raise Unwritable("a text that an edit would break") from failure


def below(node: Node) -> Iterator[Node]:
    """Go through a value, its keys and all below it, in the order of the text; aliases are not followed."""
    yield node
    for entry in node.entries:
        if entry.key is not None:
            yield entry.key
        yield from below(entry.value)


def path_of(node: Node) -> tuple[str | int, ...]:
    """Say where a value stands."""
    path: list[str | int] = []
    while node.holder is not None:
        path.append(node.holder.name)
        node = node.holder.within
    return tuple(reversed(path))


def value_of(node: Node) -> Value:
    """Give what a node says, with aliases followed."""
    if node.target is not None:
        return value_of(node.target)
    if node.kind == "map":
        return {str(entry.name): value_of(entry.value) for entry in node.entries}
    return [value_of(entry.value) for entry in node.entries] if node.kind == "list" else node.value


class _NodeReader:
    """Walks libyaml's events; the methods follow the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parser = CParser(text)
        self._anchors: dict[str, Node] = {}

    def read(self) -> Node | None:
        self._get()
        if isinstance(self._get(), StreamEndEvent):
            return None
        return self._value(self._get())

    def _get(self) -> _Event:
        return self._parser.get_event()

    def _value(self, event: _Event) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, AliasEvent):
            target = self._anchors[str(event.anchor)]
            node = Node("alias", start, start, end, target=target)
            target.uses.append(node)
            return node
        node = Node("scalar", start, self._body(event), end, anchor=event.anchor or "")
        if node.anchor:
            self._anchors[node.anchor] = node
        if isinstance(event, ScalarEvent):
            self._scalar(node, event)
        elif isinstance(event, MappingStartEvent):
            self._map(node, event)
        elif isinstance(event, SequenceStartEvent):
            self._list(node, event)
        return node

    def _body(self, event: _Event) -> int:
        start = int(event.start_mark.index)
        anchor = _ANCHOR.match(self._text, start) if event.anchor else None
        if anchor is None:
            return start
        if isinstance(event, ScalarEvent) and not event.value and not event.style:
            return anchor.end()
        return _skipped(self._text, anchor.end())

    def _scalar(self, node: Node, event: _Event) -> None:
        node.style = event.style or ""
        node.value = event.value if node.style else plain_value(event.value)
        if node.style not in ("|", ">") or not node.style:
            return
        header = _HEADER.match(self._text, node.body)
        if header is None:
            raise Unwritable("a block scalar")
        node.header = header.end()
        node.end = self._end_of_block(node, event)

    def _end_of_block(self, node: Node, event: _Event) -> int:
        """Find the end of a block scalar's last line, without the empty lines that are not part of its text."""
        header = _LINES.match(self._text, node.header)
        assert header is not None  # matches anything  # noqa: S101
        lines = [m for m in _LINES.finditer(self._text, header.end(), event.end_mark.index) if m[0]]
        widths = [len(line) - len(line.lstrip(" ")) for m in lines if (line := m[0].rstrip("\r\n")).strip(" ")]
        indent = min(widths, default=0)
        keep = "+" in self._text[node.body : node.header]
        while lines and not keep and not (bare := lines[-1][0].rstrip("\r\n")).strip(" ") and len(bare) <= indent:
            lines.pop()
        last = lines[-1] if lines else None
        return node.header if last is None else last.start() + len(last[0].rstrip("\r\n"))

    def _map(self, node: Node, event: _Event) -> None:
        node.kind = "map"
        if event.flow_style:
            self._braced(node, "{")
        while not isinstance(event := self._get(), MappingEndEvent):
            key = self._value(event)
            value = self._value(self._get())
            mark = self._colon(key, value)
            self._entry(node, Entry(node, key, str(event.value), value, key.start, mark))
        self._close(node, event)

    def _list(self, node: Node, event: _Event) -> None:
        node.kind = "list"
        if event.flow_style:
            self._braced(node, "[")
        at = node.body
        while not isinstance(event := self._get(), SequenceEndEvent):
            start = int(event.start_mark.index) if node.style else _skipped(self._text, at)
            value = self._value(event)
            mark = start if node.style else start + 1
            if not node.style and self._text[start : start + 1] != "-":
                raise Unwritable("a list")
            at = value.end
            self._entry(node, Entry(node, None, len(node.entries), value, start, mark))
        self._close(node, event)

    def _braced(self, node: Node, brace: str) -> None:
        if self._text[node.body : node.body + 1] != brace:
            raise Unwritable("`key: value` in brackets")
        node.style = brace

    def _entry(self, node: Node, entry: Entry) -> None:
        entry.value.holder = entry
        node.entries.append(entry)

    def _close(self, node: Node, event: _Event) -> None:
        node.end = int(event.end_mark.index) if node.style else node.entries[-1].value.end

    def _colon(self, key: Node, value: Node) -> int:
        """Find what is behind the colon of a key; in braces a key may stand without."""
        if key.kind != "scalar":
            raise Unwritable("a key that is an alias")
        before = key.start - 1
        while before >= 0 and self._text[before] in " \t":
            before -= 1
        at = _skipped(self._text, key.end)
        if (before >= 0 and self._text[before] == "?") or (self._text[at : at + 1] != ":" and value.end > value.start):
            raise Unwritable("`? key`")
        return at + 1 if self._text[at : at + 1] == ":" else key.end


def _skipped(text: str, at: int) -> int:
    """Give the next offset that is neither space nor comment."""
    match = _BETWEEN.match(text, at)
    return match.end() if match else at
