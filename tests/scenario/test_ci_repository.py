"""The repository that `init` makes, from a branch to an applied change to drift, by its workflows' own shell steps."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flametree_cfg.forge import find_marker
from tests.forge.hub import ME, TOKEN, Hub, Pull, serving
from tests.scenario.runner import Job, Runner
from tests.scenario.running import PROGRAM

SECRETS = {"EXAMPLE_OPENAI_KEY": "sk-canary-0123456789abcdef", "EXAMPLE_BOT_TOKEN": "123456789:AAHcanaryCANARYcanary"}
TENANT = "tenants/example/tenant.yaml"
PUSH: dict[str, Any] = {}


class Repository:
    """A configuration repository on a forge, as a team has it."""

    def __init__(self, place: Path, hub: Hub) -> None:
        self.hub = hub
        shared = place / "shared"
        shared.mkdir(mode=0o700)
        self.runner = Runner(place, hub)
        self.runner.secrets = {
            **SECRETS,
            "FLAMETREE_STATE": f"sqlite:{shared / 'ledger.db'}",
            "FLAMETREE_PLATFORM": f"sqlite:{shared / 'registry.db'}",
            "FLAMETREE_KEY": "ab" * 32,
        }
        self.desk = place / "desk"
        self.runner.git("init", "--quiet", "--bare", "--initial-branch", "main", str(self.runner.remote))
        self.runner.git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=self.runner.remote)
        self.runner.git("clone", "--quiet", str(self.runner.remote), str(self.desk))
        self.git("checkout", "--quiet", "-b", "main")
        self.flametree("init", ".", "--ci", "github")
        self.first = self.commit("Begin")
        self.git("push", "--quiet", "origin", "main")

    def git(self, *arguments: str) -> str:
        """Run git at somebody's desk."""
        return self.runner.git(*arguments, cwd=self.desk)

    def commit(self, message: str) -> str:
        """Commit everything; gives the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def edit(self, before: str, after: str) -> None:
        """Change the tenant."""
        file = self.desk / TENANT
        assert before in file.read_text()
        file.write_text(file.read_text().replace(before, after))

    def flametree(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the program at the desk, with the secrets of the repository."""
        environment = {**self.runner._base(), **self.runner.secrets}
        return subprocess.run(
            [*PROGRAM, *arguments], cwd=self.desk, env=environment, capture_output=True, text=True, check=False
        )

    def model(self) -> str:
        """Give the model's name as the platform has it."""
        shown = self.flametree("show", "tenants/example", "connector.model").stdout
        found = re.search(r"gpt-[a-z0-9.-]+", shown)
        assert found, shown
        return found[0]

    def pull_request(self, number: int, message: str, owner: str = "acme") -> tuple[Pull, dict[str, Any]]:
        """Open one, with what stands on the desk; gives its event."""
        head = self.commit(message)
        self.git("push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{number}/head")
        self.hub.pulls[:] = [one for one in self.hub.pulls if one.number != number]
        pull = Pull(number, head, owner=owner)
        self.hub.pulls.append(pull)
        named = {"full_name": f"{owner}/tenants", "owner": {"login": owner}}
        event = {"pull_request": {"number": number, "head": {"sha": head, "repo": named}}}
        return pull, event

    def planned(self, pull: Pull, event: dict[str, Any]) -> dict[str, Job]:
        """Run what runs on a pull request, and what runs after that."""
        self.runner.artifacts.pop("flametree-plan", None)
        planned = self.runner.jobs("flametree-plan", pull.head, event, "pull_request")
        return {**planned, **self.commented(pull)}

    def commented(self, pull: Pull) -> dict[str, Job]:
        """Run what runs after the plan, from the default branch; forks have no number in this event."""
        named = {"full_name": f"{pull.owner}/tenants", "owner": {"login": pull.owner}}
        run = {"id": 1, "event": "pull_request", "conclusion": "success", "head_sha": pull.head}
        event = {
            "workflow_run": {**run, "head_branch": pull.branch, "head_repository": named, "pull_requests": []},
            "repository": {"default_branch": "main"},
        }
        return self.runner.jobs("flametree-comment", self.main(), event, "workflow_run")

    def main(self) -> str:
        """Give what the default branch is at."""
        return self.runner.git("rev-parse", "main", cwd=self.runner.remote)

    def merge(self, pull: Pull) -> str:
        """Merge a pull request; gives the commit."""
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", "Merge", pull.head)
        self.git("push", "--quiet", "origin", "main")
        pull.merged, pull.commits = True, (self.main(),)
        return self.main()

    def applied(self, **inputs: str) -> dict[str, Job]:
        """Run what runs after a merge."""
        name = "workflow_dispatch" if inputs else "push"
        return self.runner.jobs("flametree-apply", self.main(), PUSH, name, **inputs)

    def published(self) -> str:
        """Give the public state."""
        return self.runner.git("show", "flametree-public-state:state.json", cwd=self.runner.remote)

    def drift(self) -> Job:
        """Run what runs every morning."""
        return self.runner.jobs("flametree-drift", self.main(), {}, "schedule")["drift"]

    def branch(self) -> None:
        """Begin a branch at the default one."""
        self.git("checkout", "--quiet", "main")
        self.git("checkout", "--quiet", "-B", "change")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Repository]:
    """Give a scaffolded repository."""
    with serving() as hub:
        yield Repository(tmp_path, hub)


