"""A zoo whose channels are verified by a stand-in on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lifecycle.botfather import BotFather, serving
from tests.lifecycle.bots import TOKENS
from tests.scenario.running import Zoo


@pytest.fixture
def father() -> Iterator[BotFather]:
    """Give who knows every bot's token."""
    with serving() as father:
        yield father


@pytest.fixture
def zoo(tmp_path: Path, father: BotFather) -> Zoo:
    """Give an empty zoo whose Telegram channels are verified."""
    return Zoo(tmp_path, {**father.environment, **TOKENS})
