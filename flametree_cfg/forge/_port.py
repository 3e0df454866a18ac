"""The door to a forge: what GitHub and GitLab both can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from flametree_cfg.forge.retrying import Patience


class Note(Struct, frozen=True):
    """A comment, or an issue by its first text; `place` is its page, empty where it is not told."""

    id: int
    author: str
    body: str
    place: str = ""


class PullRequest(Struct, frozen=True):
    """
    A pull request, or what GitLab calls a merge request.

    Attributes:
        head: the commit that is asked to be merged.
        base: the branch it goes to.
        foreign: whether it comes from another repository.
        merged: whether it was.
    """

    number: int
    head: str
    base: str
    foreign: bool
    merged: bool = False


class Forge(Protocol):
    """What `ci` needs of a forge; one contract suite in tests runs over both."""

    @property
    def patience(self) -> Patience:
        """How long and how often it is asked."""
        ...

    def whoami(self) -> str:
        """Name the author of what this token writes."""
        ...

    def pull_request(self, number: int) -> PullRequest:
        """Look one up."""
        ...

    def pull_requests_from(self, owner: str, branch: str) -> Iterator[PullRequest]:
        """List the open ones that come from a branch of somebody's repository."""
        ...

    def pull_requests_of(self, commit: str) -> Iterator[PullRequest]:
        """List those that brought a commit."""
        ...

    def comments(self, number: int) -> Iterator[Note]:
        """List every comment on a pull request, whoever wrote it."""
        ...

    def add_comment(self, number: int, body: str) -> Note:
        """Write a comment; InDoubt where it may or may not be there now."""
        ...

    def edit_comment(self, number: int, comment: int, body: str) -> Note:
        """Change a comment; Gone where it is not there any more."""
        ...

    def delete_comment(self, number: int, comment: int) -> None:
        """Delete a comment; one that is gone already is no fault."""
        ...

    def issues(self, author: str) -> Iterator[Note]:
        """List the open issues of an author."""
        ...

    def add_issue(self, title: str, body: str) -> Note:
        """Open an issue."""
        ...

    def edit_issue(self, number: int, title: str, body: str) -> Note:
        """Change an open issue."""
        ...

    def close_issue(self, number: int, body: str) -> Note:
        """Close an issue, with other words."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
