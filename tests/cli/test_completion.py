"""Shells complete our commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

BIN = Path(sys.executable).parent


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(cli: Run, shell: str) -> None:
    """It asks the program, in the shell's own way; where the shell is there, it takes it."""
    script = cli("completion", shell)

    assert script.code == 0
    assert f"_FLAMETREE_CFG_COMPLETE={shell}_complete" in script.out
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=script.out, text=True, check=False).returncode == 0


def test_an_unknown_shell_is_64(cli: Run) -> None:
    """Only these three."""
    assert cli("completion", "csh").code == 64


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("dr", ["drift"]),
        ("drift ", ["accept", "check", "ignore", "revert"]),
        ("plan --det", ["--detailed-exitcode"]),
        ("completion z", ["zsh"]),
    ],
)
def test_bash_completes(cli: Run, typed: str, offered: list[str]) -> None:
    """The script, read by a real bash, offers commands, commands below commands, options and choices."""
    words = ["flametree-cfg", *typed.split(" ")]
    quoted = " ".join(word or "''" for word in words)
    ask = (
        f"{cli('completion', 'bash').out}\n"
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n"
        '_flametree_cfg_completion flametree-cfg; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", ask], env=environment, capture_output=True, text=True, check=False)

    assert done.stdout.split() == offered, done.stderr
