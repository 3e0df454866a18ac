"""Work done by a process beside this one: if it fails, it costs time and nothing else."""

from __future__ import annotations

import os
import signal
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress

_END = b"\nend"


def cores() -> int:
    """Say how many processes can work at once; 1 where none may be forked, as where there are threads."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Beside:
    """A process that works, and where its answer will come from; nobody waits for it who does not ask."""

    def __init__(self, process: int, descriptor: int) -> None:
        self._process = process
        self._descriptor = descriptor
        self._forgotten = weakref.finalize(self, _let_be, process, descriptor)
        self._forgotten.atexit = False  # then it ends by itself

    def answer(self) -> bytes | None:
        """Wait for the answer; None unless it is whole, and where it was asked for before."""
        if not self._forgotten.detach():
            return None
        with os.fdopen(self._descriptor, "rb") as answer:
            data = answer.read()
        os.waitpid(self._process, 0)
        return data[: -len(_END)] if data.endswith(_END) else None

    def drop(self) -> None:
        """Let it be, unless it answered: nobody wants to know any more."""
        self._forgotten()


def _let_be(process: int, descriptor: int) -> None:
    os.close(descriptor)
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def begin(work: Callable[[], bytes]) -> Beside | None:
    """
    Start a process that does this work and answers with what it gives.

    Args:
        work: writes nothing anywhere; what it raises means that there is no answer.

    Returns:
        None if none can be started.
    """
    here, there = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(there)
        os.close(here)
        return None
    if process:
        os.close(there)
        return Beside(process, here)
    try:
        os.close(here)
        with os.fdopen(there, "wb") as answer:
            answer.write(work() + _END)
    finally:
        os._exit(0)  # nothing of the parent's is flushed or closed a second time, no traceback is written
