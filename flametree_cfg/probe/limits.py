"""How much is done at once, and how long it may take."""

from __future__ import annotations

from msgspec import Struct

DEADLINE_S = 10.0  # seconds: a model that is loaded answers one word in less


class Limits(Struct, frozen=True):
    """
    How much is done at once.

    Attributes:
        total: calls.
        host: calls to one host and port: providers limit how often one key asks.
        host_burst: calls to one host that begin without waiting for the pace below.
        host_per_s: calls to one host that begin in a second, once the burst is used up; more than 0. It becomes a
            little fewer, as chance keeps them apart.
        deadline_s: seconds one call may take, from looking up the name to the last byte.
    """

    total: int = 32
    host: int = 4
    host_burst: int = 50
    host_per_s: float = 10.0
    deadline_s: float = DEADLINE_S
