"""Webhooks: post a message to an address that is itself a secret, patient with faults, deaf to redirects."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from flametree_cfg.errors import Diagnostic, WrongUsage, error
from flametree_cfg.forge.failure import ForgeFailed, Passing
from flametree_cfg.forge.retrying import Patience, retried, wait_asked

FORMATS = ("slack", "json")
_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")
_LOCAL = ("localhost", "127.0.0.1", "::1")
_PATIENCE = Patience(timeout_s=10.0, attempts=3, longest_wait_s=20.0)  # a drift check waits for it: not for long


class Webhook(Struct, frozen=True):
    """
    Where to post to.

    Attributes:
        url: whoever knows it may post: never shown.
        host: what people are told of it.
        format: `slack` or `json`.
    """

    url: str
    host: str
    format: str

    def __repr__(self) -> str:
        return f"Webhook({self.host}, {self.format})"


def read_webhook(url: str, wanted: str | None = None) -> Webhook:
    """
    Read the address of a webhook.

    Args:
        url: https, or this machine.
        wanted: one of `FORMATS`; None to go by the host.

    Raises:
        WrongUsage: it is none; it is not repeated.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise WrongUsage(_bad("it is no address")) from None
    if not host or not url.isascii() or any(c.isspace() for c in url.strip()):
        raise WrongUsage(_bad("it is no address"))
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOCAL):
        raise WrongUsage(_bad("it is posted to over https only"))
    return Webhook(url.strip(), host, wanted or ("slack" if host in _SLACK else "json"))


def post(hook: Webhook, body: Mapping[str, Any], patience: Patience = _PATIENCE) -> None:
    """
    Post a message; what comes back does not matter, as long as it says that it was taken.

    Raises:
        ForgeFailed: it was not taken, or nobody knows.
    """
    import httpx

    with httpx.Client(
        headers={"User-Agent": "flametree-cfg"}, timeout=httpx.Timeout(patience.timeout_s), follow_redirects=False
    ) as client:
        retried(lambda: _once(client, hook, body, patience.timeout_s), patience, Passing)


def _once(client: Any, hook: Webhook, body: Mapping[str, Any], seconds: float) -> None:
    import httpx

    try:
        status, headers = _answer(client, hook, body, seconds)
    except httpx.ConnectError as problem:
        raise Passing(failed(hook.host, "no connection")) from problem
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as problem:
        # It may have been taken: twice is worse than late, the next run tries again.
        reason = "no answer in time" if isinstance(problem, httpx.TimeoutException) else "the connection broke"
        raise ForgeFailed(failed(hook.host, reason)) from problem
    if status < 300:
        return
    wait = wait_asked(status, headers)
    said = failed(hook.host, f"it answered {status}")
    if wait is not None and (wait.seconds is None or wait.seconds <= _PATIENCE.longest_wait_s):
        raise Passing(said, wait.seconds)
    raise Passing(said) if status >= 500 else ForgeFailed(said)


def _answer(client: Any, hook: Webhook, body: Mapping[str, Any], seconds: float) -> tuple[int, Mapping[str, str]]:
    """
    Post once and give status and headers, within this time altogether.

    The client's own limit is for each byte: whoever answers one a second would hold a drift check for ever. The thread
    of a post that is given up ends when the client is closed.
    """
    import httpx

    ended: Future[tuple[int, Mapping[str, str]]] = Future()

    def work() -> None:
        try:
            with client.stream("POST", hook.url, json=body) as response:  # the answer's body is never read
                ended.set_result((response.status_code, response.headers))
        except Exception as problem:  # noqa: BLE001  # handed to who waits
            if not ended.done():
                ended.set_exception(problem)

    threading.Thread(target=work, name="flametree-webhook", daemon=True).start()
    try:
        return ended.result(seconds)
    except FutureTimeout as problem:
        raise httpx.ReadTimeout("the answer took too long") from problem


def failed(host: str, reason: str) -> Diagnostic:
    """Say that a message did not get through."""
    return error(
        "notify-failed",
        "A notice could not be posted",
        f"{host}: {reason}",
        "the next drift check tries again; if it stays so, check the address behind --notify",
    )


def _bad(reason: str) -> Diagnostic:
    return error("notify-url", "The address to notify cannot be used", reason, "give it as https://HOST/…")
