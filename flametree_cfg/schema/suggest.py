"""What a person probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_CLOSE = 0.66  # similarity: `acces_token` finds `access_token`, `model` finds `model_name`, `port` finds nothing else

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")


def nearest(word: str, known: Iterable[str]) -> str:
    """Find the known word closest to one that is not known, whatever its case and separators; empty if none is."""
    by_fold = {_fold(name): name for name in known}
    folded = _fold(word[:64])
    found = difflib.get_close_matches(folded, by_fold, n=3, cutoff=_CLOSE)
    # Of equally close ones the one that begins alike: `lmm` is `llm`, not `vlm`.
    best = max(found, key=lambda name: (_likeness(folded, name), name[:1] == folded[:1]), default="")
    return by_fold.get(best, "")


def shown_key(key: object) -> str:
    """Show an unknown key if it looks like a name; whatever else stands there may be a secret."""
    return f"`{key}`" if is_plain(key) else "with a name that is none"


def is_plain(key: object) -> bool:
    """Tell whether a key looks like a name that somebody chose."""
    return isinstance(key, str) and _PLAIN.fullmatch(key) is not None


def listed(names: Iterable[str]) -> str:
    """List names as a sentence does."""
    return ", ".join(f"`{name}`" for name in names)


def _likeness(word: str, name: str) -> float:
    return round(difflib.SequenceMatcher(None, name, word).ratio(), 3)


def _fold(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())
