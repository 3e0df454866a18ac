"""Work done by a process beside this one: if it fails, it costs time and nothing else."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

_END = b"\nend"


def cores() -> int:
    """Say how many processes can work at once; 1 where none may be forked, as where there are threads."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Beside(NamedTuple):
    """A process that works, and where its answer will come from; one of both methods is to be called."""

    process: int
    descriptor: int

    def answer(self) -> bytes | None:
        """Wait for the answer; None unless it is whole."""
        with os.fdopen(self.descriptor, "rb") as answer:
            data = answer.read()
        os.waitpid(self.process, 0)
        return data[: -len(_END)] if data.endswith(_END) else None

    def drop(self) -> None:
        """Let it be: nobody wants to know any more."""
        os.close(self.descriptor)
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


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
