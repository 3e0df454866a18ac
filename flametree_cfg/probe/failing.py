"""
Say why no whole answer came.

Imports httpx: load it only where a call is made.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx

from flametree_cfg.model import Health
from flametree_cfg.probe.answer import LARGEST, TooLarge, Unreadable
from flametree_cfg.probe.lookup import UnknownHost
from flametree_cfg.probe.result import Finding, NoCall, Unwell, Verdict

_CERTIFICATE = {
    9: "is not valid yet",
    10: "has expired",
    23: "was withdrawn",
    62: "is made out to another name",
    64: "is made out to another address",
}
"""By OpenSSL's verify code."""

_NOT_TRUSTED = "is not signed by an authority that is trusted here"


def explain(problem: Exception, where: str, deadline_s: float) -> Verdict:
    """
    Turn what was raised into a verdict; nothing of the exception's own text is shown, as it may hold a key.

    Args:
        problem: of the call.
        where: host, as a person reads it.
        deadline_s: seconds the whole call had.
    """
    match problem:
        case NoCall() | Unwell():
            return problem.verdict
        case TimeoutError():
            return _red(Finding.TIMEOUT, f"{where} gave no whole answer within {deadline_s:g} s")
        case UnknownHost():
            return _red(Finding.UNKNOWN_HOST, f"no host of the name {where} is known")
        case httpx.ConnectTimeout():
            return _red(Finding.UNREACHABLE, f"no connection to {where} in time")
        case Unreadable():
            return _red(Finding.UNREADABLE, f"{where} answered with something that cannot be read")
        case TooLarge():
            return _red(Finding.TOO_LARGE, f"{where} sent more than {LARGEST >> 10} KB where a short answer is due")
        case httpx.ConnectError() | ssl.SSLError() | ConnectionRefusedError():
            return _no_connection(problem, where)
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return Verdict(Health.NOT_CHECKED, Finding.UNFIT, "no HTTP call can be made of these settings")
        case httpx.TransportError() | OSError():
            return _red(Finding.BROKEN, f"the connection to {where} broke before the answer was whole")
        case _:
            kind = type(problem).__name__
            return Verdict(Health.NOT_CHECKED, Finding.OURS, f"the check itself failed ({kind}); please report it")


def _red(finding: Finding, sentence: str) -> Verdict:
    return Verdict(Health.UNHEALTHY, finding, sentence)


def _no_connection(problem: Exception, where: str) -> Verdict:
    for cause in _causes(problem):
        match cause:
            case ssl.SSLCertVerificationError():
                return _red(
                    Finding.TLS, f"the certificate of {where} {_CERTIFICATE.get(cause.verify_code, _NOT_TRUSTED)}"
                )
            case ssl.SSLError():
                return _red(Finding.TLS, f"{where} does not speak TLS as it should")
            case ConnectionRefusedError():
                return _red(Finding.UNREACHABLE, f"nothing listens at {where}")
            case ConnectionResetError() | BrokenPipeError():
                return _red(Finding.BROKEN, f"{where} closed the connection at once")
            case _:
                continue
    return _red(Finding.UNREACHABLE, f"no connection to {where}")


def _causes(problem: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = problem
    while seen is not None:
        yield seen
        if isinstance(seen, BaseExceptionGroup):
            for one in seen.exceptions:
                yield from _causes(one)
        seen = seen.__cause__ or seen.__context__
