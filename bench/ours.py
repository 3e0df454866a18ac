"""flametree-cfg as a user has it: the built wheel, byte-compiled, in an environment of its own."""

from __future__ import annotations

import hashlib
import shutil
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from bench.command import ROOT, Failed, call, environment, say


@dataclass(frozen=True)
class Ours:
    """
    The installed program.

    Attributes:
        program: its path.
        python: the interpreter of the same environment.
        version: what it says of itself.
        no_cache: whether `plan` and `validate` can be told to leave the cache alone.
        reports: whether `plan` writes reports.
    """

    program: str
    python: str
    version: str
    no_cache: bool
    reports: bool


def install(out: Path) -> Ours:
    """Build the wheel and install it, with the locked dependencies, below `out`."""
    say("building the wheel and installing it")
    env = environment()
    wheels, home = out / "dist", out / "venv"
    shutil.rmtree(wheels, ignore_errors=True)
    call([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(ROOT)], env)
    python = str(home / "bin/python")
    lock = ROOT / "requirements.lock"
    stamp, wanted = home / "lock.sha256", hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(home, with_pip=True, clear=True)
        call([python, "-m", "pip", "install", "--require-hashes", "-r", str(lock)], env)
        stamp.write_text(wanted)
    wheel = str(next(wheels.glob("*.whl")))
    call([python, "-m", "pip", "install", "--no-deps", "--no-index", "--force-reinstall", "--compile", wheel], env)
    if not any(home.glob("lib/python*/site-packages/flametree_cfg/__pycache__/*.pyc")):
        raise Failed(f"pip installed {wheel} without compiling it, which would slow every start")
    return _ask(str(home / "bin/flametree-cfg"), python)


def _ask(program: str, python: str) -> Ours:
    env = environment()
    plan, validate = (call([program, command, "--help"], env) for command in ("plan", "validate"))
    return Ours(
        program,
        python,
        call([program, "--version"], env).strip(),
        no_cache="--no-cache" in plan and "--no-cache" in validate,
        reports="--report" in plan,
    )