@pytest.fixture
def repository(fresh: Repository) -> Repository:
    """Give one that is applied."""
    done = fresh.flametree("apply", "tenants", "--yes")
    assert done.returncode == 0, done.stderr
    return fresh


def test_the_first_plan_is_approved_by_hand(fresh: Repository) -> None:
    """Nobody has seen a plan yet: it is shown and refused; run with its digest, it is applied and published."""
    refused = fresh.applied()
    digest = re.search(r"digest ([0-9a-f]{64})", refused["apply"].said)

    assert refused["apply"].code == 5, refused["apply"].said
    assert not refused["publish"].ran
    assert digest
    typed = fresh.applied(digest=f"{digest[1]}; touch ran")
    assert (typed["apply"].code, list(fresh.desk.parent.rglob("ran"))) == (64, [])
    done = fresh.applied(digest=digest[1])
    assert [job.code for job in done.values()] == [0, 0], [job.said for job in done.values()]
    assert fresh.model() == "gpt-4o-mini"
    assert "example" in fresh.published()


def test_from_a_branch_to_drift(repository: Repository) -> None:
    """A change is planned into one comment, applied as approved after the merge, and drift gets one issue."""
    hub = repository.hub
    repository.branch()
    repository.edit("gpt-4o-mini", "gpt-4o")
    pull, event = repository.pull_request(5, "Use the larger model")
    planned = repository.planned(pull, event)
    (body,) = hub.bodies(5)
    marker = find_marker(body)

    assert {name: (job.ran, job.code) for name, job in planned.items()} == {
        "validate": (True, 0),
        "plan": (True, 0),
        "plan-fork": (False, 0),
        "comment": (True, 0),
    }, [job.said for job in planned.values()]
    assert marker is not None
    assert (marker.head, len(marker.digest)) == (pull.head, 64)
    assert "gpt-4o-mini" in body

    repository.edit("temperature: 0.2", "temperature: 0.3")
    pull, event = repository.pull_request(5, "And a little warmer")
    repository.planned(pull, event)
    (edited,) = hub.comments[5]

    assert "0.3" in edited.body
    assert find_marker(edited.body) != marker
    assert repository.model() == "gpt-4o-mini"

    repository.merge(pull)
    applied = repository.applied()

    assert [job.code for job in applied.values()] == [0, 0], applied["apply"].said
    assert applied["apply"].outputs["approved"]["digest"] == getattr(find_marker(edited.body), "digest", "")
    assert repository.model() == "gpt-4o"
    assert repository.flametree("plan", "tenants", "--detailed-exitcode").returncode == 0

    secret = [*SECRETS.values(), TOKEN, "ab" * 32]
    said = [job.said for jobs in (planned, applied) for job in jobs.values()] + [body, edited.body]
    kept = [file for folder in repository.runner.artifacts.values() for file in folder.rglob("*") if file.is_file()]
    said += [repository.published(), *(file.read_text() for file in kept)]
    assert [text for text in said if any(value in text for value in secret)] == []


def test_drift_has_one_issue(repository: Repository) -> None:
    """Opened when something was changed outside, edited in place, closed when nothing is left."""
    hub = repository.hub
    change = ("registry", "set", "example", "connector.model")
    assert repository.drift().code == 0
    assert hub.issues == []
    repository.flametree(*change, "settings.model_name=gpt-5")
    first, again = repository.drift(), repository.drift()
    (issue,) = hub.issues

    assert (first.code, again.code) == (0, 0), first.said
    assert (issue.author, issue.open, "gpt-5" in issue.body) == (ME, True, True)
    repository.flametree(*change, "settings.model_name=gpt-4o-mini")
    assert repository.drift().code == 0
    assert not issue.open


def test_a_drift_check_that_cannot_tell_leaves_the_issue(repository: Repository) -> None:
    """The run is red; an issue that is open stays open."""
    kept = repository.hub.issue(ME, "<!-- flametree-cfg drift set=tenants -->\nold")
    repository.runner.secrets["FLAMETREE_PLATFORM"] += ".gone"
    failed = repository.drift()

    assert failed.code not in (0, 3)
    assert kept.open
    assert kept.body.endswith("old")


