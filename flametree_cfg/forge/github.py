"""GitHub's REST API, and one question of its GraphQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from flametree_cfg.forge import failure, reading
from flametree_cfg.forge._port import Note, PullRequest
from flametree_cfg.forge.retrying import Patience
from flametree_cfg.forge.wire import Wire

API = "https://api.github.com"
PER_PAGE = 100


class GitHub:
    """
    One repository on GitHub.

    Args:
        repository: `OWNER/NAME`.
        token: of a workflow (`GITHUB_TOKEN`), an app or a person.
        api: `https://api.github.com` or `https://HOST/api/v3`.
        patience: how long and how often.
    """

    def __init__(self, repository: str, token: str, api: str = API, patience: Patience | None = None) -> None:
        owner, slash, name = repository.partition("/")
        if not (owner and slash and name) or "/" in name:
            raise failure.unknown(f"{repository!r} is no OWNER/NAME", "give --repository OWNER/NAME")
        self.patience = patience or Patience()
        self.repository = repository.casefold()
        self._repo = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
        self._wire = Wire(
            api,
            {
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            self.patience,
        )

    def close(self) -> None:
        """Let go of connections."""
        self._wire.close()

    def whoami(self) -> str:
        """
        Name the author of what this token writes.

        `GET /user` is closed to the tokens of workflows and apps; GraphQL's `viewer` answers them all.
        """
        base = self._wire.base
        url = f"{base.removesuffix('/v3')}/graphql"
        answer = self._wire.send("POST", url, body={"query": "query { viewer { login } }"})
        login = reading.at(answer.body, "data", "viewer", "login")
        if not isinstance(login, str) or not login:
            raise failure.not_understood(self._wire.host, "POST /graphql")
        return login

    def pull_request(self, number: int) -> PullRequest:
        """Look one up."""
        return self._pull(self._wire.send("GET", f"{self._repo}/pulls/{number}").body)

    def pull_requests_from(self, owner: str, branch: str) -> Iterator[PullRequest]:
        """List the open ones that come from a branch of somebody's repository."""
        for one in self._pages(f"{self._repo}/pulls", {"state": "open", "head": f"{owner}:{branch}"}):
            yield self._pull(one)

    def pull_requests_of(self, commit: str) -> Iterator[PullRequest]:
        """List those that brought a commit."""
        for one in self._pages(f"{self._repo}/commits/{quote(commit, safe='')}/pulls", {}):
            yield self._pull(one)

    def comments(self, number: int) -> Iterator[Note]:
        """List every comment on a pull request, whoever wrote it."""
        for one in self._pages(f"{self._repo}/issues/{number}/comments", {}):
            yield self._note(one)

    def add_comment(self, number: int, body: str) -> Note:
        """Write a comment; InDoubt where it may or may not be there now."""
        path = f"{self._repo}/issues/{number}/comments"
        return self._note(self._wire.send("POST", path, body={"body": body}, repeatable=False).body)

    def edit_comment(self, number: int, comment: int, body: str) -> Note:  # noqa: ARG002  # GitLab needs the number
        """Change a comment; Gone where it is not there any more."""
        return self._note(self._wire.send("PATCH", f"{self._repo}/issues/comments/{comment}", body={"body": body}).body)

    def delete_comment(self, number: int, comment: int) -> None:  # noqa: ARG002  # GitLab needs the number
        """Delete a comment; one that is gone already is no fault."""
        with suppress(failure.Gone):
            self._wire.send("DELETE", f"{self._repo}/issues/comments/{comment}")

    def issues(self, author: str) -> Iterator[Note]:
        """List the open issues of an author."""
        for one in self._pages(f"{self._repo}/issues", {"state": "open", "creator": author}):
            if "pull_request" not in one:
                yield self._issue(one)

    def add_issue(self, title: str, body: str) -> Note:
        """Open an issue."""
        sent = {"title": title, "body": body}
        return self._issue(self._wire.send("POST", f"{self._repo}/issues", body=sent, repeatable=False).body)

    def edit_issue(self, number: int, title: str, body: str) -> Note:
        """Change an open issue."""
        return self._patched(number, {"title": title, "body": body})

    def close_issue(self, number: int, body: str) -> Note:
        """Close an issue, with other words."""
        return self._patched(number, {"body": body, "state": "closed", "state_reason": "completed"})

    def _patched(self, number: int, sent: Mapping[str, str]) -> Note:
        return self._issue(self._wire.send("PATCH", f"{self._repo}/issues/{number}", body=sent).body)

    def _pages(self, path: str, params: Mapping[str, str | int]) -> Iterator[Mapping[str, Any]]:
        return reading.pages(self._wire, path, {**params, "per_page": PER_PAGE})

    def _pull(self, one: Any) -> PullRequest:
        # A fork that was deleted has no repository any more; it was not ours.
        origin = reading.at(one, "head", "repo", "full_name")
        ours = isinstance(origin, str) and origin.casefold() == self.repository
        return PullRequest(
            number=self._number(one, "number"),
            head=reading.text(one, "head", "sha"),
            base=reading.text(one, "base", "ref"),
            foreign=not ours,
            merged=bool(reading.at(one, "merged_at")),
        )

    def _note(self, one: Any) -> Note:
        author, body, place = (reading.text(one, *path) for path in (("user", "login"), ("body",), ("html_url",)))
        return Note(self._number(one, "id"), author, body, place)

    def _issue(self, one: Any) -> Note:
        author, body, place = (reading.text(one, *path) for path in (("user", "login"), ("body",), ("html_url",)))
        return Note(self._number(one, "number"), author, body, place)

    def _number(self, one: Any, key: str) -> int:
        return reading.number(one, key, self._wire.host)
