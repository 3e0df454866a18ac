"""Both forges, on one server of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flametree_cfg.forge import Door, Forge, Patience, open_forge
from tests.forge.hub import REPOSITORY, TOKEN, Hub, serving

IMPATIENT = Patience(timeout_s=0.3, attempts=4, first_wait_s=0.001, longest_wait_s=2.0)


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Give a forge with nothing on it."""
    with serving() as hub:
        yield hub


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest, hub: Hub) -> Iterator[Forge]:
    """Give the way to it, in both languages."""
    api = hub.url if request.param == "github" else f"{hub.url}/api/v4"
    opened = open_forge(Door(request.param, api, REPOSITORY, IMPATIENT), TOKEN, {})
    yield opened
    opened.close()
