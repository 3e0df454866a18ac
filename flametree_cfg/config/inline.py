"""Values that stand behind a key or a dash on one line, as people write them; whatever else may stand there is not."""

from __future__ import annotations

import re

from flametree_cfg.config.scalar import MAY_BE_OTHER_THAN_TEXT, plain_value
from flametree_cfg.model import RESERVED_KEY, Value

NEEDS_A_LOOK = frozenset("-+.0123456789~?:,[]{}#&*!|>'\"%@` ") | {""}
"""First characters of what may be no unquoted text; what is empty has none."""

_DEEP = 4  # levels of brackets: people write two
_LONGEST_KEY = 200  # characters: libyaml takes 1,024 bytes
_WORD = r"[\w./@$-]+"
PLAIN = rf"[\w/$][\w./@$-]*(?: +{_WORD})*"
"""What is surely one unquoted scalar, in brackets too, if what follows lets it end."""

_ITEM_PLAIN = rf"\.*{PLAIN}"  # never where `...` ends a document
_LIST = re.compile(rf"\[({_ITEM_PLAIN}(?:, {_ITEM_PLAIN})*)\]")
_QUOTED = re.compile(r"""(?:"([^"\\]*)"|'([^']*)'|"((?:[^"\\]|\\["\\nt])*)") *(?: #.*)?""")
_ESCAPE = re.compile(r"\\(.)")
_MEANT = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}

_ITEM = re.compile(rf""" *(?:([\[{{])|({_ITEM_PLAIN})|"([^"\\]*)"|'([^']*)')""")
_PAIR = re.compile(rf" *({PLAIN}): +")
_NEXT = re.compile(r" *([,\]}])")
_CLOSED = re.compile(r" *[\]}]")
_BEHIND = re.compile(r" *(?: #.*)?")


class Unusual(ValueError):
    """Something that only `EventReader` has an answer to."""


def inline_value(text: str) -> Value:
    """
    Read what stands behind a key or a dash, to the end of its line.

    Args:
        text: from the value's first character on.

    Raises:
        ValueError: it is something else, goes on below, or is wrong.
    """
    first = text[:1]
    if first in MAY_BE_OTHER_THAN_TEXT or first not in NEEDS_A_LOOK:
        text = _unquoted(text)
        if first == "-" and text[1:2] in ("", " "):
            raise Unusual
        return plain_value(text)
    if first in "[{":
        return _bracketed(text)
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        raise Unusual
    plain, single, escaped = quoted.groups()
    if escaped is not None:
        return _ESCAPE.sub(lambda match: _MEANT[match[1]], escaped)
    return single if plain is None else plain


def key_text(text: str) -> str:
    """
    Give back a key, made of `PLAIN`.

    Raises:
        ValueError: it is no text, is long, or has a meaning of its own.
    """
    if len(text) > _LONGEST_KEY or text == RESERVED_KEY or not isinstance(plain_value(text), str):
        raise Unusual
    return text


def _unquoted(text: str) -> str:
    comment = text.find(" #")
    text = (text if comment < 0 else text[:comment]).rstrip(" ")
    if ": " in text or text[-1] == ":":
        raise Unusual
    return text


def _bracketed(text: str) -> Value:
    simple = _LIST.fullmatch(text)
    if simple:
        return [plain_value(item) for item in simple[1].split(", ")]
    value, at = _item(text, 0, 0)
    if not _BEHIND.fullmatch(text, at):
        raise Unusual
    return value


def _item(text: str, at: int, depth: int) -> tuple[Value, int]:
    """Read a value in brackets; it ends before a comma or a bracket, or at the bracket that it began with."""
    item = _ITEM.match(text, at)
    if item is None or depth > _DEEP:
        raise Unusual
    bracket, words, double, single = item.groups()
    at = item.end()
    if words is not None:
        return plain_value(words), at
    if bracket is None:
        return (single if double is None else double), at
    return _items(text, at, depth + 1) if bracket == "[" else _pairs(text, at, depth + 1)


def _items(text: str, at: int, depth: int) -> tuple[Value, int]:
    items: list[Value] = []
    if empty := _CLOSED.match(text, at):
        return items, _closed(empty, "]")
    while True:
        item, at = _item(text, at, depth)
        items.append(item)
        behind = _NEXT.match(text, at)
        if behind is None or behind[1] != ",":
            return items, _closed(behind, "]")
        at = behind.end()


def _pairs(text: str, at: int, depth: int) -> tuple[Value, int]:
    pairs: dict[str, Value] = {}
    if empty := _CLOSED.match(text, at):
        return pairs, _closed(empty, "}")
    while True:
        pair = _PAIR.match(text, at)
        if pair is None or (key := key_text(pair[1])) in pairs:
            raise Unusual
        pairs[key], at = _item(text, pair.end(), depth)
        behind = _NEXT.match(text, at)
        if behind is None or behind[1] != ",":
            return pairs, _closed(behind, "}")
        at = behind.end()


def _closed(behind: re.Match[str] | None, bracket: str) -> int:
    """Give the place behind a closing bracket, if it is the right one."""
    if behind is None or not behind[0].endswith(bracket):
        raise Unusual
    return behind.end()
