"""How much is done at once, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

DEADLINE_S = 10.0  # seconds: a model that is loaded answers one word in less


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How much is done at once.

    Attributes:
        total: calls.
        host: calls to one host and port: providers limit how often one key asks.
        deadline_s: seconds one call may take, from looking up the name to the last byte.
    """

    total: int = 32
    host: int = 4
    deadline_s: float = DEADLINE_S
