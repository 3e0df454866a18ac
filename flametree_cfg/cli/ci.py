"""`ci`: tell a pull request or an issue what a run in CI found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode

if TYPE_CHECKING:
    from flametree_cfg.forge import Forge, Marker, PullRequest, Settled

_WORDS = {
    "created": "Posted {what}",
    "edited": "Edited {what}",
    "unchanged": "Left {what} as it is: it says the same already",
    "deleted": "Deleted {what}: nothing changes any more",
    "closed": "Closed {what}: nothing drifted",
    "nothing": "Nothing to say, and nothing was said before",
}


class _Name(click.ParamType[str]):
    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from flametree_cfg.forge import NAME

        if not re.fullmatch(NAME, value):
            self.fail(f"{value!r} is no name: letters, digits, `.`, `_` and `-`, at most 64.", param, ctx)
        return value


@click.group("ci", no_args_is_help=True)
def ci() -> None:
    """Tell a pull request or an issue what a run found. The token comes from GITHUB_TOKEN or GITLAB_TOKEN."""


def _where(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says whom to tell."""
    for option in reversed(
        (
            click.option(
                "--forge",
                "kind",
                type=click.Choice(("github", "gitlab")),
                show_envvar=True,
                help="Whose API.  [default: whose CI this is]",
            ),
            click.option(
                "--api-url",
                metavar="URL",
                show_envvar=True,
                help="Of the API.  [default: GITHUB_API_URL or CI_API_V4_URL]",
            ),
            click.option(
                "--repository",
                metavar="NAME",
                show_envvar=True,
                help="OWNER/NAME or a project's number.  [default: GITHUB_REPOSITORY or CI_PROJECT_ID]",
            ),
            click.option(
                "--set",
                "name",
                metavar="NAME",
                type=_Name(),
                default="tenants",
                show_envvar=True,
                help="Which set of tenants; each has one comment, one issue.",
            ),
        )
    ):
        function = option(function)
    return function


@ci.command("comment")
@common
@_where
@click.option("--report", "report", metavar="FILE", required=True, show_envvar=True, help="What to post; markdown.")
@click.option("--plan", "plan", metavar="FILE", show_envvar=True, help="The same plan as JSON: what is approved.")
@click.option("--number", type=click.IntRange(1), show_envvar=True, help="Of the pull request.  [default: the event's]")
@click.option("--head", metavar="COMMIT", show_envvar=True, help="That was planned.  [default: the event's]")
@click.option("--skip-empty", is_flag=True, show_envvar=True, help="No comment where the plan changes nothing.")
@click.option("--untrusted", is_flag=True, show_envvar=True, help="Show it as plain text, whoever made it.")
def comment(
    invocation: Invocation,
    *,
    kind: str | None,
    api_url: str | None,
    repository: str | None,
    name: str,
    report: str,
    plan: str | None,
    number: int | None,
    head: str | None,
    skip_empty: bool,
    untrusted: bool,
) -> ExitCode:
    """
    Have one comment with a plan on a pull request: posted, or edited in place.

    The pull request is the one of the event, not one that the report names. What comes from another repository is
    shown as plain text, and its digest is never approved.
    """
    from flametree_cfg import forge as forges

    if skip_empty and plan is None:
        raise click.UsageError("--skip-empty needs --plan, which says whether anything changes.")
    text = forges.read_report(report)
    facts = forges.read_facts(forges.read_report(plan, forges.FACTS_BYTES)) if plan else None
    told = forges.occasion()
    told = forges.Occasion(number or told.number, head or told.head, told.owner, told.branch)
    with _opened(invocation, kind, api_url, repository) as forge:
        pull = forges.find_pull_request(forge, told)
        if pull is None:
            return _say(
                invocation, "The pull request is closed or moved on; a newer run will speak", {"action": "stale"}
            )
        if facts is not None and facts.empty and skip_empty:
            done = forges.settle_comment(forge, pull.number, forges.Marker("plan", name), None)
        else:
            hostile = untrusted or pull.foreign
            digest = facts.digest if facts is not None and not hostile else ""
            marker = forges.Marker("plan", name, pull.head, digest)
            done = forges.settle_comment(forge, pull.number, marker, _text(marker, text, untrusted=hostile))
        return _settled(invocation, done, f"the comment on pull request {pull.number}", pull)


@ci.command("issue")
@common
@_where
@click.option("--report", "report", metavar="FILE", show_envvar=True, help="What was found; markdown.")
@click.option("--clean", is_flag=True, show_envvar=True, help="Nothing was found: close the issue.")
@click.option("--title", default="Drift: the platform is not as it was applied", show_envvar=True, help="Of the issue.")
def issue(
    invocation: Invocation,
    *,
    kind: str | None,
    api_url: str | None,
    repository: str | None,
    name: str,
    report: str | None,
    clean: bool,
    title: str,
) -> ExitCode:
    """Have one open issue with the drift that was found: opened or edited; --clean closes it."""
    from flametree_cfg import forge as forges

    if clean == (report is not None):
        raise click.UsageError("Give either --report FILE or --clean.")
    marker = forges.Marker("drift", name)
    text = None if report is None else forges.trusted_text(marker, forges.read_report(report))
    with _opened(invocation, kind, api_url, repository) as forge:
        done = forges.settle_issue(forge, marker, title, text)
        return _settled(invocation, done, f"issue {done.id}")


@ci.command("approved")
@common
@_where
@click.argument("commit", metavar="COMMIT")
def approved(
    invocation: Invocation,
    commit: str,
    *,
    kind: str | None,
    api_url: str | None,
    repository: str | None,
    name: str,
) -> ExitCode:
    """
    Say the digest of the plan that was shown on the pull request which brought COMMIT, for `apply --expect`.

    Leaves with 5 if there is none: the pull request came from another repository, or no plan was shown for the commit
    that was merged.
    """
    from flametree_cfg import forge as forges

    with _opened(invocation, kind, api_url, repository) as forge:
        digest, number = forges.approved_digest(forge, commit, name)
    return _say(invocation, digest, {"digest": digest, "number": number})


@contextmanager
def _opened(invocation: Invocation, kind: str | None, api_url: str | None, repository: str | None) -> Iterator[Forge]:
    from flametree_cfg import forge as forges

    door = forges.Door(kind or "", api_url or "", repository or "")
    token = forges.find_token(forges.find_kind(door))
    invocation.known.add(token)
    forge = forges.open_forge(door, token)
    try:
        yield forge
    finally:
        forge.close()


def _text(marker: Marker, report: str, *, untrusted: bool) -> str:
    from flametree_cfg import forge as forges

    return (forges.untrusted_text if untrusted else forges.trusted_text)(marker, report)


def _settled(invocation: Invocation, done: Settled, what: str, pull: PullRequest | None = None) -> ExitCode:
    facts = {"action": done.action, "id": done.id, "place": done.place}
    if pull is not None:
        facts["number"] = pull.number
    place = f": {done.place}" if done.place else ""
    return _say(invocation, _WORDS[done.action].format(what=what) + place, facts)


def _say(invocation: Invocation, sentence: str, facts: dict[str, Any]) -> ExitCode:
    from flametree_cfg.report import Document, Done

    invocation.show(Document.DONE, Done(sentence, facts))
    return ExitCode.OK
