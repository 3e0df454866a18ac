"""A registry that reorders, adds fields of its own and normalises raises no alarm, however often it is asked."""

from __future__ import annotations

import json
import os
import random
from typing import Any

from flametree_cfg.model import Kind
from tests.drift.hand import CATALOG, applied, portal, rewrite, settings
from tests.scenario.running import Zoo

CHECKS = 1000 if int(os.environ.get("FLAMETREE_EXAMPLES", "1")) > 1 else 40


def test_no_false_alarm(zoo: Zoo) -> None:
    """Nothing changed in any of many checks, between which the registry writes the same in other words."""
    chance = random.Random(5)
    with portal(applied(zoo)) as hand:
        found = []
        for number in range(CHECKS):
            _rewritten(zoo, chance, number)
            found.append(hand.check())
        alarms = [one for one in found if (one.status, one.drift, one.ignored) != ("clean", (), ())]
        hand.put(next(iter(hand.ids)), ("description",), "edited")

        assert alarms == []
        assert hand.check().status == "drifted"  # an alarm would have been heard


def _rewritten(zoo: Zoo, chance: random.Random, number: int) -> None:
    """Write every object's settings anew: other order, numbers in another form, defaults left out, strange fields."""
    for one, plain in settings(zoo).items():
        names = [name for name in plain if not _left_out(name, chance)]
        chance.shuffle(names)
        said = {name: _normal(plain[name], chance) for name in names}
        said[f"x_portal_{number % 7}"] = {"seen": number, "tags": ["a", "b"]}
        rewrite(zoo, "UPDATE object SET settings = ? WHERE id = ?", (json.dumps(said), one))


def _left_out(name: str, chance: random.Random) -> bool:
    """Leave out now and then what another hand wrote, never what we did."""
    return name.startswith("x_portal_") and chance.random() < 0.9


def _normal(value: Any, chance: random.Random) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return float(value) if chance.random() < 0.5 else value
    if isinstance(value, float) and value.is_integer():
        return int(value) if chance.random() < 0.5 else value
    if isinstance(value, dict):
        return dict(chance.sample(list(value.items()), len(value)))
    return value


def test_the_registry_was_rewritten(zoo: Zoo) -> None:
    """What the other test does to the registry is there to be seen."""
    applied(zoo)
    before = settings(zoo)
    _rewritten(zoo, random.Random(5), 3)
    after = settings(zoo)

    assert before.keys() == after.keys()
    assert all("x_portal_3" in one for one in after.values())
    assert [json.dumps(one) for one in before.values()] != [json.dumps(one) for one in after.values()]
    assert len(after) > len(CATALOG.types(Kind.CONNECTOR))
