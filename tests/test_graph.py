"""Order by reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flametree_cfg.errors import ConfigInvalid
from flametree_cfg.graph import ordered
from flametree_cfg.model import Address, Resource, agent, attachment, channel, connector, references
from tests.invariants.steps import resources

BRAIN = Resource(connector("brain"), {"type": "llm", "name": "Brain"})
BOT = Resource(channel("bot"), {"type": "telegram", "name": "Bot"})
DESK = Resource(agent("desk"), {"type": "inbound", "name": "Desk", "connectors": {"llm": "brain"}})
LINK = Resource(attachment("desk", "bot"), {"agent": "desk", "channel": "bot", "inbound": True})


def test_what_is_referred_to_comes_first() -> None:
    """A connector before its agent, agent and channel before the attachment."""
    assert ordered([LINK, DESK, BRAIN, BOT]) == [BOT, BRAIN, DESK, LINK]


def test_reference_to_what_is_not_given_does_not_count() -> None:
    """Part of a tenant can be ordered alone."""
    assert ordered([LINK, DESK]) == [DESK, LINK]


def test_nothing_has_an_order_too() -> None:
    """An empty tenant is no error."""
    assert ordered([]) == []


@given(st.lists(resources(), max_size=12, unique_by=lambda r: r.address), st.randoms(use_true_random=False))
def test_order_depends_on_what_is_given_only(given_resources: list[Resource], random: object) -> None:
    """Every resource once, after all it refers to, whatever order they came in."""
    shuffled = list(given_resources)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    result = ordered(shuffled)
    position = {resource.address: index for index, resource in enumerate(result)}

    assert result == ordered(given_resources)
    assert sorted(position) == sorted(r.address for r in given_resources)
    assert all(
        position[target] < position[r.address] for r in result for _path, target in references(r) if target in position
    )


def test_circle_is_shown_whole() -> None:
    """Whoever refers in a circle is told all of it, from the smallest address on."""
    following = {BOT.address: BRAIN.address, BRAIN.address: DESK.address, DESK.address: BOT.address}

    def refers(resource: Resource) -> list[tuple[tuple[str, ...], Address]]:
        return [(("next",), following[resource.address])]

    with pytest.raises(ConfigInvalid) as caught:
        ordered([DESK, BRAIN, BOT], refers)

    (found,) = caught.value.diagnostics
    assert found.code == "reference-cycle"
    assert found.detail == "agent.desk → channel.bot → connector.brain → agent.desk"
