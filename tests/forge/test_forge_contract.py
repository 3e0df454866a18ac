"""What GitHub and GitLab both have to do, asked of a server that speaks their APIs."""

from __future__ import annotations

import pytest

from flametree_cfg.errors import AccessDenied, FlametreeError
from flametree_cfg.forge import Forge, Marker, NotApproved, approved_digest, settle_comment, settle_issue
from flametree_cfg.forge.failure import ForgeFailed
from tests.forge.hub import ME, TOKEN, Fault, Hub, Pull, serving

HEAD = "a" * 40
DIGEST = "d" * 64
PLAN = Marker("plan", "tenants", HEAD)
DRIFT = Marker("drift", "tenants")


def text(words: str, marker: Marker = PLAN) -> str:
    """Make a text with a marker."""
    return f"{marker}\n{words}\n"


def test_first_comment_is_posted(forge: Forge, hub: Hub) -> None:
    """Where there is none yet, one is made."""
    done = settle_comment(forge, 5, PLAN, text("one"))

    assert done.action == "created"
    assert hub.bodies(5) == [text("one")]


def test_later_ones_edit_it(forge: Forge, hub: Hub) -> None:
    """There is never a second one; other sets of tenants have their own."""
    settle_comment(forge, 5, PLAN, text("one"))
    other = Marker("plan", "others")
    settle_comment(forge, 5, other, text("theirs", other))
    newer = Marker("plan", "tenants", "b" * 40, DIGEST)
    done = settle_comment(forge, 5, newer, text("two", newer))

    assert done.action == "edited"
    assert hub.bodies(5) == [text("two", newer), text("theirs", other)]


def test_the_same_words_are_not_sent_again(forge: Forge, hub: Hub) -> None:
    """Nobody is told that something was edited when nothing was; line endings and spaces at the end do not count."""
    hub.comment(5, ME, text("one").replace("\n", "\r\n").rstrip())
    done = settle_comment(forge, 5, PLAN, text("one"))

    assert done.action == "unchanged"
    assert hub.methods == []


def test_it_is_found_behind_many_others(forge: Forge, hub: Hub) -> None:
    """Comments are read page by page, to the end, without following links that lead elsewhere."""
    hub.most = 2
    for place in range(7):
        hub.comment(5, "somebody", f"{place}")
    hub.comment(5, ME, text("one"))
    done = settle_comment(forge, 5, PLAN, text("two"))

    assert done.action == "edited"
    assert len(hub.bodies(5)) == 8


