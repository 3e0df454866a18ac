"""What to tell a person when GitHub or GitLab lets us down; one function per situation."""

from __future__ import annotations

from flametree_cfg.errors import AccessDenied, Diagnostic, ExitCode, FlametreeError, WrongUsage, error

SAID_SHOWN = 200  # characters: of what the other side said


class ForgeFailed(FlametreeError):
    """GitHub or GitLab could not be asked, or said no."""


class Passing(ForgeFailed):
    """
    It may go better in a moment, and nothing was done.

    Attributes:
        wait_s: how long we were asked to wait; None where nothing was said.
    """

    def __init__(self, problem: Diagnostic, wait_s: float | None = None) -> None:
        super().__init__(problem)
        self.wait_s = wait_s


class InDoubt(ForgeFailed):
    """Whether something was written is not known: look again before writing it again."""


class Gone(ForgeFailed):
    """What was to be edited is not there any more."""


class NotApproved(FlametreeError):
    """No plan of this commit was approved."""

    exit_code = ExitCode.REFUSED


def unreachable(host: str, reason: str) -> Diagnostic:
    """Say that no answer came."""
    return error(
        "forge-unreachable",
        "The forge does not answer",
        f"{host}: {reason}",
        "run the command again; if it stays so, check the network and --api-url",
    )


def failing(host: str, what: str, status: int) -> Diagnostic:
    """Say that the other side has a fault."""
    return error(
        "forge-failed", "The forge failed", f"{host} answered {status} to {what}", "run the command again later"
    )


def busy(host: str, wait_s: float | None) -> Diagnostic:
    """Say that we asked too often."""
    asked = "" if wait_s is None else f" and asks to wait {wait_s:.0f} s"
    return error(
        "forge-busy", "The forge limits how often it is asked", f"{host} says so{asked}", "run the command again then"
    )


def denied(host: str, what: str, status: int, said: str) -> AccessDenied:
    """Say that the token is not good enough."""
    return AccessDenied(
        error(
            "forge-denied",
            "The forge does not let this token in",
            f"{host} answered {status} to {what}{_quoted(said)}",
            "GitHub: `permissions:` of the job needs pull-requests: write (comments) or issues: write (issues); "
            "GitLab: the token needs the scope `api`",
        )
    )


def missing(host: str, what: str) -> ForgeFailed:
    """Say that there is no such thing, or that the token must not know of it."""
    return ForgeFailed(
        error(
            "forge-not-found",
            "The forge knows no such thing",
            f"{host} answered 404 to {what}",
            "check --repository and --number; a token that may not see something is told that it is not there",
        )
    )


def gone(host: str, what: str) -> Gone:
    """Say that somebody deleted it meanwhile."""
    return Gone(error("forge-not-found", "The forge knows no such thing", f"{host} answered 404 to {what}", "again"))


def refused(host: str, what: str, status: int, said: str) -> ForgeFailed:
    """Say that the other side did not take what was sent."""
    return ForgeFailed(
        error(
            "forge-refused",
            "The forge refuses",
            f"{host} answered {status} to {what}{_quoted(said)}",
            "check --repository and --number",
        )
    )


def elsewhere(host: str, what: str) -> ForgeFailed:
    """Say that we were sent to another host, where the token must not go."""
    return ForgeFailed(
        error(
            "forge-redirect",
            "The forge sends us elsewhere",
            f"{host} redirects {what} to another host, or without end; the token was not sent there",
            "give the API's real address with --api-url",
        )
    )


def not_understood(host: str, what: str) -> ForgeFailed:
    """Say that the answer is not what the API documents."""
    return ForgeFailed(
        error(
            "forge-answer",
            "The forge's answer is not understood",
            f"{host} answered {what} with something else than its API documents",
            "check --api-url: it has to be the API, not the web page (https://api.github.com, https://HOST/api/v4)",
        )
    )


def no_token(names: str) -> AccessDenied:
    """Say where the token has to be."""
    return AccessDenied(
        error("no-token", "There is no token for the forge", f"{names} is not set", "hand it to this step alone")
    )


def bad_token(name: str) -> AccessDenied:
    """Say that it cannot be a token; without showing it."""
    return AccessDenied(
        error("bad-token", "The token is no token", f"{name} holds spaces or other characters", "set it anew")
    )


def bad_address(url: str, reason: str) -> WrongUsage:
    """Say that a token is not sent there."""
    return WrongUsage(
        error("api-url", "The API's address cannot be used", f"{url}: {reason}", "give it as https://HOST/PATH")
    )


def unknown(what: str, how: str) -> WrongUsage:
    """Say what cannot be told from the environment."""
    return WrongUsage(error("forge-unknown", "It is not clear whom to tell", what, how))


def _quoted(said: str) -> str:
    text = " ".join(said.split())
    return f": {text[:SAID_SHOWN]}" if text else ""
