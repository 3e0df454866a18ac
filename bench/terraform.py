"""Terraform, where there is one, with its state in a file or in PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.command import call, environment
from bench.estate import Estate

_QUIET = ("-input=false", "-no-color")
_BACKEND = 'terraform {\n  backend "pg" {}\n}\n'


@dataclass(frozen=True)
class Terraform:
    """The binary and what it calls itself."""

    program: str
    version: str

    def validate(self) -> tuple[str, ...]:
        return (self.program, "validate", "-no-color")

    def plan(self, *options: str) -> tuple[str, ...]:
        """Ask for a plan; `-detailed-exitcode` also proves that a written state is the one an apply would leave."""
        return (self.program, "plan", *_QUIET, "-lock=false", "-detailed-exitcode", *options)

    def apply(self) -> tuple[str, ...]:
        return (self.program, "apply", *_QUIET, "-auto-approve")

    def start(self, estate: Estate) -> None:
        """Make the folder ready, with the built-in provider and the state in a file."""
        if not (estate.terraform / ".started").exists():
            call([self.program, "init", *_QUIET], environment(), cwd=estate.terraform)
            (estate.terraform / ".started").touch()

    def start_in_database(self, estate: Estate, env: Mapping[str, str]) -> Path:
        """Copy the folder to one whose state is kept in PostgreSQL, and make that ready."""
        folder = estate.root / "terraform-pg"
        if not folder.exists():
            folder.mkdir()
            for path in estate.terraform.glob("*.tf"):
                shutil.copy(path, folder)
            (folder / "backend.tf").write_text(_BACKEND)
            call([self.program, "init", *_QUIET], env, cwd=folder)
        return folder


def find() -> Terraform | None:
    """Look for the binary on PATH."""
    program = shutil.which("terraform")
    if program is None:
        return None
    return Terraform(program, call([program, "version"], environment()).splitlines()[0])


def set_state(estate: Estate, *, applied: bool) -> None:
    """Put the state of a finished apply in place, or none; applying 10,000 for real takes Terraform an hour."""
    for path in estate.terraform.glob("*.tfstate*"):
        path.unlink()
    if applied:
        shutil.copy(estate.state, estate.terraform / "terraform.tfstate")
