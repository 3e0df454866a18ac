"""What a type says of itself, for the person about to write it down."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from flametree_cfg.report._documents import Explained, FieldExplained
from flametree_cfg.report._lines import BLANK, Block, Line, Symbols, Tone
from flametree_cfg.report._values_text import value_text

WIDTH = 96  # columns: prose beyond it is hard to read
INFERRED = "inferred from the provider's public API, not documented by the platform"


def explain_document(explained: Explained, symbols: Symbols) -> Iterator[Block]:
    """Write a type, or the types of a kind."""
    head = f"{explained.target}   {explained.title}" if explained.title else explained.target
    yield Line(head, Tone.HEAD)
    yield from _prose(explained.description, "  ")
    for note in explained.notes:
        yield from _prose(f"{symbols.bullet} {note}", "  ")
    yield BLANK
    for field in explained.fields:
        yield from _field(field)
    for name, title in explained.types:
        yield Line(f"  {name:<16}{title}")
    yield Line(_ending(explained), Tone.FAINT)


def _ending(explained: Explained) -> str:
    if explained.types:
        return f"`flametree-cfg explain {explained.target}/TYPE` tells more"
    if any(field.inferred for field in explained.fields):
        return f"inferred: {INFERRED}"
    return "`*` is required"


def _field(field: FieldExplained) -> Iterator[Line]:
    marks = [
        "required" if field.required else "",
        "secret" if field.secret else "",
        "inferred" if field.inferred else "",
        "deprecated" if field.deprecated else "",
    ]
    said = ", ".join(mark for mark in marks if mark)
    ending = f"   [{said}]" if said else ""
    yield Line(f"  {field.path}: {field.type}{ending}", Tone.CHANGE if field.required else Tone.PLAIN)
    yield from _prose(field.description, "      ")
    if field.choices:
        yield from _prose(f"one of: {', '.join(map(value_text, field.choices))}", "      ")
    if field.default is not None:
        yield Line(f"      default: {value_text(field.default)}")
    if field.examples:
        yield from _prose(f"example: {', '.join(map(value_text, field.examples))}", "      ")


def _prose(text: str, indent: str) -> Iterator[Line]:
    for line in textwrap.wrap(text, WIDTH - len(indent), break_long_words=False, break_on_hyphens=False):
        yield Line(indent + line)
