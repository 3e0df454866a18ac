"""
The canonical form of a tenant's YAML: which order, which layout.

This is the one place that says it:

- On top `tenant`, `extends`, `vars`, then `connectors`, `channels`, `agents`; in a resource the keys of
  `RESOURCE_ORDER`. Whatever else there is follows as it was. Resources, settings, items of lists, `{…}` and `[…]` stay
  in the author's order.
- Two spaces a level, lists two deeper than their key, one space behind a dash; what goes over several lines moves as
  a whole, the text of a block scalar stands two deeper than its key.
- One empty line above every section and between resources, elsewhere at most one where the author put some, none at
  the beginning of a block. No spaces at the end of a line, LF, one at the end, no byte order mark.
- A comment goes with what stands below it, unless it is indented deeper than that: then with what stands above. The
  first comments of a file stay on top: the editors' line, and what an empty line separates from the rest.
- Quotes, numbers, anchors, block scalars, spaces inside a line: as written.

Where keys cannot move without an alias meaning something else, they stay; a file written in a way whose layout we do
not touch (`? key`, `{…}` around everything) only gets its line ends right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from yaml._yaml import CParser
from yaml.events import ScalarEvent

from flametree_cfg.config.blocks import Block, Entry, Leaf, Odd, Sheet, read_sheet
from flametree_cfg.config.characters import without_bom
from flametree_cfg.config.reader import read_document
from flametree_cfg.errors import Diagnostic
from flametree_cfg.model import Value

SECTIONS = ("connectors", "channels", "agents")
TOP_ORDER = ("tenant", "extends", "vars", *SECTIONS)
RESOURCE_ORDER = (
    "type", "name", "description", "external", "system", "import", "protected", "previously", "default", "running",
    "instructions", "settings", "connectors", "channels", "environment", "max_opened_sessions", "daily_session_limit",
    "web_widget", "push",
)  # fmt: skip
STEP = 2  # spaces a level

_TOP, _SECTION, _RESOURCE, _INSIDE = range(4)
ORDER_AT = {_TOP: TOP_ORDER, _RESOURCE: RESOURCE_ORDER}
"""The order of keys, by how deep the map is that has them."""
_MODELINE = re.compile(r"#\s*yaml-language-server\s*:|#!")
_HEADER = re.compile(r"([|>])([0-9]?)[+-]?([0-9]?)")


def canonical(data: bytes, file: str) -> tuple[bytes, tuple[Diagnostic, ...]]:
    """
    Give a file in its canonical form; it says the same, and every line of it is still there.

    Args:
        data: as on disk.
        file: what to call it in diagnostics.

    Returns:
        The bytes, and what is wrong with the file: then they are as they were.
    """
    before, found = read_document(data, file, places=False)
    if found:
        return data, found
    text = without_bom(data).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    text = with_last_line_ended(text)
    for attempt in (arranged, str):
        try:
            after = attempt(text).encode("utf-8")
        except Odd:
            continue
        document, broken = read_document(after, file, places=False)
        if not broken and same(before.value, document.value) and _lines_of(after.decode("utf-8")) == _lines_of(text):
            return after, ()
    return data, ()


def arranged(text: str) -> str:
    """
    Put a text into its canonical form.

    Args:
        text: valid YAML, LF alone, the last line ended too.

    Raises:
        Odd: its layout is not one that we touch.
    """
    return _Writer(read_sheet(text)).write()


def with_last_line_ended(text: str) -> str:
    """End the last line; a block scalar that ends without says so by `|-`."""
    if not text or text.endswith("\n"):
        return text
    scalar: Any = None
    parser = CParser(text)
    while (event := parser.get_event()) is not None:
        scalar = event if isinstance(event, ScalarEvent) else scalar
    if scalar is None or scalar.style not in ("|", ">") or scalar.value.endswith("\n") or not scalar.value:
        kept, _, last = text.rpartition("\n")
        return text + "\n" if last.strip(" \t") else kept + "\n" if kept else ""
    lines = text.split("\n")
    line, column = scalar.start_mark.line, scalar.start_mark.column
    lines[line] = lines[line][:column] + _HEADER.sub(r"\1\2\3-", lines[line][column:], count=1)
    return "\n".join(lines) + "\n"


def same(before: Value, after: Value) -> bool:
    """Tell whether two values are the same, in type too; the order of keys does not count."""
    if type(before) is not type(after):
        return False
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(same(value, after[key]) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    return repr(before) == repr(after)  # 0.0 equals -0.0, and is another number


def _lines_of(text: str) -> Counter[str]:
    """Count the lines that say something, whatever their place and indentation."""
    return Counter(words for line in text.split("\n") if (words := " ".join(line.split())))


class _Writer:
    """Writes a sheet anew, line by line."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._out = [line.rstrip() for line in sheet.head]
        self._open = False  # the last line is of a scalar that owns the empty lines after it

    def write(self) -> str:
        root = self._sheet.root
        if root is not None:
            header, root.entries[0].lead = _header_of(root.entries[0].lead)
            entries = _ordered(root.entries, TOP_ORDER)
            entries[0].lead = [*header, *entries[0].lead]
            self._entries(entries, 0, _TOP, keyed=True)
        self._gap(self._sheet.foot, 0, first=not self._out)
        while self._out and not self._out[-1] and not self._open:
            self._out.pop()
        return "".join(f"{line}\n" for line in self._out)

    def _entries(self, entries: Sequence[Entry], column: int, level: int, *, keyed: bool) -> None:
        for index, entry in enumerate(entries):
            apart = level == _SECTION or (level == _TOP and entry.key in SECTIONS)
            self._gap(entry.lead, column, first=index == 0, apart=apart)
            self._entry(entry, column, level, keyed=keyed)
            self._gap(entry.after, column + STEP)

    def _entry(self, entry: Entry, column: int, level: int, *, keyed: bool) -> None:
        value = entry.value
        first = len(self._out)
        if not entry.inline:
            self._line(self._head(entry, keyed=keyed), column)
        if isinstance(value, Leaf):
            self._leaf(entry, value, column, keyed=keyed)
            return
        inside = (
            _INSIDE if not keyed or level == _INSIDE or (level == _TOP and entry.key not in SECTIONS) else level + 1
        )
        self._block(value, column + STEP, inside)
        if entry.inline:
            self._out[first] = f"{' ' * column}- {self._out[first].lstrip(' ')}"

    def _block(self, block: Block, column: int, level: int) -> None:
        lead = block.entries[0].lead
        while lead and not lead[0].strip():  # it spaced the block from what is above, not the key
            del lead[0]
        entries = _ordered(block.entries, ORDER_AT.get(level, ())) if block.keyed else block.entries
        self._entries(entries, column, level, keyed=block.keyed)

    def _head(self, entry: Entry, *, keyed: bool) -> str:
        text = self._sheet.lines[entry.line][entry.column :]
        return _stripped(text) if keyed else _stripped(f"- {text[1:].lstrip()}")

    def _leaf(self, entry: Entry, leaf: Leaf, column: int, *, keyed: bool) -> None:
        """Write the lines below the first one of a value that is moved as a whole."""
        head = self._sheet.lines[entry.line]
        moved = column - entry.column
        if not keyed and (behind := head[entry.column + 1 :]).strip():
            moved = column + STEP - (len(head) - len(behind.lstrip()))
        least = column if leaf.flow else column + STEP
        indent = column + (leaf.given or STEP)
        for number in range(entry.line + 1, leaf.last + 1):
            line = self._sheet.lines[number]
            if 0 <= leaf.header < number:
                empty = not line.strip(" ") and len(line) <= leaf.indent
                self._out.append("" if empty else " " * indent + line[leaf.indent :])
            else:
                text = line.lstrip(" ")
                self._line(_stripped(text), max(len(line) - len(text) + moved, least))
        self._open = leaf.keep

    def _gap(self, lines: Sequence[str], column: int, *, first: bool = False, apart: bool = False) -> None:
        """Write comments, with at most one empty line between them; `apart` puts one above."""
        texts = ["", *lines] if apart and not first else list(lines)
        for index, line in enumerate(texts):
            text = line.strip()
            again = index > 0 and not texts[index - 1].strip()
            if text or not (again or self._open or first):
                self._line(text, column)
            first = first and not text

    def _line(self, text: str, column: int) -> None:
        self._out.append(" " * column + text if text else "")
        self._open = False


def _ordered(entries: list[Entry], order: Sequence[str]) -> list[Entry]:
    """Sort entries, what is not named last; not at all if an alias could then mean something else."""
    rank = {key: index for index, key in enumerate(order)}
    after = sorted(entries, key=lambda entry: rank.get(entry.key, len(rank)))
    refs = [ref for entry in entries for ref in entry.refs]
    return after if [ref for entry in after for ref in entry.refs] == refs else list(entries)


def _header_of(lead: list[str]) -> tuple[list[str], list[str]]:
    """Split the comments above the first key into those of the file and those of the key."""
    of_file = (index + 1 for index, line in enumerate(lead) if not line.strip() or _MODELINE.match(line.strip()))
    behind = max(of_file, default=0)
    return lead[:behind], lead[behind:]


def _stripped(text: str) -> str:
    """Drop spaces at the end, but not one that a backslash in quotes makes text."""
    bare = text.rstrip(" \t")
    return text if bare.endswith("\\") else bare