def test_a_list_without_end_is_left(forge: Forge, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that always has one more page does not keep us for ever."""
    monkeypatch.setattr("flametree_cfg.forge.reading.MOST_PAGES", 3)
    hub.most = 1
    for place in range(5):
        hub.comment(5, "somebody", f"{place}")

    with pytest.raises(ForgeFailed):
        settle_comment(forge, 5, PLAN, text("two"))


def test_a_copied_marker_is_not_ours(forge: Forge, hub: Hub) -> None:
    """What somebody else wrote under our marker is never edited, nor taken for ours."""
    hub.comment(5, "mallory", text("fake"))
    done = settle_comment(forge, 5, PLAN, text("real"))

    assert done.action == "created"
    assert hub.bodies(5) == [text("fake"), text("real")]


def test_a_quoted_marker_is_none(forge: Forge, hub: Hub) -> None:
    """Only a first line counts: a report that quotes a marker does not become another comment."""
    hub.comment(5, ME, f"hello\n{text('quoted')}")

    assert settle_comment(forge, 5, PLAN, text("real")).action == "created"


def test_doubled_ones_become_one(forge: Forge, hub: Hub) -> None:
    """What two runs at once left behind is mended by the next."""
    hub.comment(5, ME, text("one"))
    hub.comment(5, ME, text("two"))
    settle_comment(forge, 5, PLAN, text("three"))

    assert hub.bodies(5) == [text("three")]


def test_it_goes_when_nothing_changes_any_more(forge: Forge, hub: Hub) -> None:
    """A plan that became empty takes its comment away; where there is none, nothing is done."""
    settle_comment(forge, 5, PLAN, text("one"))

    assert settle_comment(forge, 5, PLAN, None).action == "deleted"
    assert hub.bodies(5) == []
    assert settle_comment(forge, 5, PLAN, None).action == "nothing"


@pytest.mark.parametrize("kind", ["reset", "reset-after", "slow", "drip"])
def test_a_broken_connection_doubles_nothing(forge: Forge, hub: Hub, kind: str) -> None:
    """A comment that may or may not have been posted is looked for before it is posted again."""
    hub.faults.append(Fault(kind, method="POST", path="s/5/"))
    settle_comment(forge, 5, PLAN, text("one"))

    assert hub.bodies(5) == [text("one")]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_faults_pass(forge: Forge, hub: Hub, status: int) -> None:
    """A 5xx is asked again, wherever it happens."""
    hub.faults += [Fault(status=status, method="GET", path="s/5/"), Fault(status=status, method="POST", path="s/5/")]
    settle_comment(forge, 5, PLAN, text("one"))

    assert hub.bodies(5) == [text("one")]


def test_a_server_that_stays_broken_is_an_error(forge: Forge, hub: Hub) -> None:
    """After some attempts it is told, with what failed."""
    hub.faults.append(Fault(status=500, times=-1))

    with pytest.raises(ForgeFailed) as caught:
        settle_comment(forge, 5, PLAN, text("one"))
    assert caught.value.diagnostics[0].code == "forge-failed"
    assert len(hub.asked) == forge.patience.attempts


def test_a_server_that_never_answers_is_an_error(forge: Forge, hub: Hub) -> None:
    """Neither silence nor a slow drip keeps us longer than agreed."""
    hub.faults += [Fault("slow", times=2), Fault("drip", times=-1)]

    with pytest.raises(ForgeFailed) as caught:
        settle_comment(forge, 5, PLAN, text("one"))
    assert caught.value.diagnostics[0].code == "forge-unreachable"


@pytest.mark.parametrize("headers", [{"Retry-After": "0"}, {"Retry-After": "-5"}, {"Retry-After": "soon"}, {}], ids=str)
def test_a_limit_is_waited_for(forge: Forge, hub: Hub, headers: dict[str, str]) -> None:
    """429 is asked again after what it says, or after a moment where that makes no sense; it posts only once."""
    hub.faults += [Fault(status=429, headers=headers), Fault(status=429, headers=headers, method="POST", path="s/5/")]
    settle_comment(forge, 5, PLAN, text("one"))

    assert hub.bodies(5) == [text("one")]


def test_a_limit_that_is_too_long_is_an_error(forge: Forge, hub: Hub) -> None:
    """What would take longer than a step's patience is told at once, with how long."""
    hub.faults.append(Fault(status=429, headers={"Retry-After": "1000000000"}))

    with pytest.raises(ForgeFailed) as caught:
        settle_comment(forge, 5, PLAN, text("one"))
    assert caught.value.diagnostics[0].code == "forge-busy"
    assert "1000000000 s" in caught.value.diagnostics[0].detail
    assert len(hub.asked) == 1


def test_github_says_limit_with_403(forge: Forge, hub: Hub) -> None:
    """A 403 that speaks of a limit is one, and is no question of permission."""
    limited = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}
    hub.faults.append(Fault(status=403, headers=limited))

    assert settle_comment(forge, 5, PLAN, text("one")).action == "created"


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_may_not_is_told_at_once(forge: Forge, hub: Hub, status: int) -> None:
    """Asking again would not help; the answer's words are shown, cut short, never the token's owner's page."""
    hub.faults.append(Fault(status=status, body='{"message": "' + "x" * 5000 + '"}', times=-1))

    with pytest.raises(AccessDenied) as caught:
        settle_comment(forge, 5, PLAN, text("one"))
    assert len(caught.value.diagnostics[0].detail) < 400
    assert len(hub.asked) == 1


@pytest.mark.parametrize(("status", "code"), [(404, "forge-not-found"), (422, "forge-refused"), (400, "forge-refused")])
def test_what_is_wrong_is_told_at_once(forge: Forge, hub: Hub, status: int, code: str) -> None:
    """A wrong repository or number does not get right by asking again."""
    hub.faults.append(Fault(status=status, times=-1))

    with pytest.raises(ForgeFailed) as caught:
        forge.pull_request(5)
    assert [one.code for one in caught.value.diagnostics] == [code]
    assert len(hub.asked) == 1


def test_a_comment_that_was_deleted_meanwhile_is_made_anew(forge: Forge, hub: Hub) -> None:
    """Between looking and editing, somebody deletes it."""
    hub.comment(5, ME, text("one"))
    hub.faults += [Fault("forget", method=method, path="5") for method in ("PATCH", "PUT")]
    hub.faults += [Fault("forget", method="PATCH", path="comments")]
    done = settle_comment(forge, 5, PLAN, text("two"))

    assert done.action == "created"
    assert hub.bodies(5) == [text("two")]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_token_never_goes_elsewhere(forge: Forge, hub: Hub, status: int) -> None:
    """A redirect to another host, port or scheme is refused, and nothing is sent there."""
    with serving() as thief:
        hub.faults.append(Fault(status=status, headers={"Location": f"{thief.url}/steal"}, times=-1))
        with pytest.raises(ForgeFailed) as caught:
            settle_comment(forge, 5, PLAN, text("one"))

    assert thief.asked == []
    assert caught.value.diagnostics[0].code == "forge-redirect"
    assert TOKEN not in str(caught.value)


def test_a_renamed_repository_is_followed(forge: Forge, hub: Hub) -> None:
    """A redirect on the same host keeps method and body; one without end is refused."""
    places = {
        "GitHub": "/repos/acme/tenants/issues/6/comments",
        "GitLab": "/api/v4/projects/acme%2Ftenants/merge_requests/6/notes",
    }
    place = places[type(forge).__name__]
    hub.faults.append(Fault(status=307, headers={"Location": place}, method="POST", path="/5/"))
    forge.add_comment(5, "moved")
    hub.faults.append(Fault(status=301, headers={"Location": "/round"}, times=-1))

    assert hub.bodies(6) == ["moved"]
    with pytest.raises(ForgeFailed):
        forge.add_comment(5, "again")


