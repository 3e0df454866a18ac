"""Ask every command that reads, with a cache and without: the bytes and the exit code have to be the same."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.scenario.running import Ended, Zoo

QUESTIONS = (
    ("validate",),
    ("plan",),
    ("plan", "--format", "json"),
    ("drift", "check"),
    ("validate", "--format", "json"),
    ("plan", "--format", "markdown"),
    ("drift", "check", "--format", "json"),
)


def cache(zoo: Zoo) -> Path:
    """Give the folder of the zoo's cache."""
    return zoo.home / "cache"


def kept(zoo: Zoo, suffix: str = "") -> list[Path]:
    """List the files of the zoo's cache, sorted; or those with a suffix."""
    return sorted(path for path in cache(zoo).iterdir() if path.name != ".gitignore" and path.name.endswith(suffix))


def same(
    zoo: Zoo,
    *more: str,
    paths: Sequence[str] = ("tenants/zoo",),
    questions: Sequence[Sequence[str]] = QUESTIONS,
    turn: int = 0,
) -> list[Ended]:
    """
    Ask with the cache as it is, each question from that same state, and without.

    Args:
        more: arguments for all of them.
        paths: what to ask about.
        questions: the commands.
        turn: the cache stays as the question of this number leaves it; the others leave no trace.

    Returns:
        The answers.
    """
    before, after = zoo.root / "cache-before", zoo.root / "cache-after"
    _copy(cache(zoo), before)
    answers = []
    for number, question in enumerate(questions):
        _copy(before, cache(zoo))
        answers.append(asked(zoo, *question, *paths, *more))
        if number == turn % len(questions):
            _copy(cache(zoo), after)
    _copy(after, cache(zoo))
    for folder in (before, after):
        shutil.rmtree(folder, ignore_errors=True)
    return answers


def asked(zoo: Zoo, *question: str) -> Ended:
    """Ask one thing both ways, twice with the cache; gives the answer."""
    first, second = zoo.run(*question), zoo.run(*question)
    without = zoo.run(*question, "--no-cache")

    assert "Traceback" not in without.said
    assert without.returncode != 1, without.said
    for answer in (first, second):
        assert (answer.returncode, answer.stdout, answer.stderr) == (without.returncode, without.stdout, without.stderr)
    return without


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)  # plain files only: a fault is made anew for every question
