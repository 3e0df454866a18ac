"""The lines of a text that is edited: where they begin and end, and how people indented them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from flametree_cfg.config.editing_nodes import Entry, Node
from flametree_cfg.config.editing_writing import Habit
from flametree_cfg.config.layout import STEP

BREAK = re.compile(r"\r\n|\r|\n")


class Lines:
    """A text with its values."""

    def __init__(self, text: str, root: Node | None) -> None:
        self.text = text
        self.root = root
        breaks = list(BREAK.finditer(text))
        self.newline = breaks[0][0] if breaks else "\n"
        self._starts = [0, *(one.end() for one in breaks)]
        self.habit = _habit(self)

    def line_start(self, at: int) -> int:
        """Give the offset of the first character of a line."""
        return self._starts[bisect_right(self._starts, at) - 1]

    def line_end(self, at: int) -> int:
        """Give the offset of a line's break, or the end of the text."""
        found = BREAK.search(self.text, at)
        return found.start() if found else len(self.text)

    def column(self, at: int) -> int:
        """Count the characters before an offset in its line."""
        return at - self.line_start(at)

    def next_line(self, at: int) -> int:
        """Give the offset of the first character of the next line, or the end of the text."""
        found = BREAK.search(self.text, at)
        return found.end() if found else len(self.text)

    def join(self, lines: list[str]) -> str:
        """Put lines together with the text's own line ends."""
        return self.newline.join(lines)

    def begins_line(self, at: int) -> bool:
        """Tell whether only spaces stand before an offset in its line."""
        return not self.text[self.line_start(at) : at].strip(" ")


def _habit(page: Lines) -> Habit:
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
