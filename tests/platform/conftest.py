"""Platforms to write to, one of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
def opened(request: pytest.FixtureRequest, tmp_path: Path, catalog: Catalog) -> Iterator[Callable[[bool], Platform]]:
    """Give a function that opens the same platform of each kind again and again."""
    platforms: list[Platform] = []
    where = request.getfixturevalue("postgres").url if request.param == "postgresql" else tmp_path / "platform"

    def opener(create: bool) -> Platform:
        platforms.append(IMPLEMENTATIONS[request.param](where, catalog, create))
        return platforms[-1]

    yield opener
    for platform in platforms:
        platform.close()


@pytest.fixture
def platform(opened: Callable[[bool], Platform]) -> Platform:
    """Open an empty platform of each kind."""
    return opened(True)


@pytest.fixture
def hand(platform: Platform) -> Hand:
    """Give a hand on the tenant `zoo`."""
    return Hand(platform)
