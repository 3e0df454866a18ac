"""Whoever really runs channels plugs in behind the registry: a class with two methods."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flametree_cfg.config import load_catalog
from flametree_cfg.model import Action, Kind, Secret, Status, agent, channel, connector
from flametree_cfg.platform.embedded import EmbeddedPlatform
from flametree_cfg.platform.outside import Ids, tag, timestamp
from flametree_cfg.platform.runtime import Runtime, Subject, Unverified, Verdict, Verifying
from flametree_cfg.platform.verification import Verification
from flametree_cfg.secret.keyring import Keyring
from flametree_cfg.sql import SqliteFile
from flametree_cfg.sql.registry import APPLICATION, MIGRATIONS
from tests.lifecycle.botfather import BotFather
from tests.platform.hand import BOT, CANARY, KEY, LLM, Hand

TG, PHONE, BOB, MODEL = channel("tg"), channel("phone"), agent("bob"), connector("model")
TWILIO = {"account_sid": Secret(KEY), "auth_token": Secret(KEY), "phone_number": "+15550100"}


@dataclass
class Runs:
    """Keeps what runs in this process: a runtime, as small as one can be."""

    looks: bool = True
    running: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, str, float]] = field(default_factory=list)
    slow: bool = False

    def start(self, subjects: Sequence[Subject], deadline_s: float) -> Sequence[Verdict]:
        """Run what has settings."""
        return [self._start(one, deadline_s) for one in subjects]

    def _start(self, subject: Subject, deadline_s: float) -> Verdict:
        name = str(subject.live.fields["name"])
        self.told.append(("start", name, deadline_s))
        if self.slow:
            return Verdict(subject.live.id, Status.STARTING, "warming up")
        secrets = [value for request in subject.requests for value in request.secrets]
        self.running[name] = secrets[0] if secrets else ""
        return Verdict(subject.live.id, Status.RUNNING, f"runs in room {len(self.running)}", 0.5)

    def stop(self, subjects: Sequence[Subject], deadline_s: float) -> Sequence[Verdict]:
        """Stop what runs."""
        self.told += [("stop", str(one.live.fields["name"]), deadline_s) for one in subjects]
        for one in subjects:
            self.running.pop(str(one.live.fields["name"]), None)
        return [Verdict(one.live.id, Status.STOPPED) for one in subjects]


def opened(folder: Path, runtime: Runtime) -> Hand:
    """Open a registry with a runtime, and make a channel and an agent in it."""
    platform = EmbeddedPlatform(
        SqliteFile(folder / "registry.db", APPLICATION, MIGRATIONS),
        load_catalog(),
        Keyring(b"k" * 32),
        create=True,
        now=timestamp,
        new_id=Ids().new,
        new_tag=tag,
        runtime=runtime,
    )
    hand = Hand(platform)
    hand.create(MODEL, "llm", settings=LLM)
    hand.create(TG, "telegram", settings=BOT)
    hand.create(PHONE, "twilio", settings=TWILIO)
    hand.create(BOB, "inbound", connectors={"llm": "model"})
    hand.attach("bob", "phone", inbound=True)
    return hand


@pytest.fixture
def runs() -> Runs:
    """Give a runtime that nothing runs in."""
    return Runs()


@pytest.fixture
def hand(tmp_path: Path, runs: Runs) -> Iterator[Hand]:
    """Give a hand on a registry that really runs what it says."""
    hand = opened(tmp_path, runs)
    yield hand
    hand.platform.close()


def test_it_is_handed_settings_and_says_what_is_shown(hand: Hand, runs: Runs) -> None:
    """The secret's value reaches whoever runs the channel; the registry shows what that says, and how long it took."""
    hand.do(Action.START, TG)
    live = hand.live(TG)

    assert runs.running == {"tg": CANARY}
    assert (live.status, live.message) == (Status.RUNNING, "runs in room 1")
    line = hand.platform.logs("zoo", Kind.CHANNEL, hand.ids[TG], 1)[0]
    assert (line.level, line.text, line.number) == ("INFO", "RUNNING: runs in room 1 (0.5 s)", 2)


def test_what_lives_with_an_agent_comes_with_it(hand: Hand, runs: Runs) -> None:
    """An agent's phone line is run with the agent, and is nothing to start by itself (domain.md R19)."""
    hand.do(Action.START, BOB)

    assert runs.running == {"bob": CANARY}
    assert [verb for verb, *_ in runs.told] == ["start"]


