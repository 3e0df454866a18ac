"""GitLab's REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from flametree_cfg.forge import failure, reading
from flametree_cfg.forge._port import Note, PullRequest
from flametree_cfg.forge.retrying import Patience
from flametree_cfg.forge.wire import Wire

API = "https://gitlab.com/api/v4"
PER_PAGE = 100


class GitLab:
    """
    One project on GitLab.

    Args:
        project: its number, or `GROUP/NAME`.
        token: a project access token with the scope `api`; the token of a job may not write comments.
        api: `https://HOST/api/v4`.
        patience: how long and how often.
    """

    def __init__(self, project: str, token: str, api: str = API, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._project = f"/projects/{quote(project, safe='')}"
        self._wire = Wire(api, {"PRIVATE-TOKEN": token}, self.patience)

    def close(self) -> None:
        """Let go of connections."""
        self._wire.close()

    def whoami(self) -> str:
        """Name the author of what this token writes."""
        name = reading.text(self._wire.send("GET", "/user").body, "username")
        if not name:
            raise failure.not_understood(self._wire.host, "GET /user")
        return name

    def pull_request(self, number: int) -> PullRequest:
        """Look one up."""
        return self._merge(self._wire.send("GET", f"{self._project}/merge_requests/{number}").body)

    def pull_requests_from(self, owner: str, branch: str) -> Iterator[PullRequest]:  # noqa: ARG002  # GitHub needs the owner
        """List the open ones that come from a branch."""
        for one in self._pages(f"{self._project}/merge_requests", {"state": "opened", "source_branch": branch}):
            yield self._merge(one)

    def pull_requests_of(self, commit: str) -> Iterator[PullRequest]:
        """List those that brought a commit."""
        path = f"{self._project}/repository/commits/{quote(commit, safe='')}/merge_requests"
        for one in self._pages(path, {}):
            yield self._merge(one)

    def comments(self, number: int) -> Iterator[Note]:
        """List every comment on a merge request, whoever wrote it."""
        for one in self._pages(f"{self._project}/merge_requests/{number}/notes", {"sort": "asc"}):
            if not one.get("system"):
                yield self._note(one)

    def add_comment(self, number: int, body: str) -> Note:
        """Write a comment; InDoubt where it may or may not be there now."""
        path = f"{self._project}/merge_requests/{number}/notes"
        return self._note(self._wire.send("POST", path, body={"body": body}, repeatable=False).body)

    def edit_comment(self, number: int, comment: int, body: str) -> Note:
        """Change a comment; Gone where it is not there any more."""
        path = f"{self._project}/merge_requests/{number}/notes/{comment}"
        return self._note(self._wire.send("PUT", path, body={"body": body}).body)

    def delete_comment(self, number: int, comment: int) -> None:
        """Delete a comment; one that is gone already is no fault."""
        with suppress(failure.Gone):
            self._wire.send("DELETE", f"{self._project}/merge_requests/{number}/notes/{comment}")

    def issues(self, author: str) -> Iterator[Note]:
        """List the open issues of an author."""
        for one in self._pages(f"{self._project}/issues", {"state": "opened", "author_username": author}):
            yield self._issue(one)

    def add_issue(self, title: str, body: str) -> Note:
        """Open an issue."""
        sent = {"title": title, "description": body}
        return self._issue(self._wire.send("POST", f"{self._project}/issues", body=sent, repeatable=False).body)

    def edit_issue(self, number: int, title: str, body: str) -> Note:
        """Change an open issue."""
        return self._put(number, {"title": title, "description": body})

    def close_issue(self, number: int, body: str) -> Note:
        """Close an issue, with other words."""
        return self._put(number, {"description": body, "state_event": "close"})

    def _put(self, number: int, sent: Mapping[str, str]) -> Note:
        return self._issue(self._wire.send("PUT", f"{self._project}/issues/{number}", body=sent).body)

    def _pages(self, path: str, params: Mapping[str, str | int]) -> Iterator[Mapping[str, Any]]:
        return reading.pages(self._wire, path, {**params, "per_page": PER_PAGE})

    def _merge(self, one: Any) -> PullRequest:
        ours, theirs = (reading.at(one, key) for key in ("target_project_id", "source_project_id"))
        return PullRequest(
            number=self._number(one, "iid"),
            head=reading.text(one, "sha"),
            base=reading.text(one, "target_branch"),
            foreign=ours is None or ours != theirs,
            merged=reading.at(one, "state") == "merged",
        )

    def _note(self, one: Any) -> Note:
        return Note(self._number(one, "id"), reading.text(one, "author", "username"), reading.text(one, "body"))

    def _issue(self, one: Any) -> Note:
        author, body, place = (
            reading.text(one, *path) for path in (("author", "username"), ("description",), ("web_url",))
        )
        return Note(self._number(one, "iid"), author, body, place)

    def _number(self, one: Any, key: str) -> int:
        return reading.number(one, key, self._wire.host)
