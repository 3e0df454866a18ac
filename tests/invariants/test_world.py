"""The World's indexes are those of a World built anew."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flametree_cfg.invariants import World
from flametree_cfg.invariants.index import GROUPINGS, Grouping
from flametree_cfg.model import Kind, Resource, agent, attachment, channel, connector
from tests.invariants.steps import Change, changes, resources


def indexes(world: World) -> dict[str, object]:
    """Give everything a World knows, but its memory of defaults, which only grows and says so."""
    return {
        "resources": {resource.address: resource for resource in world},
        "kinds": {kind: {resource.address for resource in world.of_kind(kind)} for kind in Kind},
        "links": {resource.address: world.links_of(resource.address) for resource in world},
        "indexes": [dict(world.index(grouping).items()) for grouping in GROUPINGS],
        "crowded": [world.index(grouping).crowded for grouping in GROUPINGS],
    }


def carry_out(world: World, change: Change) -> Resource | None:
    """Put or remove; returns what was there."""
    return world.put(change) if isinstance(change, Resource) else world.remove(change)


@given(st.lists(changes() | st.sampled_from(GROUPINGS), max_size=30))
def test_changed_world_equals_one_built_anew(steps: list[Change | Grouping]) -> None:
    """However it came about, and whenever an index was first asked, a World is what its resources say."""
    world = World()
    for step in steps:
        if isinstance(step, Grouping):
            world.index(step)
        else:
            carry_out(world, step)

    assert indexes(world) == indexes(World.of(list(world)))


@given(
    st.lists(resources(), max_size=12), st.lists(changes(), max_size=8), st.sets(st.sampled_from(GROUPINGS), min_size=1)
)
def test_undone_changes_leave_nothing_behind(start: list[Resource], steps: list[Change], asked: set[Grouping]) -> None:
    """Putting back what was there, in reverse, restores every index exactly, asked before or not."""
    world = World.of(start)
    for grouping in asked:
        world.index(grouping)
    undo = []
    for step in steps:
        address = step.address if isinstance(step, Resource) else step
        undo.append((address, carry_out(world, step)))
    for address, before in reversed(undo):
        carry_out(world, before or address)

    assert indexes(world) == indexes(World.of(start))


@given(st.lists(changes(), max_size=20))
def test_crowded_keys_are_those_of_several(steps: list[Change]) -> None:
    """Which keys are taken twice is known without going over them."""
    world = World()
    indexes(world)
    for step in steps:
        carry_out(world, step)

    for grouping in GROUPINGS:
        index = world.index(grouping)
        assert index.crowded == {key: holders for key, holders in index.items() if len(holders) > 1}
        assert index.keys() == {key for key, _holders in index.items()}
        assert all(index.has(key) and index.of(key) == holders for key, holders in index.items())


def test_world_answers_by_name_folded() -> None:
    """Names that a platform might take for one are one; the public tenant's names are apart."""
    own = Resource(connector("a"), {"type": "llm", "name": " Brain"})
    shared = Resource(connector("b"), {"type": "llm", "name": "BRAIN"}, system=True)
    world = World.of([own, shared])

    assert world.named(Kind.CONNECTOR, "brain") == {connector("a")}
    assert world.named(Kind.CONNECTOR, "brain", system=True) == {connector("b")}
    assert world.named(Kind.CHANNEL, "brain") == set()


def test_world_answers_who_refers_to_what() -> None:
    """Links and attachments are found from both ends."""
    desk = Resource(agent("desk"), {"type": "inbound", "name": "D", "running": True, "connectors": {"llm": "brain"}})
    link = Resource(attachment("desk", "bot"), {"agent": "desk", "channel": "bot", "inbound": True})
    world = World.of([desk, link])

    assert world.agents_linking(connector("brain")) == {agent("desk")}
    assert world.attachments_of(agent("desk")) == world.attachments_of(channel("bot")) == {link.address}
    assert world.inbound_of(channel("bot")) == {link.address}
    assert list(world.running_without("stt")) == [agent("desk")]
    assert list(world.running_without("llm")) == []
    assert [target for _role, target in world.links_of(link.address) if target not in world] == [channel("bot")]


def test_default_is_the_first_by_address() -> None:
    """Where a tenant breaks the rule, the answer is still one and the same."""
    both = [Resource(connector(key), {"type": "llm", "name": key, "default": True}) for key in ("b", "a")]

    assert World.of(both).default_of("llm") == connector("a")
    assert World().default_of("llm") is None
