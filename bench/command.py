"""Commands that are not measured, the environment of all of them, and how the bench speaks."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
_SLOW_OR_FOREIGN = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONUNBUFFERED", "VIRTUAL_ENV"}
_STACK = 64 * 1024 * 1024  # bytes; Linux lets the environment have a quarter: 60,000 secrets need 4 MB


class Failed(Exception):
    """A command that the bench needs did not end well."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def environment() -> dict[str, str]:
    """Take this environment without what would slow a side down or lead it to another ledger or state."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _SLOW_OR_FOREIGN and not name.startswith(("FLAMETREE_", "TF_", "PG"))
    }
    return kept | {"CHECKPOINT_DISABLE": "1"}  # Terraform would ask the network for newer versions


def allow_large_environments() -> None:
    """Raise this process's stack limit, from which Linux derives what an environment may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if soft != resource.RLIM_INFINITY and (hard == resource.RLIM_INFINITY or hard >= _STACK) and soft < _STACK:
        resource.setrlimit(resource.RLIMIT_STACK, (_STACK, hard))


def call(command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None, user: str | None = None) -> str:
    """
    Run a command that must end with 0 and give what it printed.

    Raises:
        Failed: it did not; carries the end of its output.
    """
    result = subprocess.run(
        command, env=env, cwd=cwd, user=user, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise Failed(f"exit {result.returncode}: {' '.join(command)}\n{result.stdout[-1500:]}\n{result.stderr[-1500:]}")
    return result.stdout
