"""Which characters may stand in a file, and how bytes become text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_ASCII_ALLOWED = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])
_BOM = b"\xef\xbb\xbf"
_WIDE_MARKS = {b"\xff\xfe": "UTF-16 or UTF-32", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
_BREAKS = "\x85\u2028\u2029"  # PyYAML and ruamel disagree whether these end a line
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\u00ad\u034f\u115f\u1160\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
_TAGS = "\U000e0000-\U000e007f"
_PRIVATE = "\ue000-\uf8ff\ufffe\uffff\U000f0000-\U0010ffff"
_SURROGATES = "\ud800-\udfff"
# A joiner between two letters or emoji is how Persian, Indic scripts and families of emoji are written.
_JOINERS = "(?:(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f]))"
# One variation selector belongs to an emoji; a row of them carries hidden bytes.
_SELECTORS = "[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}"

FORBIDDEN = re.compile(
    f"[{_CONTROLS}{_BREAKS}{_BIDI}{_INVISIBLE}{_TAGS}{_PRIVATE}{_SURROGATES}]|{_JOINERS}|{_SELECTORS}"
)
_LINE_END = re.compile("\r\n|\r|\n")
_CONTROL = re.compile(f"[{_CONTROLS}]")
_BREAK = re.compile(f"[{_BREAKS}]")

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def only_plain_ascii(data: bytes) -> bool:
    """Tell whether nothing needs a closer look; true of most files, and fast."""
    return not data.translate(None, _ASCII_ALLOWED)


def without_bom(data: bytes) -> bytes:
    """Drop the byte order mark that editors on Windows put first."""
    return data.removeprefix(_BOM)


def other_encoding(data: bytes) -> str:
    """Name the encoding that a file that is no UTF-8 seems to have; empty if nothing speaks for one."""
    for mark, name in _WIDE_MARKS.items():
        if data.startswith(mark):
            return name
    return "UTF-16 or UTF-32 without a byte order mark" if b"\x00" in data[:4] else ""


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Turn an offset into line and column, both from 1; CR, LF and CRLF each end a line."""
    line, start = 1, 0
    for match in _LINE_END.finditer(text, 0, offset):
        line, start = line + 1, match.end()
    return line, offset - start + 1


def forbidden_in(text: str) -> Iterator[tuple[str, str, int]]:
    """
    Find characters that hide or reorder text, or that parsers disagree about.

    Yields:
        Diagnostic code, the character's name, and its offset.

    Source: reliability.md Y-07, Y-08, Y-15.
    """
    for match in FORBIDDEN.finditer(text):
        character = match[0][0]
        yield _code(character), _name(character), match.start()


def _code(character: str) -> str:
    if _CONTROL.match(character):
        return "control-character"
    return "line-separator" if _BREAK.match(character) else "hidden-character"


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
