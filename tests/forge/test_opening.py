"""Whom to tell, and as whom: taken from the environment, judged before a token is sent."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from flametree_cfg.errors import AccessDenied, WrongUsage, error
from flametree_cfg.forge import Door, Occasion, find_kind, find_pull_request, find_token, occasion, open_forge
from flametree_cfg.forge.failure import Passing
from flametree_cfg.forge.retrying import Patience, retried, wait_asked
from flametree_cfg.forge.wire import check_address
from tests.forge.conftest import IMPATIENT
from tests.forge.hub import REPOSITORY, TOKEN, Hub, Pull

HEAD = "a" * 40


@pytest.mark.parametrize(
    ("environment", "kind"), [({"GITHUB_ACTIONS": "true"}, "github"), ({"GITLAB_CI": "true"}, "gitlab")]
)
def test_the_ci_tells_the_forge(environment: dict[str, str], kind: str) -> None:
    """What was said on the command line wins."""
    assert find_kind(Door(), environment) == kind
    assert find_kind(Door("gitlab"), environment) == "gitlab"


def test_nobody_tells() -> None:
    """On somebody's own machine the forge has to be named."""
    with pytest.raises(WrongUsage):
        find_kind(Door(), {})


@pytest.mark.parametrize("value", [None, "", "with space", "with\nline", "with\x00null", "é"])
def test_what_is_no_token_is_refused_unseen(value: str | None) -> None:
    """Nothing that could break a header gets into one, and its text is not shown."""
    environment = {} if value is None else {"GITHUB_TOKEN": value}
    with pytest.raises(AccessDenied) as caught:
        find_token("github", environment)

    assert not value or value not in str(caught.value)


def test_gitlab_has_a_name_of_its_own() -> None:
    """Ours goes before the common one; a line ending of a file it was read from does not count."""
    assert find_token("gitlab", {"GITLAB_TOKEN": "a", "FLAMETREE_GITLAB_TOKEN": "b\n"}) == "b"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example",
        "http://127.0.0.1.example",
        "ftp://api.example",
        "https://",
        "https://user:pw@api.example",
        "https://api.example/?x=1",
        "https://api.example:port",
        "https://[::1",
        "nonsense",
    ],
)
def test_a_token_travels_by_https_only(url: str) -> None:
    """Only this machine itself is spoken to in clear; a password in an address is not shown."""
    with pytest.raises(WrongUsage) as caught:
        check_address(url)

    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("name", ["acme", "acme/", "/tenants", "acme/tenants/more", ""])
def test_a_repository_has_an_owner(name: str) -> None:
    """What is no OWNER/NAME is refused before anything is asked."""
    with pytest.raises(WrongUsage):
        open_forge(Door("github", "https://api.example", name), TOKEN, {})


def event(tmp_path: Path, document: object) -> dict[str, str]:
    """Write an event as GitHub does."""
    path = tmp_path / "event.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return {"GITHUB_EVENT_PATH": str(path)}


def test_events_tell_the_pull_request(tmp_path: Path) -> None:
    """A pull request's own event by number, the event after a run by commit and branch, GitLab by variables."""
    pull = {"pull_request": {"number": 5, "head": {"sha": HEAD}}}
    run = {"head_sha": HEAD, "head_branch": "change", "head_repository": {"owner": {"login": "mallory"}}}
    gitlab = {"CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": HEAD}

    assert occasion(event(tmp_path, pull)) == Occasion(5, HEAD)
    assert occasion(event(tmp_path, {"workflow_run": run})) == Occasion(0, HEAD, "mallory", "change")
    assert occasion(gitlab) == Occasion(7, HEAD)
    assert occasion({**gitlab, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "b"}) == Occasion(7, "b")


@pytest.mark.parametrize("document", ["", "no", "[]", '{"pull_request": 5}', '{"workflow_run": null}', "[" * 99_999])
def test_an_event_of_another_shape_tells_nothing(tmp_path: Path, document: str) -> None:
    """It is no crash; the number has to be given then."""
    assert occasion(event(tmp_path, document)) == Occasion()
    assert occasion({"GITHUB_EVENT_PATH": str(tmp_path / "none")}) == Occasion()


def test_a_pull_request_of_a_fork_is_found_by_its_commit(hub: Hub) -> None:
    """Another branch of that name, an older commit, another owner: none of them is it."""
    hub.pulls += [Pull(4, "b" * 40, owner="mallory"), Pull(5, HEAD, owner="mallory"), Pull(6, HEAD)]
    with contextlib.closing(open_forge(Door("github", hub.url, REPOSITORY, IMPATIENT), TOKEN, {})) as forge:
        found = find_pull_request(forge, Occasion(0, HEAD, "mallory", "change"))

        assert found is not None
        assert (found.number, found.foreign) == (5, True)
        assert find_pull_request(forge, Occasion(0, "c" * 40, "mallory", "change")) is None
        assert find_pull_request(forge, Occasion(6, "c" * 40)) is None
        with pytest.raises(WrongUsage):
            find_pull_request(forge, Occasion())


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"retry-after": "7"}, 7.0),
        (503, {"retry-after": "7"}, 7.0),
        (
            429,
            {"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            30.0,
        ),
        (429, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0),
        (429, {"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        (429, {"retry-after": "-3"}, None),
        (429, {"retry-after": "9" * 5000}, 999999999999.0),
        (429, {"retry-after": "\u0661"}, None),
        (
            403,
            {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": "1792567710",
                "date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            30.0,
        ),
    ],
)
def test_how_long_to_wait(status: int, headers: dict[str, str], seconds: float | None) -> None:
    """By seconds, by date against the answer's own date, by GitHub's reset; nonsense is no number."""
    wait = wait_asked(status, headers)

    assert wait is not None
    assert wait.seconds == seconds


def test_what_is_asked_for_is_what_is_waited() -> None:
    """An answer's own number goes before ours, which would keep this test for hours."""
    patience = Patience(attempts=2, first_wait_s=9999.0, longest_wait_s=9999.0)
    attempts = iter((Passing(error("a-code", "Busy"), wait_s=0.001), None))

    def act() -> str:
        problem = next(attempts)
        if problem is not None:
            raise problem
        return "done"

    assert retried(act, patience, Passing) == "done"


@pytest.mark.parametrize(
    ("status", "headers"), [(403, {}), (403, {"x-ratelimit-remaining": "9"}), (503, {}), (200, {})]
)
def test_when_not_to_wait(status: int, headers: dict[str, str]) -> None:
    """A refusal, and a server that is only broken, ask for no patience."""
    assert wait_asked(status, headers) is None
