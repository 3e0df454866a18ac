"""Random stories against the oracle: every property of every plan."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.plan.checks import CHECKS
from tests.plan.story import Chapter, tell

EXAMPLES = 60 * int(os.environ.get("FLAMETREE_EXAMPLES", "1"))

_SETTINGS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@_SETTINGS
@given(data=st.data())
def test_alone(check: Callable[[Chapter], None], data: st.DataObject) -> None:
    """A property holds where nobody else is on the platform."""
    tell(data.draw, check, alone=True)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@_SETTINGS
@given(data=st.data())
def test_among_others(check: Callable[[Chapter], None], data: st.DataObject) -> None:
    """A property holds whatever others have on the platform and do to it."""
    tell(data.draw, check)
