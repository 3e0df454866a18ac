"""What others take from our repository: the action and the pre-commit hook."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("arguments", "code"), [("validate tenants", 0), ("validate none", 4), ("plna; touch ran", 64)]
)
def test_the_action_runs_a_command(tmp_path: Path, arguments: str, code: int) -> None:
    """Its own shell step ends as the command does, and says so; no shell reads the words."""
    (tmp_path / "tenants/a").mkdir(parents=True)
    (tmp_path / "tenants/a/a.yaml").write_text("tenant: a\nconnectors: {}\n")
    step = next(one for one in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"] if one.get("id"))
    told = tmp_path / "output"
    environment = {**os.environ, "PATH": PATH, "ARGUMENTS": arguments, "GITHUB_OUTPUT": str(told)}
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=tmp_path, env=environment, check=False)

    assert done.returncode == code
    assert told.read_text() == f"exit-code={code}\n"
    assert not (tmp_path / "ran").exists()


def test_the_hook_is_one_that_pre_commit_takes() -> None:
    """Its manifest is valid."""
    command = ["pre-commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    done = subprocess.run(command, env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_hook_checks_tenants(tmp_path: Path) -> None:
    """What it runs says what is wrong."""
    hook, _ = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (tmp_path / "tenants/a").mkdir(parents=True)
    (tmp_path / "tenants/a/a.yaml").write_text("tenant: a\nconnectors: 5\n")
    command = [*shlex.split(hook["entry"]), *hook["args"]]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 4
    assert "a.yaml:2" in done.stdout + done.stderr