def test_stopping_stops(hand: Hand, runs: Runs) -> None:
    """Nothing runs any more once it is STOPPED."""
    hand.do(Action.START, TG)
    hand.do(Action.STOP, TG)

    assert (runs.running, hand.live(TG).status) == ({}, Status.STOPPED)


def test_what_takes_longer_stays_on_its_way_and_is_asked_for_again(hand: Hand, runs: Runs) -> None:
    """The time there is is handed on; the next who settles asks again."""
    runs.slow = True
    hand.execute(hand.operation(Action.START, TG))
    (first,) = hand.platform.settle("zoo", None, 1.5)
    status = hand.live(TG).status
    runs.slow = False
    (second,) = hand.platform.settle("zoo", None, 2.5)

    assert (first.status, first.message, first.arrived, status) == (
        Status.STARTING, "warming up", False, Status.STARTING,
    )  # fmt: skip
    assert second.arrived
    assert runs.told == [("start", "tg", 1.5), ("start", "tg", 2.5)]


def test_unverified_opens_no_secret(tmp_path: Path) -> None:
    """What does not look needs no key at all."""
    opened(tmp_path, Unverified()).platform.close()
    platform = EmbeddedPlatform(
        SqliteFile(tmp_path / "registry.db", APPLICATION, MIGRATIONS),
        load_catalog(),
        None,
        create=False,
        now=timestamp,
        new_id=Ids().new,
        new_tag=tag,
        runtime=Unverified(),
    )
    hand = Hand(platform, numbers=itertools.count(100))  # an operation's id is its own for ever
    hand.ids = {channel(str(o.fields["name"])): o.id for o in platform.read("zoo").objects if o.kind is Kind.CHANNEL}
    hand.do(Action.START, TG)

    assert (hand.live(TG).status, hand.live(TG).message) == (Status.RUNNING, "not verified")
    platform.close()


def test_an_agent_falls_with_its_phone_line(tmp_path: Path, father: BotFather) -> None:
    """What the provider of a line refuses is the agent's error; it stays down, may be stopped, and started again."""
    verification = Verification(endpoint=(f"twilio=http://127.0.0.1:{father.port}",))
    hand = opened(tmp_path, Verifying(verification))
    father.revoked.add("2010-04-01")  # what stands first in the path
    hand.do(Action.START, BOB)
    fallen = hand.live(BOB)
    hand.do(Action.STOP, BOB)
    stopped = hand.live(BOB).status
    father.revoked.clear()
    hand.do(Action.START, BOB)

    assert (fallen.status, fallen.fields["running"]) == (Status.ERROR, False)
    assert fallen.message.startswith('channel "phone": ')
    assert stopped is Status.STOPPED
    assert (hand.live(BOB).status, hand.live(BOB).message) == (Status.RUNNING, "verified")
    assert CANARY not in "".join(line.text for line in hand.platform.logs("zoo", Kind.AGENT, hand.ids[BOB], 10))
    hand.platform.close()


def test_a_line_is_called_once_for_all_its_agents(tmp_path: Path, father: BotFather) -> None:
    """Two agents on one line that start together ask its provider once."""
    hand = opened(tmp_path, Verifying(Verification(endpoint=(f"twilio=http://127.0.0.1:{father.port}",))))
    eve = agent("eve")
    hand.create(eve, "inbound", connectors={"llm": "model"})
    hand.attach("eve", "phone")
    hand.execute(hand.operation(Action.START, BOB), hand.operation(Action.START, eve))
    settled = hand.platform.settle("zoo")

    assert len(father.asked) == 1
    assert all(one.arrived for one in settled)
    hand.platform.close()


def test_a_caller_may_have_an_event_loop(tmp_path: Path, father: BotFather) -> None:
    """A server that applies from its own loop verifies as everybody does."""

    async def start() -> Status:
        hand = opened(tmp_path, Verifying(Verification(endpoint=(f"telegram=http://127.0.0.1:{father.port}",))))
        hand.do(Action.START, TG)
        status = hand.live(TG).status
        hand.platform.close()
        return status

    assert asyncio.run(start()) is Status.RUNNING
    assert len(father.asked) == 1
