"""Requests to stop that got lost, for commands that go on until they are told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def heard() -> Iterator[Callable[[], None]]:
    """
    Give what raises `KeyboardInterrupt` if a signal came and the exception it raised got lost.

    Python drops what is raised while an object is finalized, and garbage is collected whenever it likes.
    """
    if threading.current_thread() is not threading.main_thread():  # which hears no signals
        yield lambda: None
        return
    here, there = os.pipe()
    os.set_blocking(here, False)
    os.set_blocking(there, False)
    before = signal.set_wakeup_fd(there, warn_on_full_buffer=False)

    def look() -> None:
        with suppress(BlockingIOError):
            if os.read(here, 1):
                raise KeyboardInterrupt

    try:
        yield look
    finally:
        signal.set_wakeup_fd(before)
        os.close(there)
        os.close(here)
