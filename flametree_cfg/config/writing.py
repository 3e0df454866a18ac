"""Values written as YAML: what a person would write by hand, and what reads back as the very same value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from flametree_cfg.config.characters import FORBIDDEN
from flametree_cfg.config.scalar import NotJson, plain_value
from flametree_cfg.errors import Path
from flametree_cfg.model import Value

STEP = 2  # spaces a level, as in `layout`

_DEEPEST = 40  # levels: with what stands above them below the reader's limit
_LONGEST_KEY = 200  # characters: YAML ends a key on one line after 1,024 bytes
_MOST = 2**53 - 1  # what JSON keeps exactly

# What needs no quotes anywhere: no indicator, no space at an end, no `: `, no ` #`.
_PLAIN = re.compile(r"[^\W_](?:[\w ()/.,;!?'+*=@%&~^<>|$\"-]|:(?=[^\s])|(?<=\S)#)*(?<![\s:])")
_SLASH = re.compile(r"[/_(](?:[\w ()/.,;-]|:(?=[^\s]))*(?<![\s:])")
_OTHER_READERS = re.compile(  # what YAML 1.1 takes for something else than text
    r"(?i)y|n|yes|no|on|off|true|false|null|~|[-+]?[0-9][0-9_,.:eE+x-]*|[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}.*|[-+.].*"
)
_REFERENCE = re.compile(r"\$\{[a-z][a-z0-9-]*:[A-Za-z0-9_./-]+\}")
_FLAGS = {"inbound", "secret"}  # alone in a mapping: on one line, as everybody writes them
_BARE_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def unwritable(value: Value, path: Path = ()) -> Path | None:
    """
    Find what no YAML that we read can say: hidden characters, numbers that JSON does not keep, too deep a nesting.

    Returns:
        The path of the first such place; None where all of it can be written.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            inner = (*path, str(key))
            if len(path) >= _DEEPEST or not isinstance(key, str) or len(key) > _LONGEST_KEY or not _fits(key):
                return inner
            if (found := unwritable(item, inner)) is not None:
                return found
        return None
    if isinstance(value, list | tuple):
        if len(path) >= _DEEPEST:
            return path
        return next((found for i, one in enumerate(value) if (found := unwritable(one, (*path, i))) is not None), None)
    return None if _fits(value) else path


def _fits(value: Value) -> bool:
    if isinstance(value, str):
        return FORBIDDEN.search(value) is None
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) <= _MOST
    return True


def entry_lines(key: str, value: Value, column: int = 0) -> Iterator[str]:
    """
    Write `key: value` as lines without their ends.

    Args:
        key: any text.
        value: one in which `unwritable` finds nothing.
        column: spaces before the key.
    """
    head = f"{' ' * column}{key_text(key)}:"
    if isinstance(value, Mapping) and len(value) == 1 and (short := _FLAGS & value.keys()):
        (name,) = short
        yield f"{head} {{{name}: {flow_text(value[name])}}}"
    elif isinstance(value, Mapping) and value:
        yield head
        for name, item in value.items():
            yield from entry_lines(name, item, column + STEP)
    elif isinstance(value, list | tuple) and value:
        if all(map(_is_word, value)):
            yield f"{head} [{', '.join(value)}]"
            return
        yield head
        for item in value:
            yield from _item_lines(item, column + STEP)
    elif isinstance(value, str) and (block := _block(value)) is not None:
        header, lines = block
        yield f"{head} {header}"
        yield from (f"{' ' * (column + STEP)}{line}" if line else "" for line in lines)
    else:
        yield f"{head} {scalar_text(value)}"


def _item_lines(item: Value, column: int) -> Iterator[str]:
    """Write one item of a list, its dash at a column."""
    dash = " " * column + "- "
    if isinstance(item, Mapping) and item:
        first = True
        for name, value in item.items():
            for line in entry_lines(name, value, column + STEP):
                yield dash + line[column + STEP :] if first else line
                first = False
    elif isinstance(item, list | tuple) and item:
        yield dash + flow_text(item)
    else:
        yield dash + scalar_text(item)


def key_text(key: str) -> str:
    """Write a key: bare where nobody could take it for something else."""
    return key if _BARE_KEY.fullmatch(key) and not _OTHER_READERS.fullmatch(key) else _quoted(key)


def scalar_text(value: Value) -> str:
    """Write a scalar, or an empty list or mapping, on one line."""
    if isinstance(value, str):
        return value if _needs_no_quotes(value) or _REFERENCE.fullmatch(value) else _quoted(value)
    if isinstance(value, Mapping | list | tuple):
        return flow_text(value)
    return json.dumps(value)


def flow_text(value: Value) -> str:
    """Write any value on one line, as JSON: that is YAML too."""
    return _as_yaml(json.dumps(value, ensure_ascii=False))


def _quoted(text: str) -> str:
    return _as_yaml(json.dumps(text, ensure_ascii=False))


def _as_yaml(written: str) -> str:
    """Escape what JSON leaves as it is and other YAML readers would fold or refuse."""
    return written.replace("\N{NO-BREAK SPACE}", "\\u00a0")


def _needs_no_quotes(text: str) -> bool:
    if not (_PLAIN.fullmatch(text) or _SLASH.fullmatch(text)) or _OTHER_READERS.fullmatch(text):
        return False
    if not text.isprintable():
        return False
    try:
        return isinstance(plain_value(text), str)
    except NotJson:
        return False


def _is_word(item: Value) -> bool:
    return isinstance(item, str) and _BARE_KEY.fullmatch(item) is not None and not _OTHER_READERS.fullmatch(item)


def _block(text: str) -> tuple[str, Sequence[str]] | None:
    """Give a text of several lines as a literal block: header and lines; None where quotes are safer."""
    if "\n" not in text.rstrip("\n") or "\r" in text or "\t" in text or text.endswith("\n\n"):
        return None
    ended = text.endswith("\n")
    lines = (text[:-1] if ended else text).split("\n")
    if not lines[0] or lines[0][0] == " " or not lines[-1] or not all(map(_stands_in_block, lines)):
        return None
    return ("|" if ended else "|-"), lines


def _stands_in_block(line: str) -> bool:
    return line.isprintable() and line == line.rstrip() and "\N{NO-BREAK SPACE}" not in line
