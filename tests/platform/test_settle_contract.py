"""What every platform does with channels and agents that start and stop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flametree_cfg.errors import PlatformFailed
from flametree_cfg.model import Action, Kind, OutcomeStatus, Settled, Status, agent, channel, connector
from flametree_cfg.platform import Platform
from tests.platform.hand import BOT, LLM, Hand

TG, OTHER, BOB, MODEL = channel("tg"), channel("other"), agent("bob"), connector("model")


@pytest.fixture
def staffed(hand: Hand) -> Hand:
    """Give a tenant with two channels and an agent, all stopped."""
    hand.create(MODEL, "llm", settings=LLM)
    hand.create(TG, "telegram", settings=BOT)
    hand.create(OTHER, "telegram", settings=BOT)
    hand.create(BOB, "inbound", connectors={"llm": "model"})
    return hand


def begin(hand: Hand, action: Action, *addresses: object) -> None:
    """Tell things to start or to stop, and wait for nothing."""
    hand.execute(*(hand.operation(action, one) for one in addresses))  # type: ignore[arg-type]


def texts(hand: Hand) -> list[str]:
    """Give the channel's log."""
    return [line.text for line in hand.platform.logs("zoo", Kind.CHANNEL, hand.ids[TG], 100)]


def test_start_and_stop_only_begin(staffed: Hand) -> None:
    """Between them and what comes of them stands a transition, which counts as where it goes."""
    begin(staffed, Action.START, TG)
    starting = staffed.live(TG)
    staffed.platform.settle("zoo")
    begin(staffed, Action.STOP, TG)
    stopping = staffed.live(TG)

    assert (starting.status, starting.fields["running"]) == (Status.STARTING, True)
    assert (stopping.status, stopping.fields["running"]) == (Status.STOPPING, False)


def test_settling_says_what_became_of_each(staffed: Hand) -> None:
    """One entry for each that was on its way, in order of ids."""
    begin(staffed, Action.START, TG, BOB)
    settled = staffed.platform.settle("zoo")

    ids = {staffed.ids[TG]: Kind.CHANNEL, staffed.ids[BOB]: Kind.AGENT}
    assert list(settled) == [
        Settled(ids[one], one, Status.RUNNING, Status.RUNNING, "not verified") for one in sorted(ids)
    ]
    assert all(one.arrived for one in settled)
    assert (staffed.live(TG).status, staffed.live(BOB).status) == (Status.RUNNING, Status.RUNNING)


def test_settling_again_does_nothing(staffed: Hand) -> None:
    """What has arrived is not asked about twice, and its log does not grow."""
    begin(staffed, Action.START, TG)
    staffed.platform.settle("zoo")
    before = staffed.live(TG), staffed.platform.revision("zoo")

    assert staffed.platform.settle("zoo") == ()
    assert (staffed.live(TG), staffed.platform.revision("zoo")) == before
    assert texts(staffed) == ["STARTING", "RUNNING: not verified"]


def test_only_what_is_named_is_settled(staffed: Hand) -> None:
    """The others stay on their way."""
    begin(staffed, Action.START, TG, OTHER)
    settled = staffed.platform.settle("zoo", [staffed.ids[TG]])

    assert [one.id for one in settled] == [staffed.ids[TG]]
    assert staffed.live(OTHER).status is Status.STARTING


def test_other_tenants_are_left_alone(staffed: Hand) -> None:
    """Settling is a tenant's own business."""
    begin(staffed, Action.START, TG)

    assert staffed.platform.settle("ark") == ()
    assert staffed.live(TG).status is Status.STARTING


@pytest.mark.parametrize("on_its_way", [Action.START, Action.STOP])
def test_in_a_transition_one_waits(staffed: Hand, on_its_way: Action) -> None:
    """It cannot be turned round; telling it the same again changes nothing."""
    if on_its_way is Action.STOP:
        staffed.do(Action.START, TG)
    begin(staffed, on_its_way, TG)
    before = staffed.live(TG)
    back = Action.STOP if on_its_way is Action.START else Action.START

    with pytest.raises(PlatformFailed, match="starting or stopping") as refused:
        begin(staffed, back, TG)
    begin(staffed, on_its_way, TG)
    assert refused.value.diagnostics[0].code == "in-transition"
    assert staffed.live(TG) == before


def test_what_runs_is_not_started_again(staffed: Hand) -> None:
    """Start is only there for what is stopped: nothing happens, and nothing is logged."""
    staffed.do(Action.START, TG)
    before = staffed.live(TG), texts(staffed)
    outcome = staffed.do(Action.START, TG)

    assert outcome.status is OutcomeStatus.DONE
    assert (staffed.live(TG), texts(staffed)) == before


def test_an_agent_without_a_model_does_not_start(hand: Hand) -> None:
    """No transition begins that could not end well (domain.md R21)."""
    hand.create(BOB, "inbound")
    with pytest.raises(PlatformFailed):
        begin(hand, Action.START, BOB)

    assert hand.live(BOB).status is Status.STOPPED


def test_two_that_settle_write_one_line(staffed: Hand, opened: Callable[[bool], Platform]) -> None:
    """Whoever comes second finds it done."""
    begin(staffed, Action.START, TG)
    elsewhere = opened(True)
    first, second = elsewhere.settle("zoo"), staffed.platform.settle("zoo")

    assert ([one.status for one in first], second) == ([Status.RUNNING], ())
    assert texts(staffed) == ["STARTING", "RUNNING: not verified"]


def test_a_registry_that_does_not_exist_has_nothing_to_settle(opened: Callable[[bool], Platform]) -> None:
    """And is not made by asking."""
    platform = opened(False)

    assert platform.settle("zoo") == ()
    assert platform.identity == ""


def test_deleting_takes_the_log_with_it(staffed: Hand) -> None:
    """Even what was told to start in the same batch."""
    staffed.execute(staffed.operation(Action.START, TG), staffed.operation(Action.DELETE, TG))

    assert staffed.found(TG) is None
    assert staffed.platform.settle("zoo") == ()
