"""Whatever is written, however: meaning and comments are kept, and a second time changes nothing."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, Phase, assume, given, settings

from flametree_cfg.config.layout import RESOURCE_ORDER, SECTIONS, TOP_ORDER, canonical, same
from flametree_cfg.config.reader import read_document
from tests.config.formed import MARK, arranged_twice, hands, mistreated, value_of

SLOW = (HealthCheck.filter_too_much, HealthCheck.too_slow)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a file of one hand shrinks badly, and is short


def keeps_everything(text: str) -> str:
    """Check the promises on one text; gives what became of it."""
    once, twice = arranged_twice(text)

    assert same(value_of(text), value_of(once))
    assert twice == once
    assert Counter(MARK.findall(once)) == Counter(MARK.findall(text))
    assert canonical(text.encode(), "f.yaml") == (once.encode(), ())
    return once


@settings(max_examples=200, suppress_health_check=SLOW, deadline=None, phases=PHASES)
@given(hands())
def test_any_hand_is_read_the_same(text: str) -> None:
    """Anchors, block scalars, flow, comments anywhere: nothing is lost, nothing means anything else."""
    once = keeps_everything(text)

    assert "\r" not in once
    assert not once.startswith("\n")


@settings(max_examples=100, suppress_health_check=SLOW, deadline=None, phases=PHASES)
@given(mistreated())
def test_an_edited_example_is_read_the_same(text: str) -> None:
    """The examples after somebody's edits, as far as they can still be read."""
    assume(not read_document(text.encode(), "f.yaml")[1])

    keeps_everything(text)


@settings(max_examples=100, suppress_health_check=SLOW, deadline=None, phases=PHASES)
@given(mistreated())
def test_keys_come_in_order(text: str) -> None:
    """What has an order comes in it, resources in the author's; without aliases nothing stands in the way."""
    before, found = read_document(text.encode(), "f.yaml")
    assume(not found and isinstance(before.value, dict))
    value, written = value_of(arranged_twice(text)[0]), before.value
    assert isinstance(value, dict)
    assert isinstance(written, dict)

    assert in_order(value, TOP_ORDER)
    for section in SECTIONS:
        bodies = value.get(section)
        if isinstance(bodies, dict):
            assert list(bodies) == list(written[section])
            assert all(in_order(body, RESOURCE_ORDER) for body in bodies.values() if isinstance(body, dict))


def in_order(keys: dict[str, object], order: tuple[str, ...]) -> bool:
    """Tell whether those keys that have a place come first and in their order."""
    ranks = [order.index(key) if key in order else len(order) for key in keys]
    return ranks == sorted(ranks)
