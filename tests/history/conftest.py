"""A zoo for every test, and one in which ten applies happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.history.story import Told, tell
from tests.scenario.running import Zoo


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Give an empty zoo."""
    return Zoo(tmp_path)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Tell the story once; tests take copies of it."""
    return tell(Zoo(tmp_path_factory.mktemp("story")))
