"""The command line with commands that fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from flametree_cfg.cli import run
from flametree_cfg.cli.group import Entry
from flametree_cfg.cli.root import root


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process, with a command `fail` added."""
    monkeypatch.setitem(root.entries, "fail", Entry("tests.cli.faults:fail", "End as asked."))  # type: ignore[arg-type]

    def call(*arguments: str) -> Ended:
        code = run(arguments)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return call
