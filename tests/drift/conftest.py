"""A zoo for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.running import Zoo


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Give an empty zoo."""
    return Zoo(tmp_path)
