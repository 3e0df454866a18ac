"""Chance, for what must not be guessed or must not happen at the same moment."""

from __future__ import annotations

import random
import secrets


def fraction() -> float:
    """Draw a number from 0 up to 1."""
    return random.random()  # noqa: S311  # spreads calls over time, keeps nothing secret


def token() -> str:
    """Draw a word that nobody guesses."""
    return secrets.token_hex(8)
