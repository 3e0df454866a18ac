"""`ci` as a step of a workflow meets it: environment in, one comment out, no token anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Run
from tests.forge.hub import ME, REPOSITORY, TOKEN, Fault, Hub, Pull, serving

HEAD = "a" * 40
DIGEST = "d" * 64
BUSY = {"changes": [1], "operations": [1]}
QUIET: dict[str, list[int]] = {"changes": [], "operations": []}


class Step:
    """A step of a workflow on pull request 5."""

    def __init__(self, hub: Hub, folder: Path, cli: Run) -> None:
        self.hub, self.folder, self.cli = hub, folder, cli
        hub.pulls.append(Pull(5, HEAD))
        self.write("plan.md", "### Plan: 1 to change\n")
        self.plan(BUSY)

    def write(self, name: str, text: str) -> None:
        """Write a file beside the step."""
        (self.folder / name).write_text(text)

    def plan(self, plan: object) -> None:
        """Write the JSON of a plan of one tenant."""
        self.write("plan.json", json.dumps({"format_version": 1, "tenants": [{"plan": plan, "digest": DIGEST}]}))

    def comment(self, *more: str) -> Ended:
        """Comment, as the workflow does."""
        files = ("--report", str(self.folder / "plan.md"), "--plan", str(self.folder / "plan.json"))
        return self.cli("ci", "comment", *files, *more)


@pytest.fixture
def step(tmp_path: Path, cli: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Step]:
    """Give a step on GitHub, with a server that is it."""
    for name in ("GITLAB_CI", "CI_MERGE_REQUEST_IID", "GITHUB_TOKEN", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 5, "head": {"sha": HEAD}}}))
    with serving() as hub:
        for name, value in {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": hub.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_EVENT_PATH": str(event),
        }.items():
            monkeypatch.setenv(name, value)
        yield Step(hub, tmp_path, cli)


def test_posts_then_edits(step: Step) -> None:
    """It says what it did and where, for people and for machines."""
    posted = step.comment()
    step.write("plan.md", "### Plan: 2 to change\n")
    edited = json.loads(step.comment("--format", "json").out)

    assert posted.code == 0, posted.err
    assert posted.out.startswith("Posted the comment on pull request 5: http://127.0.0.1")
    assert (edited["action"], edited["number"]) == ("edited", 5)
    assert step.hub.bodies(5) == [
        f"<!-- flametree-cfg plan set=tenants head={HEAD} digest={DIGEST} -->\n### Plan: 2 to change\n"
    ]


def test_each_set_of_tenants_has_its_own(step: Step) -> None:
    """One comment a pull request and set."""
    for name in ("north", "south", "north"):
        assert step.comment("--set", name).code == 0

    assert len(step.hub.bodies(5)) == 2


def test_no_changes_are_no_comment(step: Step) -> None:
    """If told; and what was said before goes."""
    step.comment("--skip-empty")
    step.plan(QUIET)
    gone = step.comment("--skip-empty")
    silent = step.comment("--skip-empty")

    assert gone.out.startswith("Deleted the comment")
    assert silent.out.startswith("Nothing to say")
    assert step.hub.bodies(5) == []
    assert step.comment().code == 0
    assert len(step.hub.bodies(5)) == 1


def test_a_run_that_was_overtaken_is_silent(step: Step) -> None:
    """The pull request moved on: an older plan must not stand over the newer one."""
    step.hub.pulls[0].head = "b" * 40
    late = step.comment()

    assert (late.code, step.hub.bodies(5)) == (0, [])
    assert "moved on" in late.out


def test_a_fork_is_shown_as_text_whatever_the_flags(step: Step) -> None:
    """Where a pull request comes from is asked of the forge; its digest is not approved."""
    step.hub.pulls[0].owner = "mallory"
    step.write("plan.md", "@acme/admins")
    step.comment()
    (body,) = step.hub.bodies(5)

    assert DIGEST not in body
    assert "```text\n@acme/admins\n```" in body


def test_one_may_ask_for_text(step: Step) -> None:
    """`--untrusted` does the same for anybody."""
    step.comment("--untrusted")

    assert DIGEST not in step.hub.bodies(5)[0]


def test_gitlab_speaks_its_own_language(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its CI's variables are enough."""
    monkeypatch.delenv("GITHUB_ACTIONS")
    for name, value in {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{step.hub.url}/api/v4",
        "CI_PROJECT_ID": REPOSITORY,
        "CI_MERGE_REQUEST_IID": "5",
        "CI_COMMIT_SHA": HEAD,
        "FLAMETREE_GITLAB_TOKEN": TOKEN,
    }.items():
        monkeypatch.setenv(name, value)
    ended = step.comment()

    assert ended.code == 0, ended.err
    assert len(step.hub.bodies(5)) == 1


