"""What operations make of entries, without a database."""

from __future__ import annotations

import pytest

from flametree_cfg.model import Action, Effect, Entry, Operation, Resource, agent, attachment, connector
from flametree_cfg.state import recording
from tests.state.samples import attached, create, done, llm, support


def entries(*resources: Resource) -> dict[object, Entry]:
    """Make entries with ids."""
    return {r.address: Entry(r, f"id-{r.address.key}") for r in resources}


def one_effect(resource: Resource, *effects: Effect) -> dict[object, Entry]:
    """Apply effects of an operation on something else."""
    operation = create(llm("other"), 1, effects=effects)
    return dict(recording.after_outcomes(entries(resource), [(operation, done(operation))]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("effect", "links"),
    [
        (Effect(agent("s"), ("connectors", "mcp", 0), "a", None), {"mcp": ["b", "a"], "llm": "a"}),
        (Effect(agent("s"), ("connectors", "mcp", 9), "b", None), {"mcp": ["a", "a"], "llm": "a"}),
        (Effect(agent("s"), ("connectors", "mcp"), ["a"], ["b"]), {"mcp": ["b"], "llm": "a"}),
        (Effect(agent("s"), ("connectors", "mcp", 1), "b", "c"), {"mcp": ["a", "c", "a"], "llm": "a"}),
        (Effect(agent("s"), ("connectors", "llm"), "a", None), {"mcp": ["a", "b", "a"], "llm": None}),
        (Effect(agent("s"), ("name", "x", "y"), 1, 2), {"mcp": ["a", "b", "a"], "llm": "a"}),
    ],
)
def test_effects_on_links(effect: Effect, links: dict[str, object]) -> None:
    """Links are removed by what they were, changed by place, and an emptied role stays declared."""
    after = one_effect(support({"mcp": ["a", "b", "a"], "llm": "a"}, "s"), effect)

    assert after[agent("s")].resource.fields["connectors"] == links


def test_field_without_a_value_is_gone() -> None:
    """Outside the links, nothing after means that the field is not there."""
    after = one_effect(llm("a"), Effect(connector("a"), ("settings", "temperature"), 0.0, None))

    assert "temperature" not in after[connector("a")].resource.settings


def test_object_without_a_value_is_gone() -> None:
    """An empty path with nothing after it takes the whole entry."""
    after = one_effect(attached("s", "bot"), Effect(attachment("s", "bot"), (), {}, None))

    assert attachment("s", "bot") not in after


def test_entries_given_are_not_changed() -> None:
    """What was read stays as it was read."""
    given = entries(llm("a", default=True))
    operation = create(llm("b"), 1, effects=(Effect(connector("a"), ("default",), True, False),))
    recording.after_outcomes(given, [(operation, done(operation))])  # type: ignore[arg-type]

    assert given == entries(llm("a", default=True))


def test_touched_names_what_is_read_or_written() -> None:
    """An operation touches its own address and those of its effects; a moved key may touch any."""
    operation = create(llm("b"), 1, effects=(Effect(connector("a"), ("default",), True, False),))
    moved = Operation("1", Action.UPDATE, connector("b"), previous=connector("a"))

    assert recording.touched([operation]) == {connector("a"), connector("b")}
    assert not recording.moves_keys([operation])
    assert recording.moves_keys([moved])


def test_an_effect_on_a_role_that_is_not_recorded_records_nothing() -> None:
    """A connector that goes is unlinked everywhere; a role that the entry does not manage stays unmanaged."""
    desk = Resource(agent("desk"), {"connectors": {"llm": "model"}})
    unlinked = Effect(desk.address, ("connectors", "tts"), ["voice"], [])
    gone = Operation("1", Action.DELETE, connector("voice"), effects=(unlinked,))
    entries = recording.after_outcomes({desk.address: Entry(desk, "u1")}, [(gone, done(gone))])

    assert entries[desk.address].resource == desk
