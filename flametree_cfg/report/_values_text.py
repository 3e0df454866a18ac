"""Values and field changes as people read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from string import ascii_letters, digits

from flametree_cfg.errors import Path
from flametree_cfg.model import FieldChange, Note, Secret, Value
from flametree_cfg.report._lines import Line, Symbols, Tone

UNSET = "(unset)"
PATHS_KEPT = 4096  # a bulk of resources has the same few
CONTEXT_LINES = 1  # of a long text: enough to find the place
_PLAIN_STEP = re.compile(r"[\w-]+")
_OWN_WORDS = frozenset({"true", "false", "null"})
_BEGINS_AS_TEXT = frozenset(ascii_letters)
_ENDS_AS_TEXT = frozenset(ascii_letters + digits + ".:;,!?)/}")
_NUMBER = re.compile(r"[-+.]?[\d.][\d._eE+-]*")
_ARROW = re.compile(r"\s(?:->|\u2192)\s")


@lru_cache(maxsize=PATHS_KEPT)
def path_text(path: Path) -> str:
    """Write a path as `settings.accounts[help@acme.example].password`."""
    text = ""
    for step in path:
        if isinstance(step, str) and _PLAIN_STEP.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{step}]"
    return text


def quoted(text: str) -> str:
    """Put text in quotes; control characters are left to the sink."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def needs_quotes(text: str) -> bool:
    """Tell whether a text could be taken for something else: a number, nothing, our own words, spaces at the ends."""
    first, last = text[:1], text[-1:]
    arrow = "->" in text or "\u2192" in text
    if first in _BEGINS_AS_TEXT and last in _ENDS_AS_TEXT and not arrow:  # nearly all
        return text in _OWN_WORDS
    if not text or first in "\"'([{" or last == '"' or first.isspace() or last.isspace() or text in _OWN_WORDS:
        return True
    if (first in "-+." or first.isdecimal()) and _NUMBER.fullmatch(text):
        return True
    return arrow and _ARROW.search(text) is not None


def value_text(value: Value) -> str:
    """Write a value on one line; a secret by its reference."""
    if isinstance(value, str):
        return quoted(value) if needs_quotes(value) else value
    if value is None:
        return UNSET
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, Secret):
        return secret_text(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {value_text(item)}" for key, item in value.items()) + "}"
    return str(value) if value.__class__ is int else json.dumps(value)


def secret_text(secret: Secret) -> str:
    """Write a secret as `(secret ${env:NAME})`, never more."""
    return f"(secret {secret.reference})" if secret.reference else "(secret)"


def field_lines(change: FieldChange, symbols: Symbols, indent: str, *, new: bool = False) -> Iterator[Line]:
    """
    Write one field's change: `settings.temperature: 0.0 → 0.7`.

    Args:
        change: the field.
        symbols: signs the output can write.
        indent: spaces before each line.
        new: the whole resource is new, so that there is nothing before.
    """
    before, after = change.before, change.after
    where = indent + path_text(change.path)
    if before is None and (new or after is not None):
        yield Line(f"{where}: {value_text(after)}{_note(change)}")
    elif isinstance(before, Secret) and isinstance(after, Secret) and before.reference == after.reference:
        yield Line(f"{where}: {secret_text(after)} {change.note.value or 'set again'}".rstrip())
    elif isinstance(before, str) and isinstance(after, str) and ("\n" in before or "\n" in after):
        yield Line(f"{where}:")
        yield from _text_difference(before, after, indent + "  ")
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _inside(change, symbols, indent)
    else:
        yield Line(f"{where}: {value_text(before)} {symbols.arrow} {value_text(after)}{_note(change)}")


def _note(change: FieldChange) -> str:
    return "" if change.note is Note.NONE else f" {change.note.value}"


def _inside(change: FieldChange, symbols: Symbols, indent: str) -> Iterator[Line]:
    from flametree_cfg.diff import detail

    for inner in detail(change):
        if inner.path == change.path:
            sides = f"{value_text(change.before)} {symbols.arrow} {value_text(change.after)}"
            yield Line(f"{indent}{path_text(change.path)}: {sides}")
        else:
            yield from field_lines(inner, symbols, indent)


def _text_difference(before: str, after: str, indent: str) -> Iterator[Line]:
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=CONTEXT_LINES, lineterm="")
    tones = {"+": Tone.CREATE, "-": Tone.DELETE}
    for line in list(lines)[2:]:
        if line.startswith("@@"):
            yield Line(f"{indent}...", Tone.FAINT)
        else:
            # A sign before what did not change too: CI runners obey a line that begins with `::`, however far indented.
            sign = line[0] if line[0] in tones else "|"
            yield Line(f"{indent}{sign} {line[1:]}", tones.get(line[0], Tone.PLAIN))
