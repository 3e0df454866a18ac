"""Run the jobs of a workflow as GitHub's runner does, as far as ours go: expressions, outputs, artifacts, bash."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.forge.hub import REPOSITORY, TOKEN, Hub

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


@dataclass
class Job:
    """How a job ended; `ran` is false where its condition kept it away."""

    ran: bool
    code: int = 0
    said: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    environments: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Runner:
    """
    A forge's CI: one repository, its secrets, its artifacts.

    Attributes:
        place: everything of it; the bare repository is `place/acme/tenants`.
        hub: the API.
        secrets: of the repository.
        artifacts: by name, as folders.
    """

    place: Path
    hub: Hub
    secrets: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, Path] = field(default_factory=dict)
    count: int = 0

    @property
    def remote(self) -> Path:
        """Give the bare repository."""
        return self.place / REPOSITORY

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run git, as nobody in particular."""
        done = subprocess.run(
            ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org", *arguments],
            cwd=cwd or self.place,
            env=self._base(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout.strip()

    def jobs(self, workflow: str, commit: str, event: Mapping[str, Any], name: str, **inputs: str) -> dict[str, Job]:
        """
        Run a workflow of the repository.

        Args:
            workflow: its file, as it stands at `commit`.
            commit: that is checked out where nothing else is asked for.
            event: its payload.
            name: of the event.
            inputs: of a run by hand.
        """
        document = yaml.safe_load(self.git("show", f"{commit}:.github/workflows/{workflow}.yml", cwd=self.remote))
        done: dict[str, Job] = {}
        for key, job in document["jobs"].items():
            if all(done[need].code == 0 and done[need].ran for need in _listed(job.get("needs"))):
                done[key] = _Run(self, job, commit, event, name, inputs).go()
            else:
                done[key] = Job(ran=False)
        return done

    def folder(self, name: str) -> Path:
        """Make a folder nobody used before."""
        self.count += 1
        made = self.place / f"{self.count}-{name}"
        made.mkdir()
        return made

    def _base(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.place),
            "LANG": "C.UTF-8",
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "FLAMETREE_VERIFY": "0",  # the example's provider is not called
            "XDG_CACHE_HOME": str(self.place / "cache"),
        }


class _Run:
    """One job of one run."""

    def __init__(
        self, runner: Runner, job: dict[str, Any], commit: str, event: Mapping[str, Any], name: str, inputs: Any
    ) -> None:
        self.runner, self.job, self.commit = runner, job, commit
        self.work, self.temp = runner.folder("work"), runner.folder("temp")
        self.steps: dict[str, dict[str, Any]] = {}
        self.done = Job(ran=True)
        path = self.temp / "event.json"
        path.write_text(json.dumps(event))
        self.context = {
            "github": {"event": event, "repository": REPOSITORY, "token": TOKEN},
            "secrets": runner.secrets,
            "inputs": inputs,
            "runner": {"temp": str(self.temp)},
            "steps": self.steps,
        }
        self.environment = {
            **runner._base(),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": runner.hub.url,
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": runner.place.as_uri(),
            "GITHUB_SHA": commit,
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "RUNNER_TEMP": str(self.temp),
        }

    def go(self) -> Job:
        if not self._holds(self.job.get("if", "true")):
            return Job(ran=False)
        for step in self.job["steps"]:
            condition = step.get("if", "true")
            if self._holds(condition) and (self.done.code == 0 or "cancelled()" in condition):
                self._step(step)
        return self.done

    def _step(self, step: dict[str, Any]) -> None:
        outputs: dict[str, str] = {}
        code = self._action(step) if "uses" in step else self._shell(step, outputs)
        if "id" in step:
            self.steps[step["id"]] = {"outputs": outputs, "outcome": "failure" if code else "success"}
            self.done.outputs[step["id"]] = outputs
        if code and not step.get("continue-on-error"):
            self.done.code = self.done.code or code

    def _shell(self, step: dict[str, Any], outputs: dict[str, str]) -> int:
        assert "${{" not in step["run"]
        told = self.temp / "output"
        told.write_text("")
        given = {key: self._filled(str(value)) for key, value in step.get("env", {}).items()}
        self.done.environments.append(given)
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=self.work,
            env={**self.environment, **given, "GITHUB_OUTPUT": str(told)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
            check=False,
        )
        self.done.said += f"## {step['name']} ({done.returncode})\n{done.stdout}"
        outputs.update(line.split("=", 1) for line in told.read_text().splitlines())
        return done.returncode

    def _action(self, step: dict[str, Any]) -> int:
        name = step["uses"].partition("@")[0].partition("/")[2]
        given = {key: self._filled(str(value)) for key, value in step.get("with", {}).items()}
        match name:
            case "setup-python":
                return 0
            case "checkout":
                target = self.work / given.get("path", ".")
                script = (
                    'git clone --quiet --no-checkout "$1" "$2" && cd "$2" && '
                    'git fetch --quiet origin "$3" && git checkout --quiet --detach FETCH_HEAD'
                )
                return self._quiet(script, str(self.runner.remote), str(target), given.get("ref") or self.commit)
            case "upload-artifact":
                if not Path(given["path"]).is_dir() or not any(Path(given["path"]).iterdir()):
                    return 0
                kept = self.runner.folder("artifact") / "content"
                shutil.copytree(given["path"], kept)
                self.runner.artifacts[given["name"]] = kept
                return 0
            case "download-artifact":
                if given["name"] not in self.runner.artifacts:
                    return 1
                shutil.copytree(self.runner.artifacts[given["name"]], given["path"], symlinks=True)
                return 0
        raise AssertionError(f"an action that this runner does not know: {name}")

    def _quiet(self, script: str, *arguments: str) -> int:
        command = ["bash", "-c", script, "bash", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, check=False).returncode

    def _filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: str(self._value(found[1].strip())), text)

    def _holds(self, condition: str) -> bool:
        """Judge what our conditions are made of: `==`, `!=`, `&&`, and `!cancelled()`."""
        whole = _EXPRESSION.fullmatch(condition.strip())
        return all(self._part(part) for part in (whole[1] if whole else condition).split("&&"))

    def _part(self, part: str) -> bool:
        pieces = [piece.strip() for piece in re.split("(==|!=)", part)]
        if len(pieces) == 1:
            return bool(self._value(pieces[0]))
        return bool((self._value(pieces[0]) == self._value(pieces[2])) is (pieces[1] == "=="))

    def _value(self, text: str) -> Any:
        if text.startswith("'"):
            return text.strip("'")
        if text in ("true", "!cancelled()"):
            return True
        found: Any = self.context
        for key in text.split("."):
            found = found.get(key, "") if isinstance(found, Mapping) else ""
        return found


def _listed(needs: Any) -> Iterator[str]:
    yield from [needs] if isinstance(needs, str) else needs or []
