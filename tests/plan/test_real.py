"""The oracle is the embedded registry and the ledger of the oracle's stories is the real one: they end alike."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flametree_cfg.errors import FlametreeError
from flametree_cfg.model import Batch, Entry, LiveTenant
from tests.plan.documents import CATALOG, Draw, documents
from tests.plan.edits import edited
from tests.plan.real import Real, deed, mirrored, neighbours
from tests.plan.sides import Applied
from tests.plan.story import chapter
from tests.plan.test_properties import EXAMPLES, STORIES

pytestmark = pytest.mark.timeout(1800)  # seconds: finding the smallest story that fails takes minutes


@settings(STORIES, max_examples=40 * EXAMPLES)
@given(data=st.data())
def test_the_registry_does_what_the_oracle_does(data: st.DataObject) -> None:
    """Applied for real, a plan leaves registry and ledger as the oracle has them, and no read set is refused."""
    with tempfile.TemporaryDirectory() as folder:
        real = Real(Path(folder), CATALOG)
        try:
            _tell(data.draw, real)
        finally:
            real.close()


def _tell(draw: Draw, real: Real) -> None:
    neighbours(real.platform, real.tenant)
    sides = replace(Applied.nothing(real.tenant), platform=mirrored(real.live))
    document = draw(documents())
    for number in range(3):
        if number:
            document = draw(edited(document))
            sides = _meddle(draw, real, sides)
        told = chapter(sides, document)
        if told.plan is not None:
            real.apply(told.plan, sides.secrets)
            sides = told.after

        assert _shown(real.live) == _shown(sides.live)
        assert _kept(real.stored.entries) == _kept(sides.stored.entries)


def _meddle(draw: Draw, real: Real, sides: Applied) -> Applied:
    """Let other hands do a few things, on both; what the registry refuses does not happen."""
    for _ in range(draw(st.integers(0, 4))):
        operation = deed(draw, sides.live)
        if operation is None:
            continue
        try:
            real.platform.execute(Batch(real.tenant, (operation,)))
            real.platform.settle(real.tenant)
        except FlametreeError:
            continue
        platform = sides.platform.copy()
        platform.step(operation, {}, {})
        sides = replace(sides, platform=platform)
    return sides


def _shown(live: LiveTenant) -> dict[str, Any]:
    """Leave out what says nothing, and the order of accounts."""
    shown = {}
    for one in live.objects:
        fields = dict(one.fields)
        if "connectors" in fields:
            fields["connectors"] = {role: linked for role, linked in fields["connectors"].items() if linked}
        if "accounts" in fields.get("settings", {}):
            accounts = sorted(fields["settings"]["accounts"], key=str)
            fields["settings"] = {**fields["settings"], "accounts": accounts}
        shown[one.id] = {key: value for key, value in fields.items() if value not in (None, "", {}, [])}
    return shown


def _kept(entries: Any) -> dict[str, Any]:
    def plain(entry: Entry) -> tuple[Any, ...]:
        return entry.resource, entry.id, entry.protected

    return {str(address): plain(entry) for address, entry in entries.items()}
