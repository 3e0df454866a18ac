"""The lock between real processes, under kills, pauses and wrong clocks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from flametree_cfg.errors import Locked, Refused, StorageFailed
from flametree_cfg.model import connector
from flametree_cfg.sql import filesystem
from flametree_cfg.state import open_ledger
from flametree_cfg.state.world import World
from tests.state.samples import ALICE, BOB, Clock, addresses, apply, create, llm


class Worker:
    """Another process with the same ledger."""

    def __init__(self, url: str, lease_s: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.state.worker", url, str(lease_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self.hear()

    def say(self, order: str) -> None:
        """Give an order without waiting."""
        assert self.process.stdin is not None
        print(order, file=self.process.stdin, flush=True)

    def hear(self) -> str:
        """Wait for an answer."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, order: str) -> str:
        """Give an order and wait for its answer."""
        self.say(order)
        return self.hear()

    def end(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(url: str) -> Iterator[Callable[..., Worker]]:
    """Give a function that starts workers; they are ended afterwards."""
    workers: list[Worker] = []

    def starter(lease_s: float = 60) -> Worker:
        workers.append(Worker(url, lease_s))
        return workers[-1]

    yield starter
    for worker in workers:
        worker.end()


def test_exactly_one_process_proceeds(start: Callable[..., Worker]) -> None:
    """Of two that ask at the same moment one gets the lock and the other learns who has it (reliability.md L-01)."""
    workers = [start(), start()]
    outcomes = []
    for _ in range(20):
        for worker in workers:
            worker.say("lock acme 0")
        answers = sorted(worker.hear() for worker in workers)
        outcomes.append([answer.split()[0] for answer in answers])
        assert "worker on here (process" in answers[1] or "just being taken" in answers[1]
        for worker in workers:
            worker.ask("free")

    assert outcomes == [["held", "locked"]] * 20


def test_waiting_process_gets_its_turn(start: Callable[..., Worker]) -> None:
    """Who waits proceeds as soon as the lock is free."""
    first, second = start(), start()
    first.ask("lock acme 0")
    second.say("lock acme 30")
    first.ask("free")

    assert second.hear() == "held 2"


def test_killed_holder_frees_the_lock_at_once(start: Callable[..., Worker], url: str) -> None:
    """No lease has to run out and nobody has to unlock after a SIGKILL (reliability.md L-03)."""
    worker = start()
    worker.ask("lock acme 0")
    worker.end()
    with closing(open_ledger(url)) as ledger:
        with ledger.lock("acme", 5, ALICE) as lease:  # a server may hear of the death a moment later
            assert lease.epoch == 2
        assert ledger.holder("acme") is None


def test_stopped_holder_loses_the_lock_and_writes_nothing(start: Callable[..., Worker], url: str) -> None:
    """A process that slept past its lease wakes up to a refusal (reliability.md L-04, C-07)."""
    worker = start(lease_s=0.3)
    worker.ask("lock acme 0")
    worker.process.send_signal(signal.SIGSTOP)
    ledger = open_ledger(url)
    with ledger.lock("acme", 20, ALICE) as lease:
        worker.process.send_signal(signal.SIGCONT)
        answer = worker.ask("write late")
        worker.ask("free")
        apply(ledger, lease, create(llm("mine"), 1))
        other = open_ledger(url)
        with pytest.raises(Locked), other.lock("acme", 0, BOB):
            pass

    assert answer.startswith("locked The lock was lost")
    assert addresses(ledger) == {connector("mine")}
    ledger.close()
    other.close()


def test_live_holder_is_not_unlocked_without_force(start: Callable[..., Worker], url: str) -> None:
    """`state unlock` refuses while the holder runs; forced, the holder writes nothing more (reliability.md L-07)."""
    worker = start()
    worker.ask("lock acme 0")
    ledger = open_ledger(url)
    with pytest.raises(Refused, match="still running"):
        ledger.unlock("acme", force=False)
    broken = ledger.unlock("acme", force=True)
    with ledger.lock("acme", 0, ALICE):
        answer = worker.ask("write late")

    assert broken is not None
    assert broken.who == "worker"
    assert answer.startswith("locked The lock was lost")
    assert addresses(ledger) == set()
    ledger.close()


def test_lock_of_the_dead_is_broken_without_force(start: Callable[..., Worker], url: str) -> None:
    """What a killed process left behind can be cleared, and clearing nothing is no error."""
    worker = start()
    worker.ask("lock acme 0")
    worker.end()
    ledger = open_ledger(url)
    broken = ledger.unlock("acme", force=False)

    assert broken is not None
    assert ledger.unlock("acme", force=False) is None
    assert ledger.unlock("nobody", force=True) is None
    ledger.close()


def test_lease_is_renewed_while_held(url: str) -> None:
    """A long run keeps its lock far beyond one lease."""
    ledger, other = open_ledger(url, World(lease_s=0.2)), open_ledger(url, World(lease_s=0.2, poll_s=0.05))
    with ledger.lock("acme", 0, ALICE) as lease:
        with pytest.raises(Locked), other.lock("acme", 0.8, BOB):
            pass
        apply(ledger, lease, create(llm("a"), 1))

    assert addresses(other) == {connector("a")}
    ledger.close()
    other.close()


@pytest.mark.parametrize("jump", [timedelta(days=3650), timedelta(days=-3650), timedelta(hours=1), timedelta(hours=-1)])
def test_jump_of_the_wall_clock_expires_nothing(file_url: str, jump: timedelta) -> None:
    """Leases go by a clock that nobody sets (reliability.md L-08)."""
    clock = Clock()
    first, second = open_ledger(file_url, clock.world()), open_ledger(file_url, clock.world())
    with first.lock("acme", 0, ALICE) as lease:
        clock.wall += jump
        with pytest.raises(Locked), second.lock("acme", 1, BOB):
            pass
        apply(first, lease, create(llm("a"), 1))
        held = second.holder("acme")

    assert held is not None
    with second.lock("acme", 0, BOB) as lease:
        assert lease.epoch == 2
    first.close()
    second.close()


def test_lease_of_an_earlier_boot_is_over(file_url: str) -> None:
    """After the machine restarted, its steady clock starts again and old leases mean nothing."""
    clock = Clock()
    first = open_ledger(file_url, clock.world())
    restarted = open_ledger(file_url, clock.world(boot=lambda: "boot-2"))
    with first.lock("acme", 0, ALICE):
        clock.steady = 5.0
        assert restarted.holder("acme") is None
        with restarted.lock("acme", 0, BOB) as lease:
            assert lease.epoch == 2
    first.close()
    restarted.close()


def test_lock_file_proves_nothing_on_a_network_filesystem(
    file_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another machine may hold the lock, its lease counts, by the time of day, and nothing else."""
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"36 22 {os.major(device)}:{os.minor(device)} / /srv rw - nfs4 server:/export rw\n")
    monkeypatch.setattr(filesystem, "MOUNTS", mounts)
    monkeypatch.setenv(filesystem.ALLOW, "1")
    clock = Clock()
    here, there = open_ledger(file_url, clock.world()), open_ledger(file_url, clock.world(boot=lambda: "boot-2"))
    with here.lock("acme", 0, ALICE):
        (tmp_path / ".flametree" / "ledger.db.lock-acme").unlink()
        with pytest.raises(Locked), there.lock("acme", 30, BOB):
            pass
        with there.lock("acme", 60, BOB) as lease:
            assert lease.epoch == 2
    here.close()
    there.close()


def test_lock_files_are_gone_afterwards(file_url: str, tmp_path: Path) -> None:
    """A run leaves the database and nothing else."""
    ledger = open_ledger(file_url)
    with ledger.lock("acme", 0, ALICE):
        during = {path.name for path in (tmp_path / ".flametree").iterdir()}
    ledger.close()

    assert "ledger.db.lock-acme" in during
    assert [path.name for path in (tmp_path / ".flametree").iterdir()] == ["ledger.db"]


def test_lock_is_freed_when_the_block_fails(url: str) -> None:
    """An exception inside lets the next one in, and comes out as it was."""
    ledger = open_ledger(url)
    with pytest.raises(ValueError, match="inside"), ledger.lock("acme", 0, ALICE):
        raise ValueError("inside")

    with ledger.lock("acme", 0, BOB) as lease:
        assert lease.epoch == 2
    ledger.close()


def test_lock_file_that_is_a_link_is_refused(file_url: str, tmp_path: Path) -> None:
    """Nobody can make us open a file of their choice."""
    ledger = open_ledger(file_url)
    with ledger.lock("acme", 0, ALICE):
        pass
    (tmp_path / ".flametree" / "ledger.db.lock-acme").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StorageFailed), ledger.lock("acme", 0, ALICE):
        pass
    assert not (tmp_path / "elsewhere").exists()
    ledger.close()


def test_reader_sees_one_state_while_another_writes(url: str) -> None:
    """A plan is never blocked by an apply and never reads half of one (reliability.md L-09)."""
    writer, reader = open_ledger(url), open_ledger(url)
    stop = threading.Event()
    mixed: list[object] = []

    def read() -> None:
        while not stop.is_set():
            stored = reader.read("acme")
            if len(stored.entries) != 2 * stored.serial:
                mixed.append(stored)

    thread = threading.Thread(target=read)
    thread.start()
    with writer.lock("acme", 5, ALICE) as lease:
        for n in range(30):
            apply(writer, lease, create(llm(f"a{n}"), 1, f"RUN-{n}"), create(llm(f"b{n}"), 2, f"RUN-{n}"))
    stop.set()
    thread.join()

    assert mixed == []
    assert reader.read("acme").serial == 30
    writer.close()
    reader.close()


def test_many_threads_of_one_process_take_turns(url: str) -> None:
    """The lock also holds between threads that share one ledger."""
    ledger = open_ledger(url, World(poll_s=0.005))
    inside, most = [0], [0]

    def work() -> None:
        with ledger.lock("acme", 30, ALICE):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.01)
            inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1]
    with ledger.lock("acme", 0, ALICE) as lease:
        assert lease.epoch == 7
    ledger.close()


def test_lock_cannot_be_taken_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A folder that is a file is told as what it is."""
    (tmp_path / "file").write_text("")
    ledger = open_ledger(f"sqlite:{tmp_path / 'file' / 'ledger.db'}")

    with pytest.raises(StorageFailed, match=r"ledger\.db|file"), ledger.lock("acme", 0, ALICE):
        pass
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208  # names are what is compared
