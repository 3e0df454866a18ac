"""Time a command and find the peak memory of it and all its children."""

from __future__ import annotations

import os
import resource
import signal
import statistics
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

SAMPLE_EVERY_S = 0.02  # often enough for a process of half a second, rare enough not to slow it
FIRST_SAMPLE_S = 0.002  # what lives shorter than the interval is looked at more often
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Measured:
    """
    One run of a command.

    Attributes:
        seconds: by the clock on the wall.
        cpu: seconds of all processors; says more than the wall where others use the machine.
        peak: bytes over the whole process tree.
        code: how it ended.
    """

    seconds: float
    cpu: float
    peak: int
    code: int


def measure(command: Sequence[str], cwd: Path, env: Mapping[str, str], errors: Path) -> Measured:
    """Run a command once; what it prints is thrown away, its complaints go to the file `errors`."""
    with errors.open("wb") as complaints:
        started = perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints
        )
        seen = _Sampler(process.pid)
        seen.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # the bench is being stopped: nothing it started may outlive it
            for pid in _tree(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            seconds = perf_counter() - started
            seen.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = max(_own_mark(usage), seen.peak)
    return Measured(seconds, usage.ru_utime + usage.ru_stime, peak, process.returncode)


def middle(results: Sequence[Measured]) -> Measured:
    """Take the median of each figure."""
    return Measured(
        statistics.median(r.seconds for r in results),
        statistics.median(r.cpu for r in results),
        int(statistics.median(r.peak for r in results)),
        max(r.code for r in results),
    )


def _own_mark(usage: resource.struct_rusage) -> int:
    """
    Give the kernel's own high-water mark of the largest process, in bytes.

    It misses nothing, but a child's begins at what the parent had when it was started: up to there it says nothing.
    """
    inherited = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage.ru_maxrss * 1024 if usage.ru_maxrss > inherited else 0


class _Sampler(threading.Thread):
    """
    Adds up the memory of a process tree from /proc; sees nothing where there is none.

    One process: its resident set (RSS). Several: proportional sets (PSS), which count a page that a fork shares once.
    """

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._root = root
        self._done = threading.Event()

    def run(self) -> None:
        started, pause = perf_counter(), FIRST_SAMPLE_S
        while not self._done.wait(pause):
            pids = _tree(self._root)
            size = _resident(pids[0]) if len(pids) == 1 else sum(_proportional(pid) for pid in pids)
            self.peak = max(self.peak, size)
            pause = min(max((perf_counter() - started) / 10, FIRST_SAMPLE_S), SAMPLE_EVERY_S)

    def stop(self) -> None:
        self._done.set()
        self.join()


def _tree(root: int) -> list[int]:
    pids = [root]
    for pid in pids:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(OSError):
                pids += [int(child) for child in children.read_text().split()]
    return pids


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except PermissionError:
        return _resident(pid)
    except OSError:  # it ended
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
