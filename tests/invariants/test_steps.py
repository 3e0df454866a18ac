"""A check around a step misses nothing that the step broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from flametree_cfg.errors import Diagnostic, Path
from flametree_cfg.invariants import When, World, check_all, check_step, check_switch
from flametree_cfg.model import Kind, Resource
from tests.invariants.documents import catalog
from tests.invariants.steps import Change, changes, resources
from tests.invariants.test_world import carry_out

Broken = Counter[tuple[str, str, Path]]


def broken(found: Iterable[Diagnostic]) -> Broken:
    """Count what is broken, by rule and place; whom it is told beside does not count."""
    return Counter((d.code, d.address, d.path) for d in found)


def everything(world: World) -> Broken:
    """Judge all of it by the rules that every step keeps."""
    return broken(check_all(world, catalog(), When.STEP))


@given(st.lists(resources(), max_size=14), st.lists(st.lists(changes(), min_size=1, max_size=3), max_size=6))
def test_check_of_a_step_finds_all_that_it_broke(start: list[Resource], steps: list[list[Change]]) -> None:
    """What is broken after a step and was not before is found around the step, and nothing is made up."""
    world = World.of(start)
    for step in steps:
        before = everything(world)
        for change in step:
            carry_out(world, change)
        touched = [change.address if isinstance(change, Resource) else change for change in step]
        found = broken(check_step(world, catalog(), touched))
        after = everything(world)

        assert after - before <= found <= after


@given(st.lists(resources(), max_size=14), st.sampled_from([True, False, None]), st.integers(0, 5))
def test_check_of_a_switch_finds_all_that_it_broke(start: list[Resource], running: bool | None, at: int) -> None:
    """What starts or stops is judged like any step, and as many judgements are counted, though few are asked anew."""
    world = World.of(start)
    switchable = [one for one in world if one.address.kind in (Kind.CHANNEL, Kind.AGENT)]
    for resource in switchable[at : at + 1]:
        before = everything(world)
        world.put(resource.with_fields(running=running))
        checked = check_switch(world, catalog(), resource.address)
        after = everything(world)

        assert after - before <= broken(checked) <= after
        assert checked.count == check_step(world, catalog(), [resource.address]).count


@given(st.lists(resources(), max_size=14), st.lists(changes(), min_size=1, max_size=3))
def test_check_of_a_step_can_be_repeated(start: list[Resource], step: list[Change]) -> None:
    """Asking twice gives the same answer: a check leaves no trace."""
    world = World.of(start)
    for change in step:
        carry_out(world, change)
    touched = [change.address if isinstance(change, Resource) else change for change in step]

    assert check_step(world, catalog(), touched) == check_step(world, catalog(), touched)


@given(st.lists(resources(), max_size=14, unique_by=lambda r: r.address), st.randoms(use_true_random=False))
def test_order_does_not_matter(start: list[Resource], random: object) -> None:
    """The same resources in any order give the same diagnostics, to the letter."""
    shuffled = list(start)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert check_all(World.of(shuffled), catalog()) == check_all(World.of(start), catalog())


@given(st.lists(resources(), max_size=14, unique_by=lambda r: r.address))
def test_judging_all_at_once_is_judging_each_alone(start: list[Resource]) -> None:
    """What is skipped because no name, default or link can be wrong would not have been found one by one either."""
    found = check_all(World.of(start), catalog(), When.STEP)
    alone = {d for resource in start for d in check_step(World.of(start), catalog(), [resource.address])}

    assert {(d.code, d.address, d.path, d.detail) for d in found} == {
        (d.code, d.address, d.path, d.detail) for d in alone
    }
