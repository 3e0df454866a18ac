"""Where a plan is cut: only where something has to be waited for; a plan that is stale stops nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import pytest

from flametree_cfg.errors import Path
from flametree_cfg.model import (
    Action,
    Address,
    Check,
    Effect,
    FieldChange,
    Operation,
    Precondition,
    agent,
    attachment,
    channel,
    connector,
)
from flametree_cfg.plan.waves import waves

A, B, DESK = channel("a"), channel("b"), agent("desk")
STOP, START, UPDATE, CREATE, DELETE = Action.STOP, Action.START, Action.UPDATE, Action.CREATE, Action.DELETE

_numbers = itertools.count(1)


def op(
    action: Action, address: Address, *read: Precondition, changes: Iterable[Path] = (), effects: Sequence[Effect] = ()
) -> Operation:
    """Make an operation."""
    listed = tuple(FieldChange(path, None, 1) for path in changes)
    number = f"{next(_numbers):05d}"
    return Operation(number, action, address, changes=listed, preconditions=read, effects=tuple(effects))


def cut(*operations: Operation, size: int = 500) -> list[str]:
    """Name what stands in each wave."""
    return [" ".join(f"{one.action.value}:{one.address.key}" for one in wave) for wave in waves(operations, size)]


def restart(address: Address, *read: Precondition) -> list[Operation]:
    """Stop, write, start."""
    return [op(STOP, address), op(UPDATE, address, *read, changes=[("settings", "x")]), op(START, address)]


def test_nothing_to_wait_for_is_cut_by_size_alone() -> None:
    """A tenant made from nothing goes in full waves, the starts at its end too."""
    made = [op(CREATE, connector(str(n))) for n in range(7)] + [op(START, channel(str(n))) for n in range(5)]

    assert [len(wave) for wave in waves(made, 5)] == [5, 5, 2]


def test_a_restart_is_three_steps_in_two_waves() -> None:
    """What is written waits for the stop; the start goes with the write."""
    assert cut(*restart(A)) == ["stop:a", "update:a start:a"]


def test_channels_stop_together() -> None:
    """The second one's stop is begun with the first one's."""
    assert cut(*restart(A), *restart(B)) == ["stop:a stop:b", "update:a start:a update:b start:b"]


def test_agents_restart_together() -> None:
    """Stops first, then starts."""
    pairs = [op(action, agent(str(n))) for n in range(3) for action in (STOP, START)]

    assert cut(*pairs) == ["stop:0 stop:1 stop:2", "start:0 start:1 start:2"]


def test_who_would_start_later_stops_later() -> None:
    """What stands behind a stop that is put off stays behind it: it would be deaf for two waits."""
    written = op(UPDATE, DESK, changes=[("instructions",)])
    steps = [*restart(A), written, op(STOP, DESK), op(START, DESK), op(STOP, agent("z")), op(START, agent("z"))]

    assert cut(*steps) == ["stop:a", "update:a start:a update:desk stop:desk stop:z", "start:desk start:z"]


def test_everything_else_keeps_its_order() -> None:
    """Only stops are begun early."""
    steps = [op(STOP, A), op(UPDATE, A), op(CREATE, connector("c")), op(STOP, B), op(DELETE, B)]

    assert cut(*steps) == ["stop:a stop:b", "update:a create:c delete:b"]


def test_stops_are_looked_for_no_further_than_a_wave() -> None:
    """What stands far behind is deaf for no longer than it must."""
    steps = [op(STOP, A), op(UPDATE, A), *(op(CREATE, connector(str(n))) for n in range(8)), op(STOP, B)]

    assert cut(*steps, size=4)[0] == "stop:a"


@pytest.mark.parametrize("size", [1, 2, 3, 500])
def test_nothing_is_lost_or_doubled(size: int) -> None:
    """Whatever the size, each operation stands in one wave, those of one address in their order."""
    steps = [*restart(A), *restart(B), op(STOP, DESK), op(START, DESK), op(CREATE, connector("c"))]
    cut_up = list(waves(steps, size))
    done = [one for wave in cut_up for one in wave]

    assert sorted(one.id for one in done) == sorted(one.id for one in steps)
    for address in {one.address for one in steps}:
        assert [o.id for o in done if o.address == address] == [o.id for o in steps if o.address == address]
    assert max(map(len, cut_up)) <= size


FIELD = Precondition(Check.FIELD, "agent.desk", "instructions", "hash")
NAME = Precondition(Check.ABSENT_NAME, "connector", "new")
DEFAULT = Precondition(Check.DEFAULT_SLOT, "llm")
INBOUND = Precondition(Check.INBOUND_SLOT, "channel.b", expect="agent.desk")
LINKS = Precondition(Check.LINKS, "connector.c", expect="")
ON_B = attachment("desk", "b")
RENAMED = op(UPDATE, connector("x"), changes=[("name",)])
TAKEN = Effect(connector("d"), ("default",), before=True, after=False)


@pytest.mark.parametrize("read", [FIELD, NAME, DEFAULT, INBOUND, LINKS], ids=lambda one: one.check.value)
def test_the_read_set_of_what_waits_is_judged_with_the_first_stop(read: Precondition) -> None:
    """A plan that is stale must not stop anything."""
    first, *_ = waves([*restart(A), op(CREATE, connector("y"), read)], 500)

    assert first[0].preconditions == (read,)


@pytest.mark.parametrize(
    ("before", "read"),
    [
        (op(UPDATE, DESK, changes=[("instructions",)]), FIELD),
        (op(CREATE, DESK), FIELD),
        (RENAMED, NAME),
        (op(DELETE, connector("x")), NAME),
        (op(Action.MAKE_DEFAULT, connector("x"), effects=[TAKEN]), DEFAULT),
        (op(UPDATE, ON_B, changes=[("inbound",)]), INBOUND),
        (op(DELETE, DESK), INBOUND),
        (op(UPDATE, DESK, changes=[("connectors", "uses")]), LINKS),
    ],
    ids=lambda one: one.action.value if isinstance(one, Operation) else one.check.value,
)
def test_what_the_plan_itself_changes_is_judged_in_its_turn(before: Operation, read: Precondition) -> None:
    """A precondition that an operation of the plan brings about does not hold before it."""
    first, *_ = waves([*restart(A), before, op(CREATE, connector("y"), read)], 500)

    assert first[0].preconditions == ()


def test_an_own_name_is_judged_in_its_turn() -> None:
    """Who changes the case of its name has the name it asks for."""
    first, *_ = waves([*restart(A), op(UPDATE, connector("y"), NAME, changes=[("name",)])], 500)

    assert first[0].preconditions == ()
