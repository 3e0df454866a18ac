"""A zoo with a platform, and a desk beside it that knows nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pull.desk import Desk
from tests.scenario.running import Zoo


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Give an empty zoo; its key is known, so that tests may write to its registry beside it."""
    return Zoo(tmp_path, {"FLAMETREE_KEY": (b"k" * 32).hex()})


@pytest.fixture
def desk(zoo: Zoo) -> Desk:
    """Give the desk."""
    return Desk(zoo)
