"""Tell from an answer whether the service is well, in words a person understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flametree_cfg.model import Health
from flametree_cfg.probe.answer import LARGEST, Answer, TooLarge, Unreadable
from flametree_cfg.probe.result import Finding, Verdict

# Where APIs put what went wrong, beside the place the type names.
_USUAL = ("/error/message", "/error", "/message", "/detail", "/error_description", "/errors/0/message", "/description")

_MEANINGS: dict[int, tuple[Finding, str]] = {
    400: (Finding.FAILED, "it does not take the call"),
    401: (Finding.DENIED, "the key is not accepted"),
    402: (Finding.DENIED, "it wants to be paid"),
    403: (Finding.DENIED, "the key may not do this"),
    404: (Finding.MISSING, "there is nothing at this address, or nothing of this name"),
    429: (Finding.BUSY, "it was asked too often, or the quota is used up"),
}
_NOTHING = object()


def judge(check: Mapping[str, Any], answer: Answer, where: str) -> Verdict:
    """
    Compare an answer with what the type calls healthy.

    Every API we check answers in JSON: a page of a proxy or of a wrong address is not health, whatever its status.

    Args:
        check: the type's `x-check`.
        answer: may be of anybody.
        where: host, as a person reads it.
    """
    healthy = check["healthy"]
    if answer.status not in healthy["status"]:
        return said_no(answer, where, check.get("message"))
    equals, has = healthy.get("equals", {}), healthy.get("has", [])
    if answer.streams and not equals:
        return Verdict(Health.HEALTHY, Finding.OK, f"{where} answered {answer.status}")
    try:
        body = answer.json()
    except TooLarge:
        return _unhealthy(
            Finding.TOO_LARGE, f"{where} answered {answer.status} with more than {LARGEST >> 10} KB, so no API did"
        )
    except Unreadable:
        return _unhealthy(
            Finding.UNREADABLE,
            f"{where} answered {answer.status} with something that is not JSON: is this the address of the API?",
        )
    wrong = [pointer for pointer, expected in equals.items() if not _same(_at(body, pointer), expected)]
    wrong += [pointer for pointer in has if _at(body, pointer) is _NOTHING]
    if wrong:
        said = _said(body, check.get("message")) or f"{wrong[0]} is not what it has to be"
        return _unhealthy(Finding.FAILED, f"{where} answered {answer.status}, but {said}")
    return Verdict(Health.HEALTHY, Finding.OK, f"{where} answered {answer.status}")


def said_no(answer: Answer, where: str, pointer: str | None = None) -> Verdict:
    """Word an answer whose status is not healthy; `pointer` leads to the provider's own words."""
    if 300 <= answer.status < 400:
        sentence = f"{where} answered {answer.status} and sends the call elsewhere; a redirect is never followed"
        return _unhealthy(Finding.REDIRECTED, sentence)
    finding, meaning = _MEANINGS.get(answer.status, (Finding.FAILED, "it failed"))
    return _unhealthy(finding, f"{where} answered {answer.status}: {_quoted(answer, pointer) or meaning}")


def _unhealthy(finding: Finding, sentence: str) -> Verdict:
    return Verdict(Health.UNHEALTHY, finding, sentence)


def _quoted(answer: Answer, pointer: str | None) -> str:
    """Give the provider's own words, if they are words and not a page."""
    try:
        return _said(answer.json(), pointer)
    except (TooLarge, Unreadable):
        return answer.content.decode("utf-8", "replace") if answer.media == "text/plain" else ""


def _said(body: Any, pointer: str | None) -> str:
    for place in (*([pointer] if pointer else ()), *_USUAL):
        found = _at(body, place)
        if isinstance(found, str) and found.strip():
            return found
    return ""


def _at(body: Any, pointer: str) -> Any:
    """Follow a JSON pointer; `_NOTHING` where it leads nowhere."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        match body:
            case dict() if key in body:
                body = body[key]
            case list() if key.isdecimal() and int(key) < len(body):
                body = body[int(key)]
            case _:
                return _NOTHING
    return body


def _same(found: Any, expected: Any) -> bool:
    """Compare as JSON does, where `true` is not 1."""
    return type(found) is type(expected) and bool(found == expected)
