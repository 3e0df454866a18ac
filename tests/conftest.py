"""What every test is given: caches of its own, and the same random examples in every run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import Server, serve

# A change must fail for what it does, never for the luck of the draw: FLAMETREE_EXAMPLES above 1 draws anew.
STEADY = int(os.environ.get("FLAMETREE_EXAMPLES", "1")) == 1
settings.register_profile("flametree", derandomize=STEADY, database=None, deadline=None, print_blob=True)
settings.load_profile("flametree")

# The tenants of most tests name providers that nobody runs. Tests of checks start some, and turn this on.
os.environ["FLAMETREE_VERIFY"] = "0"


@pytest.fixture(autouse=True)
def own_caches(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep caches where no other test, and no earlier run, can see them."""
    folder = tmp_path_factory.mktemp("caches")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Start one PostgreSQL server for all tests of this process that want one."""
    with serve() as server:
        yield server


@pytest.fixture
def postgres(server: Server) -> Server:
    """Give the server with nothing in its database, and nobody connected."""
    server.empty()
    return server
