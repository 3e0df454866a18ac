"""What is to be checked, and what became of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from flametree_cfg.model import Health, Hiding


class Finding(enum.StrEnum):
    """Why a check ended as it did; stable for ever, for machines."""

    OK = "ok"
    NEVER = "never-checked"
    NOT_ASKED = "not-asked"
    NO_SDK = "extra-missing"
    SEALED = "secrets-sealed"
    INCOMPLETE = "settings-missing"
    UNFIT = "settings-unfit"
    FORBIDDEN = "address-refused"
    UNKNOWN_HOST = "unknown-host"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    BROKEN = "connection-broke"
    TIMEOUT = "timeout"
    TOO_LARGE = "answer-too-large"
    UNREADABLE = "answer-not-understood"
    REDIRECTED = "redirected"
    DENIED = "denied"
    MISSING = "not-found"
    BUSY = "busy"
    FAILED = "failed"
    OURS = "check-failed"


class Request(Hiding, frozen=True):
    """
    One connector or channel to check.

    Attributes:
        subject: the address, as text; given back with the result.
        type: of the connector or channel; what `--endpoint TYPE=URL` names.
        check: the type's `x-check`; None where the type is never checked.
        settings: with resolved values in place of secrets; a secret that has none is left out.
        secrets: the values that no message may show.
        asked: somebody asked for this very check; what is `on_request` is only then made.
    """

    never_shown = frozenset({"secrets", "settings"})

    subject: str
    type: str
    check: Mapping[str, Any] | None
    settings: Mapping[str, Any]
    secrets: tuple[str, ...] = ()
    asked: bool = False


class Verdict(Hiding, frozen=True):
    """What one call showed; the sentence is raw, as it may quote the provider."""

    never_shown = frozenset({"sentence"})

    health: Health
    finding: Finding
    sentence: str


class Result(Struct, frozen=True):
    """
    What a check found.

    Attributes:
        subject: of the request.
        health: as the portal's dot; not checked where no call was made.
        finding: the reason, for machines.
        message: one line for a person: at most 200 characters, none of them a control character, no secret.
        duration_s: seconds the check took, without the time it queued.
    """

    subject: str
    health: Health
    finding: Finding
    message: str
    duration_s: float = 0.0


class NoCall(Exception):
    """The call is not made: the reason is a verdict, and shows no secret once it is worded."""

    def __init__(self, finding: Finding, sentence: str) -> None:
        super().__init__(finding.value)
        self.verdict = Verdict(Health.NOT_CHECKED, finding, sentence)


class Unwell(Exception):
    """The other side did not do what it should: the reason is a verdict."""

    def __init__(self, finding: Finding, sentence: str) -> None:
        super().__init__(finding.value)
        self.verdict = Verdict(Health.UNHEALTHY, finding, sentence)


def forbidden(sentence: str) -> NoCall:
    """Refuse an address."""
    return NoCall(Finding.FORBIDDEN, sentence)


def unfit(sentence: str) -> NoCall:
    """Refuse settings that no HTTP call can be made of."""
    return NoCall(Finding.UNFIT, sentence)
