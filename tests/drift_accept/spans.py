"""Which lines of a file speak of what changed, asked of ruamel, which knows nothing of our editor."""

from __future__ import annotations

import io
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

Path = tuple[str | int, ...]


class _Span(NamedTuple):
    """A value's lines, with its key's: the first and the last, from 0; `inline` if it shares them, as in braces."""

    value: Any
    first: int
    last: int
    inline: bool


def strange(before: bytes, after: bytes) -> list[str]:
    """Give the lines that came or went and speak of nothing that differs; anchors that move may."""
    sides = before.decode("utf-8-sig").splitlines(), after.decode("utf-8-sig").splitlines()
    one, other = (dict(_nodes(side)) for side in (before, after))
    may_go, may_come = _spoken(sides[0], one, other), _spoken(sides[1], other, one)
    found = []
    for kind, first, behind, start, end in SequenceMatcher(None, *sides, autojunk=False).get_opcodes():
        if kind != "equal":
            found += [sides[0][number] for number in range(first, behind) if number not in may_go]
            found += [sides[1][number] for number in range(start, end) if number not in may_come]
    return [line for line in found if line.strip() and "*" not in line and "&" not in line]


def _spoken(lines: list[str], own: dict[Path, _Span], others: dict[Path, _Span]) -> set[int]:
    spoken: set[int] = set()
    for path, span in own.items():
        if path not in others:
            spoken.update(_with_comments(lines, span))
            spoken.update(_around(own, path))
        elif others[path].value != span.value:
            spoken.update(range(span.first, span.last + 1))
    for path in others:
        if path not in own and path[:-1] in own:
            spoken.update(_around(own, path))
    return spoken


def _around(own: dict[Path, _Span], path: Path) -> Iterator[int]:
    """Give the lines of what an entry stands in, where they are its lines too."""
    holder = own[path[:-1]]
    if holder.inline:
        yield from range(holder.first, holder.last + 1)
    elif own and not any(other[: len(path)] != path and other[:-1] == path[:-1] for other in own):
        yield holder.first  # the only entry: its key says `{}` afterwards, or before


def _with_comments(lines: list[str], span: _Span) -> Iterator[int]:
    first, last = span.first, span.last
    while first and lines[first - 1].strip()[:1] in ("", "#"):
        first -= 1
    while last + 1 < len(lines) and lines[last + 1].strip()[:1] in ("", "#"):
        last += 1
    yield from range(first, last + 1)


def _nodes(data: bytes) -> Iterator[tuple[Path, _Span]]:
    root = YAML(typ="safe", pure=True).compose(io.StringIO(data.decode("utf-8-sig")))
    yield from _walk(root, (), 0)


def _walk(node: Any, path: Path, line: int) -> Iterator[tuple[Path, _Span]]:
    first = min(line, node.start_mark.line)
    end = node.end_mark
    last = end.line - 1 if end.column == 0 and end.line > first else end.line
    leaf = isinstance(node, ScalarNode)
    value = (node.tag, node.value) if leaf else (type(node), bool(node.value))
    yield path, _Span(value, first, last, inline=leaf or bool(node.flow_style))
    if isinstance(node, MappingNode):
        for key, below in node.value:
            yield from _walk(below, (*path, key.value), key.start_mark.line)
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk(item, (*path, index), item.start_mark.line)
