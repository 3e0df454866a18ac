"""The World's indexes are those of a World built anew."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flametree_cfg.invariants import World
from flametree_cfg.model import Kind, Resource, agent, attachment, channel, connector
from tests.invariants.steps import Change, changes, resources

_MEMORY = "_defaulted"  # only grows, and says so


def indexes(world: World) -> dict[str, object]:
    """Give everything a World knows, but its memory."""
    return {name: getattr(world, name) for name in World.__slots__ if name != _MEMORY}


def carry_out(world: World, change: Change) -> Resource | None:
    """Put or remove; returns what was there."""
    return world.put(change) if isinstance(change, Resource) else world.remove(change)


@given(st.lists(changes(), max_size=30))
def test_changed_world_equals_one_built_anew(steps: list[Change]) -> None:
    """However it came about, a World is what its resources say."""
    world = World()
    for step in steps:
        carry_out(world, step)

    assert indexes(world) == indexes(World.of(list(world)))


@given(st.lists(resources(), max_size=12), st.lists(changes(), max_size=8))
def test_undone_changes_leave_nothing_behind(start: list[Resource], steps: list[Change]) -> None:
    """Putting back what was there, in reverse, restores every index exactly."""
    world = World.of(start)
    undo = []
    for step in steps:
        address = step.address if isinstance(step, Resource) else step
        undo.append((address, carry_out(world, step)))
    for address, before in reversed(undo):
        carry_out(world, before or address)

    assert indexes(world) == indexes(World.of(start))


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
    assert [target for _role, target in world.dangling(link.address)] == [channel("bot")]


def test_default_is_the_first_by_address() -> None:
    """Where a tenant breaks the rule, the answer is still one and the same."""
    both = [Resource(connector(key), {"type": "llm", "name": key, "default": True}) for key in ("b", "a")]

    assert World.of(both).default_of("llm") == connector("a")
    assert World().default_of("llm") is None
