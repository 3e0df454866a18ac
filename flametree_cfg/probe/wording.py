"""Make a sentence fit to be shown: known secrets hidden, control characters spelled out, cut."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from urllib.parse import quote

SHOWN = 200  # characters of a message
READ = 4096  # characters looked at: what is hidden or spelled out changes the length
SHORTEST = 8  # characters: hiding `true` or `admin` wherever it stands would reveal it. Source: reliability.md X-07
MASK = "***"


def worded(sentence: str, secrets: Iterable[str]) -> str:
    """
    Give one line of at most 200 characters that quotes nobody's secret.

    Args:
        sentence: may quote a stranger.
        secrets: known values; a piece of eight characters of one is hidden too, as providers echo halves of keys.
    """
    line = escaped(_hidden(" ".join(sentence[:READ].split()), secrets))
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def escaped(text: str) -> str:
    r"""Spell out what a terminal would obey or not show: ESC becomes `\x1b`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def _hidden(text: str, secrets: Iterable[str]) -> str:
    pieces = {
        form[at : at + SHORTEST]
        for secret in secrets
        if len(secret) >= SHORTEST
        for form in _forms(secret)
        for at in range(len(form) - SHORTEST + 1)
    }
    shown: list[str] = []
    hidden_to = 0
    for at, character in enumerate(text):
        if text[at : at + SHORTEST] in pieces:
            if at >= hidden_to:
                shown.append(MASK)
            hidden_to = at + SHORTEST
        if at >= hidden_to:
            shown.append(character)
    return "".join(shown)


def _forms(secret: str) -> Iterable[str]:
    """List how an echo may spell a value; base64 at each of the three places it can begin."""
    plain = " ".join(secret.split())
    yield from {plain, plain[::-1], quote(secret, safe=""), json.dumps(secret)[1:-1]}
    for lead in range(3):
        data = b"\0" * lead + secret.encode("utf-8", "surrogatepass")
        skipped = (0, 2, 3)[lead]  # characters that the bytes before it have a part in
        yield from (encode(data).decode("ascii").rstrip("=")[skipped:] for encode in (b64encode, urlsafe_b64encode))
