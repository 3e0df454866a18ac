"""The ids that the embedded registry gives."""

from __future__ import annotations

import time
import uuid
from itertools import pairwise

import pytest

from flametree_cfg.platform.sqlite import Ids


def test_ids_are_version_7_and_in_order() -> None:
    """Made faster than the clock ticks, each is greater than the one before."""
    ids = Ids()
    made = [ids.new() for _ in range(5000)]

    assert all(one < other for one, other in pairwise(made))
    assert {(parsed.version, parsed.variant) for parsed in map(uuid.UUID, made)} == {(7, uuid.RFC_4122)}


def test_ids_of_two_makers_differ() -> None:
    """Two processes that make ids in the same millisecond make different ones."""
    one, other = Ids(), Ids()

    assert not {one.new() for _ in range(1000)} & {other.new() for _ in range(1000)}


def test_a_clock_that_goes_back_changes_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids go on from the last one until the clock has caught up."""
    ids = Ids()
    first = ids.new()
    monkeypatch.setattr(time, "time_ns", lambda: 10**15)

    assert first < ids.new() < ids.new()
