"""A request to stop is heard, even where Python loses the exception it raises."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flametree_cfg.cli.stopping import heard


class Finalized:
    """Asks its process to stop while it is finalized."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):  # somewhere here the exception is raised, and lost
            pass


@pytest.fixture
def ours() -> Iterator[None]:
    """Make sure that the signal raises, whoever runs the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ours")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_lost_request_is_heard() -> None:
    """The exception is gone; who looks finds out, once."""
    with heard() as look:
        look()
        Finalized()
        with pytest.raises(KeyboardInterrupt):
            look()
        look()


def test_nothing_stays_open() -> None:
    """The descriptors are closed, and who listened before listens again."""
    here, there = os.pipe()
    os.set_blocking(there, False)
    before = signal.set_wakeup_fd(there)
    opened = len(list(Path("/dev/fd").iterdir()))
    with heard() as look:
        look()
    assert len(list(Path("/dev/fd").iterdir())) == opened
    assert signal.set_wakeup_fd(before) == there
    os.close(there)
    os.close(here)


def test_another_thread_hears_no_signals() -> None:
    """Where no signal can come, looking finds nothing."""
    looked: list[None] = []

    def run() -> None:
        with heard() as look:
            looked.append(look())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert looked == [None]
