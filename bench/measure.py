"""Time a command and find the peak memory of it and all its children."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

SAMPLE_EVERY_S = 0.01  # often enough for a process of half a second, rare enough not to slow it


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


def measure(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Measured:
    """Run a command once; its output is thrown away."""
    started = perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    seen = _Sampler(process.pid)
    seen.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    seen.stop()
    # The kernel's own mark misses nothing but knows single processes only; the samples know the tree.
    peak = max(usage.ru_maxrss * 1024, seen.peak)
    return Measured(seconds, usage.ru_utime + usage.ru_stime, peak, process.returncode)


def middle(results: Sequence[Measured]) -> Measured:
    """Take the median of each figure."""
    return Measured(
        statistics.median(r.seconds for r in results),
        statistics.median(r.cpu for r in results),
        int(statistics.median(r.peak for r in results)),
        max(r.code for r in results),
    )


def together(results: Sequence[Measured]) -> Measured:
    """Add up runs that follow each other: times add, of the peaks the highest counts."""
    return Measured(
        sum(r.seconds for r in results),
        sum(r.cpu for r in results),
        max(r.peak for r in results),
        max(r.code for r in results),
    )


class _Sampler(threading.Thread):
    """Adds up the resident memory of a process tree from /proc; sees nothing where there is none."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._root = root
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(SAMPLE_EVERY_S):
            self.peak = max(self.peak, sum(_resident(pid) for pid in _tree(self._root)))

    def stop(self) -> None:
        self._done.set()
        self.join()


def _tree(root: int) -> list[int]:
    pids = [root]
    for pid in pids:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                pids += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return pids


def _resident(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