def test_an_issue_is_opened_and_closed(step: Step) -> None:
    """With a report it is there, without drift it goes."""
    report = ("--report", str(step.folder / "plan.md"))
    opened, closed = step.cli("ci", "issue", *report), step.cli("ci", "issue", "--clean")

    assert (opened.code, closed.code) == (0, 0)
    assert [(one.open, one.title.partition(":")[0]) for one in step.hub.issues] == [(False, "Drift")]


def test_the_approved_digest_is_all_that_is_said(step: Step) -> None:
    """A shell takes it with `$(…)`; where there is none, the command leaves with 5."""
    step.comment()
    before = step.cli("ci", "approved", "c0ffee")
    step.hub.pulls[0].merged, step.hub.pulls[0].commits = True, ("c0ffee",)
    after = step.cli("ci", "approved", "c0ffee")

    assert (before.code, before.out) == (5, "")
    assert (after.code, after.out) == (0, f"{DIGEST}\n")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("ci", "comment"), 64),
        (("ci", "comment", "--report", "none.md"), 1),
        (("ci", "comment", "--report", "plan.md", "--skip-empty"), 64),
        (("ci", "comment", "--report", "plan.md", "--set", "a b"), 64),
        (("ci", "comment", "--report", "plan.md", "--set", "-->"), 64),
        (("ci", "comment", "--report", "plan.md", "--api-url", "http://elsewhere.example"), 64),
        (("ci", "comment", "--report", "plan.md", "--repository", "nobody"), 64),
        (("ci", "comment", "--report", "plan.md", "--number", "0"), 64),
        (("ci", "comment", "--report", "plan.md", "--number", "99"), 1),
        (("ci", "issue"), 64),
        (("ci", "issue", "--clean", "--report", "plan.md"), 64),
    ],
)
def test_what_is_wrong_has_its_code(
    step: Step, monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...], code: int
) -> None:
    """Wrong usage is 64, what cannot be done is 1; nothing is posted."""
    monkeypatch.chdir(step.folder)
    ended = step.cli(*typed)

    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
    assert step.hub.methods == []


def test_a_token_that_is_not_let_in_is_10_and_unseen(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server repeats it in its answer; no stream shows it, with --debug neither."""
    wrong = "ghs_wrongCANARY0123456789wrong"
    monkeypatch.setenv("GITHUB_TOKEN", wrong)
    ended = [step.comment(*more) for more in ((), ("--debug",), ("--format", "json"))]

    assert [one.code for one in ended] == [10, 10, 10]
    assert "Bad credentials" in ended[0].err
    assert not any(wrong in one.out + one.err for one in ended)


def test_no_token_is_10(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which variable is missing."""
    monkeypatch.setenv("GITHUB_TOKEN", "")
    ended = step.comment()

    assert ended.code == 10
    assert "GITHUB_TOKEN" in ended.err


def test_a_forge_that_is_down_is_1(step: Step) -> None:
    """After some attempts, with a diagnostic and without a word of the retries' own log."""
    step.hub.faults.append(Fault(status=404, path="pulls", times=-1))
    ended = step.comment()

    assert ended.code == 1
    assert "error[forge-not-found]" in ended.err
    assert "stamina" not in ended.err


def test_retries_are_not_heard(step: Step, caplog: pytest.LogCaptureFixture) -> None:
    """A fault that passes leaves no trace."""
    step.hub.faults.append(Fault(status=500))
    ended = step.comment()

    assert (ended.code, ended.err) == (0, "")
    assert [one for one in caplog.records if one.name == "stamina"] == []


def test_nobody_elses_comment_is_touched(step: Step) -> None:
    """A marker that somebody copied is left alone."""
    fake = step.hub.comment(5, "mallory", f"<!-- flametree-cfg plan set=tenants head={HEAD} digest={DIGEST} -->\nfake")
    step.comment()

    assert fake.body.endswith("fake")
    assert [one.author for one in step.hub.comments[5]] == ["mallory", ME]
