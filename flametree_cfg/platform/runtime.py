"""
Who makes channels and agents really start and stop.

The embedded registry keeps what is wanted and what is; a `Runtime` is asked to bring one to the other. The two here run
nothing: `Unverified` takes the registry's word, `Verifying` checks each channel against its provider. One that runs
channels, in threads, processes or on another machine, is a class with the same two methods, handed to
`EmbeddedPlatform` as `runtime`; nothing else changes, since status, messages, logs and waits are the registry's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from flametree_cfg.model import Health, Hiding, LiveObject, Status

if TYPE_CHECKING:
    from flametree_cfg.platform.verification import Verification
    from flametree_cfg.probe import Request, Result

NOT_VERIFIED = "not verified"
VERIFIED = "verified"


class Subject(Hiding, frozen=True):
    """
    A channel or an agent that starts or stops.

    Attributes:
        live: as the platform reports it, secrets masked.
        channels: what lives with an agent (SIP, Twilio; domain.md R19) and starts and stops with it.
        requests: of a channel its own, of an agent those of its channels; their subject is the channel's id. Their
            settings hold the secrets' values, to run or to check with, never to keep or to show.
        unready: why some of these cannot be run or checked here.
    """

    never_shown = frozenset({"requests"})

    live: LiveObject
    channels: tuple[LiveObject, ...] = ()
    requests: tuple[Request, ...] = ()
    unready: tuple[Result, ...] = ()


class Verdict(Struct, frozen=True):
    """
    What became of one subject.

    Attributes:
        id: the platform's, of the subject.
        status: RUNNING or STOPPED; ERROR; STARTING or STOPPING where it takes longer than there was time.
        message: one line for a person, as the portal shows it on hover and the log keeps it; no secret.
        duration_s: seconds it took.
    """

    id: str
    status: Status
    message: str = ""
    duration_s: float = 0.0


class Runtime(Protocol):
    """
    What brings channels and agents up and down; asked outside every transaction, and again after a crash.

    Both methods may be called twice for the same subject, also by two processes: what runs already is running.
    """

    @property
    def looks(self) -> bool:
        """Whether it looks at its subjects; otherwise no secret is opened, and it is told their kind and id alone."""
        ...

    def start(self, subjects: Sequence[Subject], deadline_s: float) -> Sequence[Verdict]:
        """
        Start what can be started, several at once.

        Args:
            subjects: all STARTING.
            deadline_s: seconds to give up after; what is not up by then stays STARTING and is asked for again.

        Returns:
            One verdict for each subject, in their order; never raises for what the other side does.
        """
        ...

    def stop(self, subjects: Sequence[Subject], deadline_s: float) -> Sequence[Verdict]:
        """Stop them; as `start`, with STOPPING and STOPPED."""
        ...


class Unverified:
    """Runs nothing and checks nothing: what is to run counts as running, and says that nobody verified it."""

    looks = False

    def start(self, subjects: Sequence[Subject], deadline_s: float) -> Sequence[Verdict]:  # noqa: ARG002
        """Say that all run."""
        return [Verdict(one.live.id, Status.RUNNING, NOT_VERIFIED) for one in subjects]

    def stop(self, subjects: Sequence[Subject], deadline_s: float) -> Sequence[Verdict]:  # noqa: ARG002
        """Say that all stopped."""
        return [Verdict(one.live.id, Status.STOPPED) for one in subjects]


class Verifying:
    """
    Runs nothing, but makes each channel's connection check: one that its provider refuses is in ERROR.

    Args:
        verification: makes the calls, bounded in number and in time.
    """

    looks = True

    def __init__(self, verification: Verification) -> None:
        self._verification = verification

    def start(self, subjects: Sequence[Subject], deadline_s: float) -> Sequence[Verdict]:
        """Check all of them at once, each channel once."""
        requests = {request.subject: request for one in subjects for request in one.requests}
        results = self._results(tuple(requests.values()), deadline_s) if requests else {}
        return [_judged(one, results) for one in subjects]

    def stop(self, subjects: Sequence[Subject], deadline_s: float) -> Sequence[Verdict]:
        """Nothing runs, so all have stopped."""
        return Unverified().stop(subjects, deadline_s)

    def _results(self, requests: Sequence[Request], deadline_s: float) -> dict[str, Result]:
        """Make the calls; what has no result by the deadline is left out."""
        import asyncio

        from flametree_cfg.probe import make_policy, probe_all
        from flametree_cfg.probe.checking import in_a_loop

        chosen = self._verification
        policy = make_policy(chosen.allow_address, chosen.endpoint, chosen.authorities)
        found: dict[str, Result] = {}

        async def check() -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    await probe_all(requests, policy, chosen.limits, told=lambda one: found.update({one.subject: one}))

        in_a_loop(check)
        return found


def _judged(subject: Subject, results: Mapping[str, Result]) -> Verdict:
    platform_id = subject.live.id
    if any(request.subject not in results for request in subject.requests):
        return Verdict(platform_id, Status.STARTING, "its provider has not answered yet")
    found = [results[request.subject] for request in subject.requests] + list(subject.unready)
    if not found:
        return Verdict(platform_id, Status.RUNNING, f"{NOT_VERIFIED}: it has no connection of its own")
    took = max(one.duration_s for one in found)
    said = {one.subject: _said(subject, one) for one in found}
    bad = [said[one.subject] for one in found if one.health is Health.UNHEALTHY]
    if bad:
        return Verdict(platform_id, Status.ERROR, "; ".join(bad), took)
    unknown = [said[one.subject] for one in found if one.health is Health.NOT_CHECKED]
    message = f"{NOT_VERIFIED}: {'; '.join(unknown)}" if unknown else VERIFIED
    return Verdict(platform_id, Status.RUNNING, message, took)


def _said(subject: Subject, result: Result) -> str:
    names = (str(one.fields.get("name")) for one in subject.channels if one.id == result.subject)
    name = next(names, "")
    return f'channel "{name}": {result.message}' if name else result.message
