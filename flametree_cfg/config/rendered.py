"""A merged tenant as YAML: in canonical form, and read back it says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flametree_cfg.config.layout import STEP, canonical
from flametree_cfg.config.scalar import NotJson, plain_value
from flametree_cfg.model import Value

_MAX_KEY = 1_000  # characters: libyaml takes no longer ones without `?`

# What may stand unquoted in a block: no indicator first, nothing that ends or begins something else inside.
_UNQUOTED = re.compile(r"""(?!\.\.\.)[^\s\-?:,\[\]{}#&*!|>'"%@`](?:[^\n:#]|:(?=\S)|(?<=\S)#)*(?<!\s)""")
_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
# Printable to Python, and yet nothing a terminal shows.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\U000e0000-\U000e0fff]")


def yaml_of(document: Mapping[str, Value]) -> str:
    """
    Write a tenant's document.

    Args:
        document: as a file would hold it: `tenant`, then sections.
    """
    text = "".join(f"{line}\n" for line in _block(document))
    return canonical(text.encode(), "")[0].decode()


def _block(value: Value) -> Iterator[str]:
    """Write a mapping or a list that has something in it, line by line."""
    for head, item in _heads(value):
        if not item or not isinstance(item, Mapping | list):
            yield from _leaf(head, item)
        else:
            yield head
            yield from (f"{' ' * STEP}{line}" if line else line for line in _block(item))


def _heads(value: Value) -> Iterator[tuple[str, Value]]:
    """List what stands in front of the items."""
    if not isinstance(value, Mapping):
        yield from (("-", item) for item in value)
        return
    for key, item in value.items():
        text = _scalar(key)
        yield (f"{text}:" if len(text) <= _MAX_KEY else f"? {text}\n:"), item


def _leaf(head: str, value: Value) -> Iterator[str]:
    if isinstance(value, str) and _reads_as_block(value):
        yield f"{head} |" if value.endswith("\n") else f"{head} |-"
        yield from (f"{' ' * STEP}{line}" if line else line for line in value.removesuffix("\n").split("\n"))
    elif isinstance(value, Mapping | list):
        yield f"{head} {'{}' if isinstance(value, Mapping) else '[]'}"
    else:
        yield f"{head} {_scalar(value)}"


def _reads_as_block(text: str) -> bool:
    """Tell whether a text of several lines can stand as it is."""
    lines = text.removesuffix("\n").split("\n")
    if "\n" not in text or not lines[0] or not lines[-1] or lines[0][0] == " ":
        return False
    return all(_is_seen(line) and line == line.rstrip() for line in lines)


def _scalar(value: Value) -> str:
    if not isinstance(value, str):
        return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    if _UNQUOTED.fullmatch(value) and _is_seen(value) and _is_text(value):
        return value
    return f'"{"".join(map(_escaped, value))}"'


def _is_text(value: str) -> bool:
    try:
        return value != "<<" and isinstance(plain_value(value), str)
    except NotJson:
        return False


def _is_seen(text: str) -> bool:
    return text.isprintable() and not _UNSEEN.search(text)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if _is_seen(character):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
