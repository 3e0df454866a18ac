"""From libyaml's events to plain values alone, for files in which nothing is unusual: nearly all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yaml._yaml import CParser
from yaml.events import (
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from flametree_cfg.config.characters import FORBIDDEN
from flametree_cfg.config.document import LINE_SHIFT, Document
from flametree_cfg.config.events import MAX_NODES
from flametree_cfg.config.scalar import MAY_BE_OTHER_THAN_TEXT, plain_value
from flametree_cfg.model import RESERVED_KEY, Value

_PLAIN = ""
_DEEP = 32  # levels: people write ten
_KEYS_KEPT = 4_000  # the words of all types are some hundred; keys that people choose come and go
_KEYS: dict[str, str] = {}  # unquoted keys that are text, each to the one copy of it that all mappings share


class _Unusual(Exception):
    """Something that `EventReader` has an answer to."""


def read_quickly(body: bytes, file: str) -> Document | None:
    """
    Read a file in which nothing is unusual: no tag, anchor, alias, directive, second document; no key that is odd or
    stands twice; no problem at all.

    Returns:
        What `EventReader` would give, without places but those of the top level's values; None where anything is
        unusual.
    """
    if len(body) > MAX_NODES:  # a node is a byte at least
        return None
    try:
        return _document(CParser(body).get_event, file, escapes=b"\\" in body)
    except Exception:  # noqa: BLE001  # whatever it is, the other reader tells it
        return None


def _document(get: Callable[[], Any], file: str, *, escapes: bool) -> Document:
    get()
    begin = get()
    event = get()
    if begin.version or begin.tags or type(event) is not MappingStartEvent or event.tag or event.anchor:
        raise _Unusual
    tops: dict[str, int] = {}
    value = _mapping(get, escapes, 1, tops)
    if type(get()) is not DocumentEndEvent or type(get()) is not StreamEndEvent:
        raise _Unusual
    return Document(file, value, (), {}, placed=False, tops=tops)


def _mapping(get: Callable[[], Any], escapes: bool, depth: int, tops: dict[str, int] | None = None) -> dict[str, Value]:
    known = _KEYS.get
    result: dict[str, Value] = {}
    while True:
        event = get()
        if type(event) is not ScalarEvent:
            if type(event) is MappingEndEvent:
                return result
            raise _Unusual
        key = known(event.value)
        if key is None or event.tag is not None or event.anchor is not None:
            key = _key(event)
        if key in result:
            raise _Unusual
        event = get()
        if tops is not None:
            tops[key] = event.start_mark.line << LINE_SHIFT | event.start_mark.column
        if type(event) is ScalarEvent and event.tag is None and event.anchor is None:
            text = event.value
            if event.style == _PLAIN:
                result[key] = text if text and text[0] not in MAY_BE_OTHER_THAN_TEXT else plain_value(text)
                continue
            if escapes and event.style == '"' and FORBIDDEN.search(text):
                raise _Unusual
            result[key] = text
        else:
            result[key] = _value(event, get, escapes, depth)


def _key(event: Any) -> str:
    """Judge a key that was not met before; a quoted one may hold anything."""
    text: str = event.value
    if event.tag is not None or event.anchor is not None or event.style != _PLAIN:
        raise _Unusual
    if text in (RESERVED_KEY, "<<") or not isinstance(plain_value(text), str):
        raise _Unusual
    if len(_KEYS) < _KEYS_KEPT:
        _KEYS[text] = text
    return text


def _value(event: Any, get: Callable[[], Any], escapes: bool, depth: int) -> Value:
    if event.anchor is not None or event.tag is not None or depth >= _DEEP:
        raise _Unusual
    if type(event) is MappingStartEvent:
        return _mapping(get, escapes, depth + 1)
    if type(event) is SequenceStartEvent:
        items: list[Value] = []
        while type(event := get()) is not SequenceEndEvent:
            items.append(_value(event, get, escapes, depth + 1))
        return items
    if type(event) is not ScalarEvent:
        raise _Unusual
    text = event.value
    if event.style == _PLAIN:
        return plain_value(text)
    if escapes and event.style == '"' and FORBIDDEN.search(text):
        raise _Unusual
    return text