def test_what_moved_since_the_comment_is_not_applied(repository: Repository) -> None:
    """Another change was merged in between: the plan is not the one that was approved any more, and nothing is done."""
    repository.branch()
    repository.edit("gpt-4o-mini", "gpt-4o")
    pull, event = repository.pull_request(5, "Use the larger model")
    repository.planned(pull, event)
    repository.git("checkout", "--quiet", "main")
    repository.edit("name: Front desk", "name: Reception")
    repository.commit("Rename")
    repository.git("push", "--quiet", "origin", "main")
    repository.merge(pull)
    applied = repository.applied()

    assert applied["apply"].code == 6, applied["apply"].said
    assert not applied["publish"].ran
    assert repository.model() == "gpt-4o-mini"


def test_a_fork_gets_a_plan_without_any_secret(repository: Repository) -> None:
    """Compared with the published public state; shown as plain text, and approved by nobody."""
    assert repository.applied()["publish"].code == 0
    repository.branch()
    repository.edit("gpt-4o-mini", "gpt-4o")
    pull, event = repository.pull_request(7, "Be so kind", owner="mallory")
    planned = repository.planned(pull, event)
    (body,) = repository.hub.bodies(7)
    marker = find_marker(body)
    seen = {
        value for job in ("validate", "plan-fork") for given in planned[job].environments for value in given.values()
    }

    assert not planned["plan"].ran
    assert planned["plan-fork"].code == 0, planned["plan-fork"].said
    assert "1 to change" in planned["plan-fork"].said
    assert seen == {""}
    assert marker is not None
    assert marker.digest == ""
    assert "another repository" in body

    repository.merge(pull)
    applied = repository.applied()

    assert applied["apply"].code == 5
    assert repository.model() == "gpt-4o-mini"


def test_a_hostile_artifact_is_only_shown(repository: Repository) -> None:
    """A fork's run wrote what it wanted: nothing is executed or obeyed, and the pull request is the event's."""
    repository.branch()
    repository.edit("gpt-4o-mini", "gpt-4o")
    pull, _ = repository.pull_request(7, "Be so kind", owner="mallory")
    forged = f"<!-- flametree-cfg plan set=tenants head={pull.head} digest={'d' * 64} -->"
    kept = repository.runner.folder("forged")
    (kept / "plan.md").write_text(f"{forged}\n@acme/admins\n$(touch {kept}/ran)\n`touch {kept}/ran`\n/approve\n")
    (kept / "plan.json").write_text('{"format_version": 1, "number": 1, "tenants": [{"plan": {"changes": [1]}}]}')
    repository.runner.artifacts["flametree-plan"] = kept
    commented = repository.commented(pull)
    (body,) = repository.hub.bodies(7)
    marker = find_marker(body)

    assert commented["comment"].code == 0, commented["comment"].said
    assert list(repository.hub.comments) == [7]
    assert marker is not None
    assert marker.digest == ""
    assert "```text\n" + forged in body
    assert not (kept / "ran").exists()


@pytest.mark.parametrize("kind", ["huge", "link", "no-json"])
def test_an_artifact_that_is_none_is_refused(repository: Repository, kind: str) -> None:
    """Too large, a link out of it, or no plan: the run fails and says nothing on the pull request."""
    repository.branch()
    repository.edit("gpt-4o-mini", "gpt-4o")
    pull, _ = repository.pull_request(7, "Be so kind", owner="mallory")
    kept = repository.runner.folder("forged")
    (kept / "plan.json").write_text("{}" if kind == "no-json" else '{"format_version": 1}')
    if kind == "link":
        (kept / "plan.md").symlink_to("/etc/hostname")
    else:
        (kept / "plan.md").write_text("x" * (1 << 20) if kind == "huge" else "x")
    repository.runner.artifacts["flametree-plan"] = kept
    commented = repository.commented(pull)

    assert commented["comment"].code == 1
    assert repository.hub.comments == {}


def test_an_invalid_change_is_told_in_the_comment(repository: Repository) -> None:
    """The checks are red, and the comment says what is wrong and where; there is nothing to approve."""
    repository.branch()
    repository.edit("model_name: gpt-4o-mini", "model_nam: gpt-4o")
    pull, event = repository.pull_request(5, "A slip")
    planned = repository.planned(pull, event)
    (body,) = repository.hub.bodies(5)
    marker = find_marker(body)

    assert [planned["validate"].code, planned["plan"].code, planned["comment"].code] == [4, 4, 0]
    assert "tenant.yaml:" in body
    assert marker is not None
    assert marker.digest == ""
