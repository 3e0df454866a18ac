"""Why a reference gives no value."""

from __future__ import annotations


class Unresolvable(Exception):
    """A resolver's answer: the reason, which names the reference but never shows a value."""
