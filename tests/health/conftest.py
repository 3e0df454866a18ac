"""A zoo whose operator lets checks call loopback, and a provider there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.health.world import World
from tests.probe.provider import providing


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give an empty zoo beside a provider of models and bots."""
    with providing() as provider:
        yield World(tmp_path, provider)
