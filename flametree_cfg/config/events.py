"""From libyaml's events to plain values and slots: the one pass over a file."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any, NoReturn

from yaml._yaml import CParser, Mark
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from flametree_cfg.config.characters import forbidden_in
from flametree_cfg.config.document import LINE_SHIFT, MAX_NODES, Document, children
from flametree_cfg.config.guard import MAX_PROBLEMS
from flametree_cfg.config.problem import problem, shown
from flametree_cfg.config.scalar import MAY_BE_OTHER_THAN_TEXT, NotJson, plain_value
from flametree_cfg.config.syntax import syntax_problem
from flametree_cfg.errors import Diagnostic, Location, Related
from flametree_cfg.model import RESERVED_KEY, Value

MAX_DEPTH = 64  # levels: people write ten; keeps every later recursion far from Python's limit
MAX_ALIASES = 100
MAX_EXPANDED = 50_000  # nodes with every alias followed; asked only of files that have aliases

_Event = Any  # PyYAML's stubs say that places may be absent; those of libyaml's events never are
_PLAIN = ""  # PyYAML's style of an unquoted scalar
_WRITTEN_ESCAPES = frozenset("\t\n\r")


_KEYS_KEPT = 4_000  # the words of all types are some hundred; keys that people choose come and go
_TEXT_KEYS: dict[str, str] = {}
"""Unquoted keys that are known to be text, each to the one copy of it that all mappings share."""


class _Stop(Exception):
    """Reading this file ends here; the reason is reported already."""


class _Anchor:
    """What `&name` stands for, and what following an alias of it costs."""

    __slots__ = ("nodes", "slot", "value")

    def __init__(self, slot: int) -> None:
        self.slot = slot
        self.value: Value = None
        self.nodes = 0  # still open: an alias of it would be a circle


class EventReader:
    """
    Reads one file's events; the methods follow the grammar.

    The loop in `_mapping` is where the time goes: it asks the rare questions (tag, anchor, odd key) through one test
    each and leaves the answers to slower methods.
    """

    __slots__ = (
        "_aliases",
        "_anchors",
        "_body",
        "_escapes",
        "_expanded",
        "_file",
        "_first_alias",
        "_found",
        "_get",
        "_heights",
        "_holes",
        "_slot_limit",
        "_slots",
    )

    def __init__(self, body: bytes, file: str, found: list[Diagnostic]) -> None:
        self._body = body
        self._file = file
        self._found = found
        self._get: Callable[[], _Event] = CParser(body).get_event
        self._slots: list[int] = []
        self._slot_limit = MAX_NODES  # grows by one with every container: those take two slots
        self._holes: dict[int, int] = {}
        self._anchors: dict[str, _Anchor] = {}
        self._aliases = 0
        self._first_alias: Location | None = None
        self._expanded = 0  # nodes that aliases add
        self._heights: dict[int, int] = {}
        self._escapes = b"\\" in body

    def read(self) -> Document:
        """Read to the end, or as far as it goes; problems are in the list handed in."""
        try:
            value = self._document()
        except _Stop:
            return Document(self._file, whole=False)
        except Exception as failure:  # noqa: BLE001  # PyYAML raises what it likes; nothing may escape a hostile file
            self._found.append(syntax_problem(failure, self._body, self._file))
            return Document(self._file, whole=False)
        return Document(self._file, value, array("q", self._slots), self._holes)

    def _document(self) -> Value:
        self._get()
        event = self._get()
        if type(event) is StreamEndEvent:
            return None
        if isinstance(event, DocumentStartEvent):
            self._refuse_directives(event)
        value = self._value(self._get(), 0)
        self._get()
        event = self._get()
        if type(event) is not StreamEndEvent:
            self._report("second-document", event.start_mark)
        if self._aliases and self._nodes() + self._expanded > MAX_EXPANDED:
            self._found.append(
                problem(
                    "alias-expansion", self._first_alias or Location(self._file, 1, 1), f"more than {MAX_EXPANDED:,}"
                )
            )
        return value

    def _refuse_directives(self, event: _Event) -> None:
        if event.version and event.version != (1, 2):
            self._report("yaml-version", event.start_mark, "{}.{}".format(*event.version))
        if event.tags:
            self._report("yaml-directive", event.start_mark, "%TAG")

    # Values

    def _value(self, event: _Event, depth: int) -> Value:
        """Read any value that begins with this event; adds its slots."""
        if type(event) is ScalarEvent:
            return self._scalar(event)
        if type(event) is AliasEvent:
            return self._alias(event, depth)
        return self._container(event, depth + 1)

    def _scalar(self, event: _Event) -> Value:
        mark = event.start_mark
        slot = len(self._slots)
        self._slots.append(mark.line << LINE_SHIFT | mark.column)
        if event.tag is not None:
            self._report("yaml-tag", mark)
        value: Value = event.value
        if event.style == _PLAIN:
            value = self._plain(event)
        elif self._escapes and event.style == '"':
            self._refuse_escaped(event)
        if event.anchor is not None:
            anchor = self._anchors[event.anchor] = _Anchor(slot)
            anchor.value, anchor.nodes = value, 1
        return value

    def _plain(self, event: _Event) -> Value:
        try:
            return plain_value(event.value)
        except NotJson as reason:
            self._report("bad-number", event.start_mark, str(reason))
            return 0

    def _refuse_escaped(self, event: _Event) -> None:
        r"""Refuse what an escape smuggles past the guard, such as `"\u202e"`; `\n`, `\r` and `\t` are fine."""
        for code, name, offset in forbidden_in(event.value):
            if event.value[offset] not in _WRITTEN_ESCAPES:
                self._report(code, event.start_mark, f"{name}, written as an escape")

    def _container(self, event: _Event, depth: int) -> Value:
        mark = event.start_mark
        if depth > MAX_DEPTH:
            self._stop("too-deep", mark, f"more than {MAX_DEPTH} levels")
        slots = self._slots
        slot = len(slots)
        slots.append(mark.line << LINE_SHIFT | mark.column)
        slots.append(0)
        self._slot_limit += 1
        if event.tag is not None:
            self._report("yaml-tag", mark)
        value = self._items(event, slot, depth) if event.anchor is None else self._anchored(event, slot, depth)
        slots[slot + 1] = len(slots)
        return value

    def _items(self, event: _Event, slot: int, depth: int) -> Value:
        return self._mapping(slot, depth) if type(event) is MappingStartEvent else self._sequence(depth)

    def _anchored(self, event: _Event, slot: int, depth: int) -> Value:
        anchor = self._anchors[event.anchor] = _Anchor(slot)
        before = self._nodes() + self._expanded
        anchor.value = self._items(event, slot, depth)
        anchor.nodes = self._nodes() + self._expanded - before + 1
        return anchor.value

    def _sequence(self, depth: int) -> list[Value]:
        result: list[Value] = []
        while type(event := self._get()) is not SequenceEndEvent:
            if len(self._slots) > self._slot_limit:
                self._stop("too-many-nodes", event.start_mark, f"more than {MAX_NODES:,}")
            result.append(self._value(event, depth))
        return result

    def _mapping(self, slot: int, depth: int) -> dict[str, Value]:
        get, slots, text_key = self._get, self._slots, _TEXT_KEYS.get
        result: dict[str, Value] = {}
        while True:
            event = get()
            kind: object = type(event)
            if kind is MappingEndEvent:
                return result
            start = len(slots)
            if start > self._slot_limit:
                self._stop("too-many-nodes", event.start_mark, f"more than {MAX_NODES:,}")
            key = text_key(event.value) if kind is ScalarEvent else None
            if key is None or event.tag is not None or event.anchor is not None:
                if kind is not ScalarEvent or not self._is_text_key(event):
                    self._refuse_key(event, start, depth)
                    continue
                key = event.value
            if key in result:
                self._refuse_duplicate(event, start, depth, result, slot)
                continue
            mark = event.start_mark
            slots.append(mark.line << LINE_SHIFT | mark.column)
            event = get()
            kind = type(event)
            if kind is not ScalarEvent or event.tag is not None or event.anchor is not None:
                result[key] = self._value(event, depth)
                continue
            text = event.value
            if event.style == _PLAIN:
                if text and text[0] not in MAY_BE_OTHER_THAN_TEXT:
                    result[key] = text
                else:
                    result[key] = self._plain(event)
            else:
                result[key] = text
                if self._escapes and event.style == '"':
                    self._refuse_escaped(event)
            mark = event.start_mark
            slots.append(mark.line << LINE_SHIFT | mark.column)

    # Keys

    def _is_text_key(self, event: _Event) -> bool:
        """Tell whether a key may stand, the slow way; a plain key that may is remembered."""
        if event.tag is not None:
            self._report("yaml-tag", event.start_mark)
            return False
        if event.anchor is not None:
            anchor = self._anchors[event.anchor] = _Anchor(len(self._slots))
            anchor.value, anchor.nodes = event.value, 1
        if event.value == RESERVED_KEY:
            self._report("reserved-key", event.start_mark)
            return False
        if event.style != _PLAIN:
            if self._escapes:
                self._refuse_escaped(event)
            return True
        if event.value == "<<":
            self._report("merge-key", event.start_mark)
            return False
        try:
            text = isinstance(plain_value(event.value), str)
        except NotJson:
            text = False
        if not text:
            self._report("non-text-key", event.start_mark, f"{shown(event.value)} is a number, a boolean or null")
            return False
        if len(_TEXT_KEYS) < _KEYS_KEPT:
            _TEXT_KEYS[event.value] = event.value
        return True

    def _refuse_key(self, event: _Event, start: int, depth: int) -> None:
        """Step over a key that cannot be one, and its value; both are still read for what else is wrong."""
        if type(event) is ScalarEvent:
            self._slots.append(0)
        else:
            self._report("complex-key", event.start_mark)
            self._value(event, depth)
        self._value(self._get(), depth)
        self._holes[start] = len(self._slots)

    def _refuse_duplicate(self, event: _Event, start: int, depth: int, result: dict[str, Value], slot: int) -> None:
        self._slots[slot + 1] = start  # not closed yet; the walk only asks whether it is an alias
        first = next(k for key, k, _ in children(self._slots, self._holes, result, slot) if key == event.value)
        place = Document(self._file, slots=self._slots).at(first)
        self._report("duplicate-key", event.start_mark, shown(event.value), related=(Related("first", location=place),))
        self._slots.append(0)
        self._value(self._get(), depth)
        self._holes[start] = len(self._slots)

    # Aliases

    def _alias(self, event: _Event, depth: int) -> Value:
        mark = event.start_mark
        self._aliases += 1
        self._first_alias = self._first_alias or self._place(mark)
        if self._aliases > MAX_ALIASES:
            self._stop("too-many-aliases", mark, f"more than {MAX_ALIASES}")
        self._slots.append(mark.line << LINE_SHIFT | mark.column)
        anchor = self._anchors.get(event.anchor)
        if anchor is None or not anchor.nodes:
            # An alias of nothing may be an unquoted secret that begins with `*`: its name is not shown.
            self._report(*(("cyclic-alias", mark, shown(f"*{event.anchor}")) if anchor else ("undefined-alias", mark)))
            return None
        self._expanded += anchor.nodes
        if self._expanded > MAX_EXPANDED:
            self._stop("alias-expansion", mark, f"more than {MAX_EXPANDED:,}")
        if isinstance(anchor.value, dict | list):
            if depth + self._height(anchor.value) > MAX_DEPTH:
                self._stop("too-deep", mark, f"more than {MAX_DEPTH} levels once the alias is followed")
            self._slots.append(-1 - anchor.slot)
            self._slot_limit += 1
        return anchor.value

    def _height(self, value: Value) -> int:
        """Count the levels below and with a value; each container is measured once."""
        if not isinstance(value, dict | list):
            return 0
        known = self._heights.get(id(value))
        if known is None:
            below = value.values() if isinstance(value, dict) else value
            known = self._heights[id(value)] = 1 + max(map(self._height, below), default=0)
        return known

    # Budgets and reports

    def _nodes(self) -> int:
        return len(self._slots) - (self._slot_limit - MAX_NODES)

    def _place(self, mark: Mark) -> Location:
        return Location(self._file, mark.line + 1, mark.column + 1)

    def _report(self, code: str, mark: Mark, detail: str = "", *, related: tuple[Related, ...] = ()) -> None:
        self._found.append(problem(code, self._place(mark), detail, related=related))
        if len(self._found) >= MAX_PROBLEMS:
            self._stop("too-many-problems", mark, f"reading stopped after {MAX_PROBLEMS}")

    def _stop(self, code: str, mark: Mark, detail: str) -> NoReturn:
        self._found.append(problem(code, self._place(mark), detail))
        raise _Stop
