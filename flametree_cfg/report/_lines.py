"""What a human format is made of: lines with a tone, panels, symbols."""

from __future__ import annotations

import enum
from typing import NamedTuple

from msgspec import Struct


class Tone(enum.Enum):
    """What a line is about; a terminal may colour it, and colour never carries meaning alone."""

    PLAIN = "plain"
    HEAD = "head"
    FAINT = "faint"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    REPLACE = "replace"
    HANDOVER = "handover"
    RESTART = "restart"
    ERROR = "error"
    WARNING = "warning"
    GOOD = "good"


class Line(NamedTuple):
    """One line of output; whatever stands in `text`, it stays one line (`sink` sees to it)."""

    text: str
    tone: Tone = Tone.PLAIN


class Panel(NamedTuple):
    """Lines that belong together under a title; framed on a terminal."""

    title: str
    lines: tuple[Line, ...]


Block = Line | Panel
BLANK = Line("")


class Symbols(Struct, frozen=True):
    """The signs that stand beside words."""

    create: str
    change: str
    delete: str
    replace: str
    restart: str
    arrow: str
    ledger: str
    bullet: str
    dot: str
    no_dot: str


UNICODE = Symbols(
    create="+",
    change="~",
    delete="-",
    replace="\u00b1",
    restart="\u21bb",
    arrow="\u2192",
    ledger="=",
    bullet="\u00b7",
    dot="\u25cf",
    no_dot="\u25cb",
)
ASCII = Symbols(
    create="+",
    change="~",
    delete="-",
    replace="-/+",
    restart="@",
    arrow="->",
    ledger="=",
    bullet="*",
    dot="*",
    no_dot="o",
)


def symbols_for(encoding: str | None) -> Symbols:
    """Choose signs that a stream's encoding can write."""
    try:
        "\u00b1\u21bb\u2192\u00b7\u25cf\u25cb".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE
