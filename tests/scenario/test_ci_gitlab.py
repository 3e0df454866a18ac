"""The jobs that `init --ci gitlab` writes, run by their own shell lines."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flametree_cfg.forge import find_marker
from tests.forge.hub import REPOSITORY, TOKEN, Hub, Pull, serving
from tests.scenario.running import PROGRAM

HEAD = "a" * 40


class Project:
    """A project on GitLab with what `init` made."""

    def __init__(self, place: Path, hub: Hub) -> None:
        self.hub = hub
        self.desk = place / "desk"
        shared = place / "shared"
        shared.mkdir(mode=0o700)
        self.variables = {
            "FLAMETREE_STATE": f"sqlite:{shared / 'ledger.db'}",
            "FLAMETREE_PLATFORM": f"sqlite:{shared / 'registry.db'}",
            "FLAMETREE_WRITE_STATE": f"sqlite:{shared / 'ledger.db'}",
            "FLAMETREE_WRITE_PLATFORM": f"sqlite:{shared / 'registry.db'}",
            "FLAMETREE_KEY": "ab" * 32,
            "FLAMETREE_GITLAB_TOKEN": TOKEN,
            "EXAMPLE_OPENAI_KEY": "sk-canary-0123456789abcdef",
            "EXAMPLE_BOT_TOKEN": "123456789:AAHcanaryCANARYcanary",
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{hub.url}/api/v4",
            "CI_PROJECT_ID": REPOSITORY,
            "CI_COMMIT_SHA": HEAD,
        }
        subprocess.run([*PROGRAM, "init", str(self.desk), "--ci", "gitlab"], capture_output=True, check=True)
        self.jobs: dict[str, Any] = yaml.safe_load((self.desk / ".gitlab/flametree.yml").read_text())

    def run(self, job: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a job as GitLab's runner does: every line in one shell that stops at the first that fails."""
        known = {**self.variables, **more}
        given = self.jobs[job].get("variables", {})
        own = {name: known.get(value[1:], "") if value.startswith("$") else value for name, value in given.items()}
        script = "\n".join([*self.jobs[".flametree"]["before_script"], *self.jobs[job]["script"]])
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=self.desk,
            env={
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(self.desk.parent),
                "PIP_NO_INDEX": "1",
                "FLAMETREE_VERIFY": "0",
                **known,
                **own,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def flametree(self, *arguments: str) -> str:
        """Run the program with the project's variables."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.desk,
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Give a project that is applied."""
    with serving() as hub:
        project = Project(tmp_path, hub)
        project.flametree("apply", "tenants", "--yes")
        yield project


def test_a_merge_request_is_planned_and_its_plan_applied(project: Project) -> None:
    """One note with the plan; after the merge the job finds its digest and applies."""
    tenant = project.desk / "tenants/example/tenant.yaml"
    tenant.write_text(tenant.read_text().replace("gpt-4o-mini", "gpt-4o"))
    pull = Pull(5, HEAD)
    project.hub.pulls.append(pull)
    validated, planned = project.run("flametree-validate"), project.run("flametree-plan", CI_MERGE_REQUEST_IID="5")
    (body,) = project.hub.bodies(5)
    marker = find_marker(body)

    assert (validated.returncode, planned.returncode) == (0, 0), planned.stderr
    assert marker is not None
    assert (marker.head, len(marker.digest)) == (HEAD, 64)

    unapproved = project.run("flametree-apply")
    pull.merged, pull.commits = True, (HEAD,)
    applied = project.run("flametree-apply")

    assert unapproved.returncode == 2, unapproved.stderr
    assert applied.returncode == 0, applied.stderr
    assert "gpt-4o-mini" not in project.flametree("show", "tenants/example", "connector.model")


def test_drift_has_one_issue(project: Project) -> None:
    """Opened by the schedule, closed by it; a check that cannot tell leaves it."""
    assert project.run("flametree-drift").returncode == 0
    project.flametree("registry", "set", "example", "connector.model", "settings.model_name=gpt-5")
    drifted = project.run("flametree-drift")
    (issue,) = project.hub.issues

    assert drifted.returncode == 0, drifted.stderr
    assert "gpt-5" in issue.body
    assert project.run("flametree-drift", FLAMETREE_PLATFORM="sqlite:gone.db").returncode == 6
    assert issue.open
    project.flametree("registry", "set", "example", "connector.model", "settings.model_name=gpt-4o-mini")
    assert project.run("flametree-drift").returncode == 0
    assert not issue.open