@pytest.mark.parametrize("kind", ["garbage", "huge"])
def test_an_answer_that_is_none_is_an_error(forge: Forge, hub: Hub, kind: str) -> None:
    """A proxy's page, or something without end, is not taken for an answer."""
    hub.faults.append(Fault(kind, times=-1))

    with pytest.raises(ForgeFailed) as caught:
        list(forge.comments(5))
    assert caught.value.diagnostics[0].code in ("forge-answer", "forge-unreachable")


@pytest.mark.parametrize("body", ["{}", "[1]", '"x"', "null", "[{}]", '[{"id": true}]'])
def test_another_shape_is_an_error_or_nothing(forge: Forge, hub: Hub, body: str) -> None:
    """Whatever JSON comes back, it ends in a diagnostic or an empty list, never in a crash."""
    hub.faults.append(Fault(status=200, body=body, times=-1))
    try:
        found = list(forge.comments(5))
    except FlametreeError:
        found = []

    assert found == []


def test_drift_has_one_issue(forge: Forge, hub: Hub) -> None:
    """Opened, edited in place, closed when nothing is left, opened anew after that; nobody else's is touched."""
    hub.issue("mallory", text("fake", DRIFT))
    hub.issue(ME, "about something else")
    opened = settle_issue(forge, DRIFT, "Drift", text("one", DRIFT))
    edited = settle_issue(forge, DRIFT, "Drift", text("two", DRIFT))
    again = settle_issue(forge, DRIFT, "Drift", text("two", DRIFT))
    closed = settle_issue(forge, DRIFT, "Drift", None)
    nothing = settle_issue(forge, DRIFT, "Drift", None)
    anew = settle_issue(forge, DRIFT, "Drift", text("three", DRIFT))

    done = [one.action for one in (opened, edited, again, closed, nothing, anew)]
    assert done == ["created", "edited", "unchanged", "closed", "nothing", "created"]
    assert opened.id == edited.id == closed.id != anew.id
    assert [one.open for one in hub.issues] == [True, True, False, True]
    assert hub.issues[0].body == text("fake", DRIFT)


@pytest.mark.parametrize("kind", ["reset-after", "slow"])
def test_an_issue_is_not_doubled(forge: Forge, hub: Hub, kind: str) -> None:
    """An issue that may have been opened is looked for first."""
    hub.faults.append(Fault(kind, method="POST", path="/issues"))
    settle_issue(forge, DRIFT, "Drift", text("one", DRIFT))

    assert [one.body for one in hub.issues] == [text("one", DRIFT)]


def approve(hub: Hub, pull: Pull, marker: Marker, author: str = ME) -> None:
    """Put a plan on a pull request."""
    hub.pulls.append(pull)
    hub.comment(pull.number, author, text("plan", marker))


def test_the_approved_digest_is_that_of_the_merged_commit(forge: Forge, hub: Hub) -> None:
    """A merged pull request of this repository, our comment, the commit that was merged: then it counts."""
    approve(hub, Pull(5, HEAD, merged=True, commits=("c0ffee",)), Marker("plan", "tenants", HEAD, DIGEST))

    assert approved_digest(forge, "c0ffee", "tenants") == (DIGEST, 5)


@pytest.mark.parametrize(
    ("pull", "marker", "author"),
    [
        (Pull(5, HEAD, merged=True, commits=("c0ffee",)), Marker("plan", "tenants", "b" * 40, DIGEST), ME),
        (Pull(5, HEAD, merged=True, commits=("c0ffee",)), Marker("plan", "tenants", HEAD), ME),
        (Pull(5, HEAD, merged=True, commits=("c0ffee",)), Marker("plan", "others", HEAD, DIGEST), ME),
        (Pull(5, HEAD, merged=True, commits=("c0ffee",)), Marker("drift", "tenants", HEAD, DIGEST), ME),
        (Pull(5, HEAD, merged=True, commits=("c0ffee",)), Marker("plan", "tenants", HEAD, DIGEST), "mallory"),
        (Pull(5, HEAD, merged=False, commits=("c0ffee",)), Marker("plan", "tenants", HEAD, DIGEST), ME),
        (Pull(5, HEAD, merged=True, owner="mallory", commits=("c0ffee",)), Marker("plan", "tenants", HEAD, DIGEST), ME),
        (Pull(5, HEAD, merged=True, commits=("bad",)), Marker("plan", "tenants", HEAD, DIGEST), ME),
    ],
    ids=["older-commit", "no-digest", "other-set", "other-kind", "other-author", "not-merged", "fork", "other-commit"],
)
def test_nothing_else_counts_as_approved(forge: Forge, hub: Hub, pull: Pull, marker: Marker, author: str) -> None:
    """Each thing that has to hold is missing once."""
    approve(hub, pull, marker, author)

    with pytest.raises(NotApproved):
        approved_digest(forge, "c0ffee", "tenants")
