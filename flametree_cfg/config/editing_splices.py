"""Which characters of a text give way to which, for one step of an edit."""

from __future__ import annotations

import re
from typing import NamedTuple

from flametree_cfg.config.blocks import is_gap
from flametree_cfg.config.editing_lines import BREAK, Lines
from flametree_cfg.config.editing_nodes import Entry, Node, Unwritable, path_of
from flametree_cfg.config.editing_writing import entry_lines, flow_text, indented, key_text, scalar_lines
from flametree_cfg.config.layout import ORDER_AT, STEP
from flametree_cfg.model import Value

_DIGIT = re.compile(r"[0-9]")
_WIDTH = 100  # characters of an entry in braces
_MODELINE = re.compile(r"\s*#\s*(?:yaml-language-server\s*:|!)")
_REST = re.compile(r"[ \t]*(,?)[ \t]*(?:#[^\r\n]*)?(?=\r|\n|\Z)")


class Splice(NamedTuple):
    """Characters from `start` to `end` give way to a text."""

    start: int
    end: int
    text: str


class Page(Lines):
    """A text with its values; every method gives the splices of one step, and changes nothing."""

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
        if isinstance(value, dict | list):
            text = flow_text(value)
        else:
            style = node.style if node.kind == "scalar" else ""
            text = scalar_lines(value, style, flow=within, block=False)[0]
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
        indent = self._indent(node, base) if is_block else base + self.habit.map
        if rest:
            given = _DIGIT.search(self.text, node.body, node.header) if is_block else None
            first = first[0] + str(indent - base) * bool(given or _DIGIT.search(first)) + first.lstrip("|>2")
        lines = indented([line[STEP:] for line in rest], indent)
        head = Splice(node.body, node.header if is_block else node.end, self._spaced(node, anchor + first))
        begin = self.line_end(head.end)
        tail = self.newline + self.join(lines) if lines else ""
        end = max(node.end, begin)
        if lines and end == len(self.text) and "-" not in first:
            tail += self.newline
        return [head, Splice(begin, end, tail)] if tail or end > begin else [head]

    def _base(self, node: Node) -> int:
        return self.column(node.holder.within.entries[0].start) if node.holder else 0

    def _block_text(self, node: Node) -> str:
        lines = BREAK.split(self.text[self.next_line(node.header) : node.end])
        indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), default=0)
        return "\n".join(line[indent:] for line in lines)

    def _indent(self, node: Node, base: int) -> int:
        """Give the indentation of a block scalar's text."""
        given = _DIGIT.search(self.text, node.body, node.header)
        if given:
            return base + int(given[0])
        lines = BREAK.split(self.text[self.next_line(node.header) : node.end])
        return next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), base + self.habit.map)

    def _covers_comments(self, node: Node) -> bool:
        """Tell whether comments below are indented so that they would become part of a block scalar."""
        if node.style in ("|", ">"):
            return False
        at = self.next_line(node.end)
        while at < len(self.text):
            line = self.text[at : self.line_end(at)]
            if line.strip(" "):
                return line.lstrip(" ").startswith("#") and line.index("#") > self._base(node)
            at = self.next_line(at)
        return False

    def _block_instead(self, node: Node, holder: Entry, value: Value, anchor: str, text: str) -> list[Splice]:
        """Write a map or list in the place of a scalar."""
        lines = entry_lines("k" if holder.key else None, value, self.habit)
        if text:
            lines = ["k:", *indented(text.split("\n"), self.habit.map)]
        if len(lines) == 1 or holder.key is None or node.style in ("|", ">"):
            text = anchor + flow_text(value)
            if node.style not in ("|", ">"):
                return [Splice(node.body, node.end, self._spaced(node, text))]
            return [Splice(node.body, node.header, text), Splice(self.line_end(node.header), node.end, "")]
        start = node.body
        while self.text[start - 1] in " \t":
            start -= 1
        head = f" {anchor.rstrip()}" if anchor else ""
        lower = self.newline + self.join(indented(lines[1:], self._base(node)))
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
        behind = node.start + len(node.anchor) + 1 if node.anchor and node.start < begin else holder.mark
        return [Splice(holder.mark, behind, f" {text}"), Splice(begin, node.end, "")]

    # Something more

    def insert(self, node: Node, name: str | int, value: Value, text: str = "") -> list[Splice]:
        """
        Add an entry: an item at its index, a key where `fmt` would have it, else at the end.

        `text` is how to write it, from column 0.
        """
        if node.flow:
            return self._into_braces(node, name, value)
        lines = (text.split("\n") if text else []) or self._lines(node, name, value)
        last = node.entries[name - 1] if isinstance(name, int) and name else _predecessor(node, name)
        if last is None:
            at = node.entries[0].start
            space = self.newline + " " * self.column(at)
            return [Splice(at, at, space.join(lines) + space)]
        return self._behind(last, lines, apart=self._apart(node, value))

    def first(self, name: str, value: Value, text: str = "") -> list[Splice]:
        """Add the first entry of a text that says nothing."""
        lines = (text.split("\n") if text else []) or entry_lines(name, value, self.habit)
        end = len(self.text)
        before = "" if self.begins_line(end) and self.line_start(end) == end else self.newline
        return [Splice(end, end, before + self.join([*lines, ""]))]

    def _lines(self, node: Node, name: str | int, value: Value) -> list[str]:
        siblings = [entry.value for entry in node.entries if entry.value.kind in ("map", "list")]
        flow = bool(siblings) and all(one.flow for one in siblings) and isinstance(value, dict | list)
        key = name if isinstance(name, str) else None
        return entry_lines(key, value, self.habit, flow=flow and len(flow_text(value)) <= _WIDTH)

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
        text = self.newline + self.join([*([""] if apart else []), *indented(lines, column)])
        if at < len(self.text):
            return [Splice(at, at, text)]
        if self._ends_unfinished(lines):
            text += self.newline
        return [*self._closed(entry.value), Splice(at, at, text)]

    def _tail(self, entry: Entry) -> int:
        """Give the end of an entry's last line, with the comments right below that are indented like it or deeper."""
        column = self.column(entry.within.entries[0].start)
        at = self.line_end(max(entry.value.end, entry.mark))
        last_of_map = entry is entry.within.entries[-1]
        while (begin := self.next_line(at)) < len(self.text):
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
        last = _last(node)
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
        if rest is None or not self.begins_line(last.start) or "\n" not in self.join([self.text[at : node.end]]):
            return [Splice(at, at, f", {text}")]
        line = self.newline + " " * self.column(last.start) + text
        if rest[1]:
            return [Splice(rest.end(), rest.end(), f"{line},")]
        return [Splice(at, at, ","), Splice(rest.end(), rest.end(), line)]

    def may_grow(self, node: Node) -> bool:
        """Tell whether a map in lines can get and lose several entries at once."""
        return self._tail(node.entries[-1]) < len(self.text) and self.begins_line(node.entries[0].start)

    # Something less

    def delete(self, entry: Entry) -> list[Splice]:
        """Remove an entry with the comments that belong to it; not the only one of its map or list."""
        node = entry.within
        if node.flow:
            return self._out_of_braces(entry)
        if not self.begins_line(entry.start):
            return [self._from_behind_a_dash(entry)]
        place = node.entries.index(entry)
        start, end = self._lead(entry), self.next_line(self._tail(entry))
        keeps = place > 0 and self._keeps_empty_lines(node.entries[place - 1].value)
        if keeps or (place + 1 < len(node.entries) and (place == 0 or not self._line_above(start).strip())):
            end = self._blank_until(end)
        if place > 0 and place + 1 == len(node.entries) and not keeps:
            while not self._line_above(start).strip():
                start = self.line_start(start - 1)
        return [Splice(start, end, "")]

    def _keeps_empty_lines(self, node: Node) -> bool:
        """Tell whether the empty lines below a value are part of it."""
        last = _last(node)
        return last.style in ("|", ">") and "+" in self.text[last.body : last.header]

    def _blank_until(self, at: int) -> int:
        """Step over empty lines."""
        while at < len(self.text) and not self.text[at : self.line_end(at)].strip():
            at = self.next_line(at)
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
        if self.begins_line(entry.start) and rest is not None:
            return [Splice(self.line_start(entry.start), self.next_line(rest.end()), "")]
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


def _predecessor(node: Node, name: str | int) -> Entry | None:
    """Find the entry behind which a new one goes; None before all others."""
    order = ORDER_AT.get(len(path_of(node)), ())
    if name not in order:
        return node.entries[-1] if name != 0 else None
    before = order[: order.index(str(name))]
    if all(entry.name in before or entry.name not in order for entry in node.entries):
        return node.entries[-1]
    return next((entry for entry in reversed(node.entries) if entry.name in before), None)


def _last(node: Node) -> Node:
    """Give the value that a value ends with."""
    while node.entries:
        node = node.entries[-1].value
    return node
