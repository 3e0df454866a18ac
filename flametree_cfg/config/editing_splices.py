"""Which characters of a text give way to which, for one step of an edit."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from flametree_cfg.config.blocks import is_gap
from flametree_cfg.config.editing_nodes import Entry, Node, Unwritable
from flametree_cfg.config.editing_writing import Habit, entry_lines, flow_text, indented, key_text, scalar_lines
from flametree_cfg.config.layout import STEP
from flametree_cfg.model import Value

_BREAK = re.compile(r"\r\n|\r|\n")
_DIGIT = re.compile(r"[0-9]")
_WIDTH = 100  # characters of an entry in braces
_MODELINE = re.compile(r"\s*#\s*(?:yaml-language-server\s*:|!)")
_REST = re.compile(r"[ \t]*(,?)[ \t]*(?:#[^\r\n]*)?(?=\r|\n|\Z)")


class Splice(NamedTuple):
    """Characters from `start` to `end` give way to a text."""

    start: int
    end: int
    text: str


class Page:
    """A text with its values; every method gives the splices of one step, and changes nothing."""

    def __init__(self, text: str, root: Node | None) -> None:
        self.text = text
        self.root = root
        breaks = list(_BREAK.finditer(text))
        self._newline = breaks[0][0] if breaks else "\n"
        self._starts = [0, *(one.end() for one in breaks)]
        self._habit = _habit(self)

    # Lines

    def line_start(self, at: int) -> int:
        """Give the offset of the first character of a line."""
        return self._starts[bisect_right(self._starts, at) - 1]

    def line_end(self, at: int) -> int:
        """Give the offset of a line's break, or the end of the text."""
        found = _BREAK.search(self.text, at)
        return found.start() if found else len(self.text)

    def column(self, at: int) -> int:
        """Count the characters before an offset in its line."""
        return at - self.line_start(at)

    def _next_line(self, at: int) -> int:
        found = _BREAK.search(self.text, at)
        return found.end() if found else len(self.text)

    def _join(self, lines: list[str]) -> str:
        return self._newline.join(lines)

    def _begins_line(self, at: int) -> bool:
        return not self.text[self.line_start(at) : at].strip(" ")

    # Another value

    def put(self, node: Node, value: Value, *, anchor: str = "", text: str = "") -> list[Splice]:
        """
        Write another value in the place of one.

        Args:
            text: how to write the entries of a map that takes the place of nothing.
            anchor: `&name ` before it.

        Raises:
            CannotWrite: no way of writing it reads back the same.
            Unwritable: what stands there is not touched.
        """
        if node.holder is None:
            raise Unwritable("one value that is the whole file")
        is_full = isinstance(value, dict | list) and bool(value)
        if node.flow and (node.entries or node.holder.within.flow or not is_full):
            return [self._in_place(node, value, anchor)]
        if node.block:
            return self._instead_of_block(node, node.holder, value)
        if is_full:
            return self._block_instead(node, node.holder, value, anchor, text)
        return self._scalar(node, value, anchor)

    def _in_place(self, node: Node, value: Value, anchor: str) -> Splice:
        within = node.holder is not None and node.holder.within.flow
        if within and not isinstance(value, dict | list):
            style = "" if node.kind != "scalar" else node.style
            text = scalar_lines(value, style, flow=True)[0]
        else:
            text = flow_text(value)
        return Splice(node.body, node.end, self._spaced(node, anchor + text))

    def _spaced(self, node: Node, text: str) -> str:
        """Put a space before a value that would stand right behind its colon, dash or anchor."""
        before = self.text[node.body - 1 : node.body]
        if node.holder is not None and node.holder.key is not None and node.holder.mark == node.holder.key.end:
            return f": {text}"  # a key in braces without a colon
        return text if before in ("", " ", "\t", "\n", "\r", "[", "{", ",") else f" {text}"

    def _scalar(self, node: Node, value: Value, anchor: str) -> list[Splice]:
        base, style = self._base(node), node.style if node.kind == "scalar" else ""
        if style in ("'", '"') and "\n" in str(value) and "\n" not in str(node.value):
            style = ""  # quotes that held one line are no reason to write several with escapes
        is_block = style in ("|", ">")
        first, *rest = scalar_lines(
            value, style, self._block_text(node) if is_block else "", flow=False, block=not self._covers_comments(node)
        )
        indent = self._indent(node, base) if is_block else base + self._habit.map
        if rest:
            first = _DIGIT.sub(str(indent - base), first)
        lines = indented([line[STEP:] for line in rest], indent)
        head = Splice(node.body, node.header if is_block else node.end, self._spaced(node, anchor + first))
        begin = self.line_end(head.end)
        tail = self._newline + self._join(lines) if lines else ""
        end = max(node.end, begin)
        if lines and end == len(self.text) and "-" not in first:
            tail += self._newline
        return [head, Splice(begin, end, tail)] if tail or end > begin else [head]

    def _base(self, node: Node) -> int:
        return self.column(node.holder.within.entries[0].start) if node.holder else 0

    def _block_text(self, node: Node) -> str:
        lines = _BREAK.split(self.text[self._next_line(node.header) : node.end])
        indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), default=0)
        return "\n".join(line[indent:] for line in lines)

    def _indent(self, node: Node, base: int) -> int:
        """Give the indentation of a block scalar's text."""
        given = _DIGIT.search(self.text, node.body, node.header)
        if given:
            return base + int(given[0])
        lines = _BREAK.split(self.text[self._next_line(node.header) : node.end])
        return next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), base + self._habit.map)

    def _covers_comments(self, node: Node) -> bool:
        """Tell whether comments below are indented so that they would become part of a block scalar."""
        if node.style in ("|", ">"):
            return False
        at = self._next_line(node.end)
        while at < len(self.text):
            line = self.text[at : self.line_end(at)]
            if line.strip(" "):
                return line.lstrip(" ").startswith("#") and line.index("#") > self._base(node)
            at = self._next_line(at)
        return False

    def _block_instead(self, node: Node, holder: Entry, value: Value, anchor: str, text: str) -> list[Splice]:
        """Write a map or list in the place of a scalar."""
        lines = entry_lines("k" if holder.key else None, value, self._habit)
        if text:
            lines = ["k:", *indented(text.split("\n"), self._habit.map)]
        if len(lines) == 1 or holder.key is None or node.style in ("|", ">"):
            text = anchor + flow_text(value)
            if node.style not in ("|", ">"):
                return [Splice(node.body, node.end, self._spaced(node, text))]
            return [Splice(node.body, node.header, text), Splice(self.line_end(node.header), node.end, "")]
        start = node.body
        while self.text[start - 1] in " \t":
            start -= 1
        head = f" {anchor.rstrip()}" if anchor else ""
        lower = self._newline + self._join(indented(lines[1:], self._base(node)))
        end = self.line_end(node.end)
        if end == node.end:
            return [Splice(start, end, head + lower)]
        return [Splice(start, node.end, head), Splice(end, end, lower)]

    def _instead_of_block(self, node: Node, holder: Entry, value: Value) -> list[Splice]:
        """Write something else in the place of a map or list that goes over lines."""
        is_empty = not isinstance(value, dict | list) or not value
        text = scalar_lines(value, flow=False, block=False)[0] if is_empty else flow_text(value)
        begin = self.line_end(holder.mark)
        if node.body < begin:
            return [Splice(node.body, node.end, self._spaced(node, text))]
        return [Splice(holder.mark, holder.mark, f" {text}"), Splice(begin, node.end, "")]

    # Something more

    def insert(self, node: Node, name: str | int, value: Value, text: str = "") -> list[Splice]:
        """Add an entry: a key at the end, or an item at its index; `text` is how to write it, from column 0."""
        if node.flow:
            return self._into_braces(node, name, value)
        lines = (text.split("\n") if text else []) or self._lines(node, name, value)
        if isinstance(name, int) and name == 0:
            at = node.entries[0].start
            space = self._newline + " " * self.column(at)
            return [Splice(at, at, space.join(lines) + space)]
        last = node.entries[name - 1 if isinstance(name, int) else -1]
        return self._behind(last, lines, apart=self._apart(node, value))

    def first(self, name: str, value: Value, text: str = "") -> list[Splice]:
        """Add the first entry of a text that says nothing."""
        lines = (text.split("\n") if text else []) or entry_lines(name, value, self._habit)
        end = len(self.text)
        before = "" if self._begins_line(end) and self.line_start(end) == end else self._newline
        return [Splice(end, end, before + self._join([*lines, ""]))]

    def _lines(self, node: Node, name: str | int, value: Value) -> list[str]:
        siblings = [entry.value for entry in node.entries if entry.value.kind in ("map", "list")]
        flow = bool(siblings) and all(one.flow for one in siblings) and isinstance(value, dict | list)
        key = name if isinstance(name, str) else None
        return entry_lines(key, value, self._habit, flow=flow and len(flow_text(value)) <= _WIDTH)

    def _apart(self, node: Node, value: Value) -> bool:
        """Tell whether an empty line separates entries here."""
        if not isinstance(value, dict) or node.kind != "map":
            return False
        if len(node.entries) == 1:
            return node.holder is None or node.holder.within.holder is None
        return node.holder is None or not self._line_above(self._lead(node.entries[-1])).strip()

    def _line_above(self, at: int) -> str:
        above = self.line_start(max(at - 1, 0))
        return self.text[above:at].rstrip("\r\n") if at else "-"

    def _behind(self, entry: Entry, lines: list[str], *, apart: bool) -> list[Splice]:
        column = self.column(entry.within.entries[0].start)
        at = self._tail(entry)
        text = self._newline + self._join([*([""] if apart else []), *indented(lines, column)])
        if at < len(self.text):
            return [Splice(at, at, text)]
        if self._ends_unfinished(lines):
            text += self._newline
        return [*self._closed(entry.value), Splice(at, at, text)]

    def _tail(self, entry: Entry) -> int:
        """Give the end of an entry's last line, with the comments right below that are indented like it or deeper."""
        column = self.column(entry.within.entries[0].start)
        at = self.line_end(max(entry.value.end, entry.mark))
        last_of_map = entry is entry.within.entries[-1]
        while (begin := self._next_line(at)) < len(self.text):
            end = self.line_end(begin)
            line = self.text[begin:end]
            deep = len(line) - len(line.lstrip(" "))
            if not line.strip() or not is_gap(line) or deep < column or (deep == column and not last_of_map):
                break
            if column == 0 and deep == 0:
                break
            at = end
        return at

    def _closed(self, node: Node) -> list[Splice]:
        """Keep the text of a block scalar that ended with the file, without a line break."""
        last = node
        while last.entries:
            last = last.entries[-1].value
        if last.style not in ("|", ">") or last.end != len(self.text):
            return []
        if set("+-") & set(self.text[last.body : last.header]) or last.header == last.end:
            return []
        return [Splice(last.header, last.header, "-")]

    def _ends_unfinished(self, lines: list[str]) -> bool:
        """Tell whether the last line is of a block scalar that needs a line break behind it."""
        from flametree_cfg.config.reader import read_document

        one, other = ("\n".join(lines), "\n".join([*lines, ""]))
        return read_document(one.encode(), "", places=False) != read_document(other.encode(), "", places=False)

    def _into_braces(self, node: Node, name: str | int, value: Value) -> list[Splice]:
        text = flow_text(value)
        if isinstance(name, str):
            text = f"{key_text(name)}: {text}"
        if not node.entries:
            inside = self.text[node.body + 1 : node.end - 1]
            if inside.strip():
                raise Unwritable("comments in empty braces")
            return [Splice(node.body + 1, node.end - 1, text)]
        if isinstance(name, int) and name < len(node.entries):
            at = node.entries[name].start
            return [Splice(at, at, f"{text}, ")]
        last = node.entries[-1]
        at = max(last.value.end, last.mark)
        rest = _REST.match(self.text, at)
        if rest is None or not self._begins_line(last.start) or "\n" not in self._join([self.text[at : node.end]]):
            return [Splice(at, at, f", {text}")]
        line = self._newline + " " * self.column(last.start) + text
        if rest[1]:
            return [Splice(rest.end(), rest.end(), f"{line},")]
        return [Splice(at, at, ","), Splice(rest.end(), rest.end(), line)]

    def may_grow(self, node: Node) -> bool:
        """Tell whether a map in lines can get and lose several entries at once."""
        return self._tail(node.entries[-1]) < len(self.text) and self._begins_line(node.entries[0].start)

    # Something less

    def delete(self, entry: Entry) -> list[Splice]:
        """Remove an entry with the comments that belong to it; not the only one of its map or list."""
        node = entry.within
        if node.flow:
            return self._out_of_braces(entry)
        if not self._begins_line(entry.start):
            return [self._from_behind_a_dash(entry)]
        start, end = self._lead(entry), self._next_line(self._tail(entry))
        if not self._line_above(start).strip() or entry is node.entries[0]:
            end = self._blank_until(end, entry)
        if entry is node.entries[-1] and entry is not node.entries[0]:
            while start and not self._line_above(start).strip():
                start = self.line_start(start - 1)
        return [Splice(start, end, "")]

    def _blank_until(self, at: int, entry: Entry) -> int:
        """Step over empty lines between this entry and the next one."""
        if entry is entry.within.entries[-1]:
            return at
        while at < len(self.text) and not self.text[at : self.line_end(at)].strip():
            at = self._next_line(at)
        return at

    def _lead(self, entry: Entry) -> int:
        """Give the start of an entry's first line, or of the comments right above it."""
        at, column = self.line_start(entry.start), self.column(entry.start)
        while at:
            line = self._line_above(at)
            is_comment = line.strip().startswith("#") and line.index("#") == column
            if not is_comment or _MODELINE.match(line) or (column == 0 and self.line_start(at - 1) == 0):
                break
            at = self.line_start(at - 1)
        return at

    def _from_behind_a_dash(self, entry: Entry) -> Splice:
        """Remove the first of several that begin behind a dash."""
        following = entry.within.entries[1]
        between = self.text[self.line_end(entry.value.end) : self.line_start(following.start)]
        if between.strip():
            return Splice(entry.start - 1, self.line_end(entry.value.end), "")
        return Splice(entry.start, following.start, "")

    def _out_of_braces(self, entry: Entry) -> list[Splice]:
        node, end = entry.within, max(entry.value.end, entry.mark)
        place = node.entries.index(entry)
        rest = _REST.match(self.text, end)
        if self._begins_line(entry.start) and rest is not None:
            return [Splice(self.line_start(entry.start), self._next_line(rest.end()), "")]
        if place + 1 < len(node.entries):
            return [Splice(entry.start, node.entries[place + 1].start, "")]
        if place == 0:
            return [Splice(node.body + 1, node.end - 1, "")]
        before = node.entries[place - 1]
        start = max(before.value.end, before.mark)
        return [Splice(entry.start if "#" in self.text[start : entry.start] else start, end, "")]

    # Anchors

    def move_anchor(self, node: Node, value: Value) -> list[Splice]:
        """Give an anchor and its value to the first use, so that all of those stay as they are."""
        return [*self._anchor_gone(node), *self.put(node.uses[0], value, anchor=f"&{node.anchor} ")]

    def _anchor_gone(self, node: Node) -> list[Splice]:
        end = node.start + len(node.anchor) + 1
        behind = end
        while self.text[behind : behind + 1] in (" ", "\t"):
            behind += 1
        start = node.start
        if behind == len(self.text) or self.text[behind] in "\r\n#":
            behind = end
            while self.text[start - 1] in " \t" and start:
                start -= 1
        return [Splice(start, behind, "")]


def _habit(page: Page) -> Habit:
    """Find how a text is indented."""
    found: dict[str, int] = {}
    for entry in _entries(page.root):
        if entry.key is not None and entry.value.block and page.line_start(entry.value.body) > entry.mark:
            inner = page.column(entry.value.entries[0].start)
            found.setdefault(entry.value.kind, inner - page.column(entry.within.entries[0].start))
        if len(found) == 2:
            break
    step = found.get("map") or STEP
    return Habit(step, found.get("list", step))


def _entries(node: Node | None) -> Iterator[Entry]:
    for entry in node.entries if node else ():
        yield entry
        yield from _entries(entry.value)
