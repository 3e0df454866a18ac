"""Tests of the caches by tales: whatever happened since they were written, what they help to say is what is so."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.cache.asking import QUESTIONS, same
from tests.cache.tales import DEEDS, Tale, secrets
from tests.scenario.running import Zoo

EXAMPLES = int(os.environ.get("FLAMETREE_EXAMPLES", "1"))
TALES = settings(
    deadline=None,
    report_multiple_bugs=False,
    max_examples=4 * EXAMPLES,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

pytestmark = pytest.mark.timeout(3600)  # seconds: finding the smallest tale that fails takes minutes


@TALES
@given(data=st.data())
def test_one_tenant(data: st.DataObject) -> None:
    """A tenant of a few files, most of which change."""
    _tell(data, fillers=0)


@TALES
@given(data=st.data())
def test_one_tenant_of_many_files(data: st.DataObject) -> None:
    """A tenant of many files, of which the cache knows nearly all."""
    _tell(data, fillers=41)


@TALES
@given(data=st.data())
def test_two_tenants(data: st.DataObject) -> None:
    """Two tenants that change in turn, on one platform, asked about together."""
    with tempfile.TemporaryDirectory() as folder:
        zoo = Zoo(Path(folder), secrets())
        tales = [Tale(zoo, data.draw, name) for name in ("zoo", "park")]
        for tale in tales:
            tale.begin()
        _rounds(data, zoo, *tales)


def _tell(data: st.DataObject, fillers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tale = Tale(Zoo(Path(folder), secrets()), data.draw)
        tale.begin(fillers=fillers)
        _rounds(data, tale.zoo, tale)


def _rounds(data: st.DataObject, zoo: Zoo, *tales: Tale) -> None:
    for tale in tales:
        tale.apply()
    paths = ["tenants/zoo"] if len(tales) == 1 else ["tenants"]
    for _ in range(data.draw(st.integers(2, 5))):
        tale = data.draw(st.sampled_from(tales))
        for deed in data.draw(st.lists(st.sampled_from(DEEDS), min_size=1, max_size=3)):
            deed(tale)
            tale.write()
        questions = data.draw(st.lists(st.sampled_from(QUESTIONS), min_size=2, max_size=3, unique=True))
        same(zoo, paths=paths, questions=questions)
        if data.draw(st.booleans()):
            tale.fix()
            tale.write()
            tale.apply()
