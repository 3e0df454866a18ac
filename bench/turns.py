"""Run the commands of a group in turns, so that a busy moment of the machine hits all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bench.command import say
from bench.measure import Measured, measure


def _nothing(_: int) -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Run:
    """
    One command that is measured.

    Attributes:
        name: within its group, such as `cold` or `terraform`.
        turns: how often.
        before: what is prepared, unmeasured; gets the number of the turn.
        code: how it must end.
    """

    name: str
    command: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    turns: int
    before: Callable[[int], None] = _nothing
    code: int = 0


@dataclass(frozen=True)
class Patience:
    """
    When to stop repeating.

    Attributes:
        budget: seconds that one command may use up before it is not run again.
        deadline: on the monotonic clock; past it every command runs once.
    """

    budget: float
    deadline: float


class Broken(Exception):
    """A measured command did not end as it must."""


def take_turns(group: str, runs: Sequence[Run], patience: Patience, errors: Path) -> dict[str, list[Measured]]:
    """
    Measure each run as often as it asks for and patience allows.

    Returns:
        Under `group/name`, the measurements in the order they were taken.

    Raises:
        Broken: a command ended otherwise than it must.
    """
    results: dict[str, list[Measured]] = {f"{group}/{run.name}": [] for run in runs}
    for turn in range(max((run.turns for run in runs), default=0)):
        for run in runs:
            done = results[f"{group}/{run.name}"]
            if turn < run.turns and (not done or _may_go_on(done, patience)):
                run.before(turn)
                done.append(_once(run, errors))
    for key, done in results.items():
        say(f"  {key}: {' '.join(f'{one.seconds:.2f}' for one in done)} s")
    return results


def _may_go_on(done: Sequence[Measured], patience: Patience) -> bool:
    return sum(one.seconds for one in done) < patience.budget and monotonic() < patience.deadline


def _once(run: Run, errors: Path) -> Measured:
    result = measure(run.command, run.cwd, run.env, errors)
    if result.code != run.code:
        complaint = errors.read_text(errors="replace")[-1500:]
        raise Broken(f"exit {result.code}, not {run.code}: cd {run.cwd} && {' '.join(run.command)}\n{complaint}")
    return result
