"""Find a ledger by its URL: the scheme is the name of a module in this room."""

from __future__ import annotations

import importlib
import importlib.util
import re

from flametree_cfg.state import refusal
from flametree_cfg.state._port import Ledger
from flametree_cfg.state.world import World

_ALSO = {"postgres": "postgresql"}  # what people and services write for the same thing
_URL = re.compile(r"([a-z][a-z0-9]*):(.+)", re.DOTALL)


def open_ledger(url: str, world: World | None = None, *, read_only: bool = False) -> Ledger:
    """
    Open the ledger a URL names; neither file nor folder is made before the first lock.

    Args:
        url: `sqlite:PATH` or `file:PATH`, relative to the current directory or absolute, or `postgresql://…`.
        world: clocks and the like; the real ones unless a test says otherwise.
        read_only: refuse every write.

    Raises:
        WrongUsage: no such kind of ledger.
    """
    match = _URL.fullmatch(url)
    module = f"flametree_cfg.state.{_ALSO.get(match[1], match[1])}" if match else ""
    if match is None or importlib.util.find_spec(module) is None:
        raise refusal.unknown_scheme(url)
    opener = getattr(importlib.import_module(module), "open_url", None)
    if opener is None:  # a module of this room that is no ledger
        raise refusal.unknown_scheme(url)
    ledger: Ledger = opener(match[2], world or World(), read_only=read_only)
    return ledger
