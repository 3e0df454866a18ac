"""Ledgers to write to, one of each kind."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import flametree_cfg.state
from tests.postgres import Server

READ_ONLY = {"file"}
"""An export, which nothing writes to: `test_file.py` holds it to what it can do."""


def schemes() -> list[str]:
    """Find the modules of the room that open a ledger that can be written."""
    names = [module.name for module in pkgutil.iter_modules(flametree_cfg.state.__path__)]
    found = [n for n in names if hasattr(importlib.import_module(f"flametree_cfg.state.{n}"), "open_url")]
    return [name for name in found if name not in READ_ONLY]


def lose(url: str, request: pytest.FixtureRequest) -> None:
    """Make a ledger be gone."""
    if url.startswith("postgresql:"):
        server: Server = request.getfixturevalue("postgres")
        server.empty()
    else:
        Path(url.partition(":")[2]).unlink()


@pytest.fixture(params=schemes())
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name a ledger of each kind that is not there yet."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        return server.url
    return f"{request.param}:{tmp_path / '.flametree' / 'ledger.db'}"


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """Name a ledger in a file that is not there yet."""
    return f"sqlite:{tmp_path / '.flametree' / 'ledger.db'}"
