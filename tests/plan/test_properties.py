"""Random stories against the oracle: everything that holds of every plan (`checks.py` says what, one function each)."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.plan.checks import CHECKS
from tests.plan.story import Chapter, tell

EXAMPLES = int(os.environ.get("FLAMETREE_EXAMPLES", "1"))

STORIES = settings(
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    max_examples=100 * EXAMPLES,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

pytestmark = pytest.mark.timeout(1800)  # seconds: finding the smallest story that fails takes minutes


@STORIES
@given(data=st.data())
def test_alone(data: st.DataObject) -> None:
    """Every property holds where nobody else is on the platform."""
    tell(data.draw, _every_check, alone=True)


@STORIES
@given(data=st.data())
def test_among_others(data: st.DataObject) -> None:
    """Every property holds whatever others have on the platform and do to it."""
    tell(data.draw, _every_check)


def _every_check(told: Chapter) -> None:
    for check in CHECKS:
        check(told)
