"""When to ask again, and after how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

from msgspec import Struct

from flametree_cfg.forge.failure import ForgeFailed, Passing

T = TypeVar("T")


class Patience(Struct, frozen=True):
    """
    How long and how often.

    Attributes:
        timeout_s: of one request, from its beginning to the last byte of the answer.
        attempts: of one request, and of one change that was in doubt.
        first_wait_s: before the second attempt; it doubles from then on, with jitter.
        longest_wait_s: what the other side may ask for; more than that is for the next run.
    """

    timeout_s: float = 15.0
    attempts: int = 4
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0


class Wait(Struct, frozen=True):
    """We are asked to wait, so many seconds if it was said."""

    seconds: float | None


def retried(act: Callable[[], T], patience: Patience, kinds: type[ForgeFailed] | tuple[type[ForgeFailed], ...]) -> T:
    """Do something until it goes well, or ends in another way than `kinds`, or patience is at its end."""
    import stamina
    from stamina.instrumentation import set_on_retry_hooks

    # Its log lines would go to stderr past our sink; the last failure is told, with its diagnostics.
    set_on_retry_hooks(())

    def again(problem: Exception) -> bool | float:
        if not isinstance(problem, kinds):
            return False
        wait_s = problem.wait_s if isinstance(problem, Passing) else None
        return True if wait_s is None else wait_s

    for attempt in stamina.retry_context(
        on=again,
        attempts=patience.attempts,
        timeout=None,
        wait_initial=patience.first_wait_s,
        wait_jitter=patience.first_wait_s,
        wait_max=patience.longest_wait_s,
    ):
        with attempt:
            return act()
    raise AssertionError("the last attempt returns or raises")


def wait_asked(status: int, headers: Mapping[str, str]) -> Wait | None:
    """
    Tell whether an answer asks us to come back later.

    GitHub says so with 403 too. Nothing is compared with our own clock: the answer carries its own date.

    Returns:
        None if it does not; no seconds where what it says makes no sense.

    Source: reliability.md H-02; docs.github.com, Rate limits for the REST API.
    """
    if status == 403 and "retry-after" not in headers and headers.get("x-ratelimit-remaining") != "0":
        return None
    if status not in (403, 429, 503) or (status == 503 and "retry-after" not in headers):
        return None
    said = headers.get("retry-after", "")
    if said.isascii() and said.isdigit():
        return Wait(float(said[:12]))
    until = _seconds(said)
    if until is None and headers.get("x-ratelimit-remaining") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        until = float(reset[:12]) if reset.isascii() and reset.isdigit() else None
    now = _seconds(headers.get("date", ""))
    return Wait(max(0.0, until - now) if until is not None and now is not None else None)


def _seconds(date: str) -> float | None:
    """Read an HTTP date as seconds since 1970."""
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None
