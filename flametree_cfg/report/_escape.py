"""Make foreign text harmless: control characters and invisible characters are shown, not obeyed."""

from __future__ import annotations

import re

# C0, DEL, C1, soft hyphen, bidi marks and controls, zero-width, line separators, fillers, lone surrogates, tags.
# Source: reliability.md O-01, Y-15.
_UNSAFE_RANGES = (
    "\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_UNSAFE = re.compile(f"[{_UNSAFE_RANGES}]")
_UNSAFE_BUT_NEWLINE = re.compile(f"(?!\n)[{_UNSAFE_RANGES}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def _shown(match: re.Match[str]) -> str:
    char = match[0]
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def escape(text: str) -> str:
    r"""
    Show what a terminal would obey or hide: ESC becomes `\x1b`, a newline `\n`, a bidi override `\u202e`.

    The result is one line of characters that every UTF-8 terminal prints as they are.

    Source: reliability.md O-01.
    """
    return _UNSAFE.sub(_shown, text)


def is_plain(text: str) -> bool:
    """Tell whether `escape` would leave a text as it is."""
    # What is printable in ASCII is safe, and seen to be so in a tenth of the time.
    return (text.isascii() and text.isprintable()) or _UNSAFE.search(text) is None


def escape_lines(text: str) -> str:
    """Do the same to text whose newlines are its own, such as a traceback."""
    return _UNSAFE_BUT_NEWLINE.sub(_shown, text)
