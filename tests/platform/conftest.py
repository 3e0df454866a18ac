"""Platforms to write to, one of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flametree_cfg.config import load_catalog
from flametree_cfg.platform import Platform
from flametree_cfg.schema import Catalog
from tests.platform.hand import IMPLEMENTATIONS, Hand


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Give the real catalog."""
    return load_catalog()


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def platform(request: pytest.FixtureRequest, tmp_path: Path, catalog: Catalog) -> Iterator[Platform]:
    """Open an empty platform of each kind."""
    platform = IMPLEMENTATIONS[request.param](tmp_path / "platform", catalog, True)
    yield platform
    platform.close()


@pytest.fixture
def hand(platform: Platform) -> Hand:
    """Give a hand on the tenant `zoo`."""
    return Hand(platform)
