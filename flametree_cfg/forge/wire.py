"""Requests to one API: patient with faults, deaf to redirects that lead away, never longer than agreed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from flametree_cfg.forge import failure
from flametree_cfg.forge.retrying import Patience, retried, wait_asked

if TYPE_CHECKING:
    import httpx

LARGEST = 16 << 20  # bytes: a hundred comments of the largest size, and room
REDIRECTS = 3  # a repository that was renamed is answered with one
_LOCAL = ("localhost", "127.0.0.1", "::1")
_MOVED = (301, 302, 307, 308)


class Answer(Struct, frozen=True):
    """What came back: the JSON, and whether the list goes on on another page."""

    body: Any
    more: bool = False


class Wire:
    """
    One API and the right to use it.

    Args:
        base: its URL; https, or this machine.
        headers: with the token; sent to that host and no other.
        patience: how long and how often.

    Raises:
        WrongUsage: the token would travel in clear.
    """

    def __init__(self, base: str, headers: Mapping[str, str], patience: Patience) -> None:
        import httpx

        self.base = base.rstrip("/")
        self.host = check_address(self.base)
        self.patience = patience
        self._client = httpx.Client(
            headers={"User-Agent": "flametree-cfg", **headers},
            timeout=httpx.Timeout(patience.timeout_s),
            follow_redirects=False,
        )

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str | int] | None = None,
        repeatable: bool = True,
    ) -> Answer:
        """
        Ask, and ask again where that may help.

        Args:
            method: as HTTP calls it.
            path: below the base, percent-encoded; or a whole URL on the same host.
            body: sent as JSON.
            params: of the query.
            repeatable: whether sending it twice does no more than sending it once.

        Raises:
            AccessDenied: 401, or 403 that is no rate limit.
            InDoubt: not repeatable, and nobody knows whether it was carried out.
            Gone: what was to be changed is not there.
            ForgeFailed: anything else.
        """
        what = f"{method} {urlsplit(path).path}"
        url = path if "://" in path else self.base + path
        request = self._client.build_request(method, url, json=body, params=params)
        return retried(lambda: self._once(request, what, repeatable=repeatable), self.patience, failure.Passing)

    def _once(self, request: httpx.Request, what: str, *, repeatable: bool) -> Answer:
        import httpx

        try:
            response, content = self._exchange(request, what)
        except (httpx.TransportError, httpx.DecodingError) as problem:
            said = failure.unreachable(self.host, _reason(problem))
            raise (failure.Passing(said) if repeatable else failure.InDoubt(said)) from problem
        return self._judged(response, content, what, repeatable=repeatable)

    def _exchange(self, request: httpx.Request, what: str) -> tuple[httpx.Response, bytes]:
        """Send it, follow the few redirects that stay on the host, and read no more and no longer than agreed."""
        for _ in range(REDIRECTS + 1):
            response = self._client.send(request, stream=True)
            try:
                content = self._read(response, what)
            finally:
                response.close()
            if response.status_code not in _MOVED:
                return response, content
            request = self._redirected(request, response, what)
        raise failure.elsewhere(self.host, what)

    def _read(self, response: httpx.Response, what: str) -> bytes:
        import httpx

        end = time.monotonic() + self.patience.timeout_s
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > LARGEST:
                raise failure.not_understood(self.host, what)
            if time.monotonic() > end:
                raise httpx.ReadTimeout("the answer took too long", request=response.request)
        return bytes(content)

    def _redirected(self, request: httpx.Request, response: httpx.Response, what: str) -> httpx.Request:
        import httpx

        try:
            target = request.url.join(response.headers.get("Location", ""))
        except httpx.InvalidURL as problem:
            raise failure.elsewhere(self.host, what) from problem
        here = request.url
        if (target.scheme, target.host, target.port) != (here.scheme, here.host, here.port):
            raise failure.elsewhere(self.host, what)
        return self._client.build_request(
            request.method, target, content=request.content, headers={"Content-Type": "application/json"}
        )

    def _judged(self, response: httpx.Response, content: bytes, what: str, *, repeatable: bool) -> Answer:
        status = response.status_code
        if status < 300:
            return Answer(self._parsed(content, what), "next" in response.links)
        wait = wait_asked(status, response.headers)
        if wait is not None:
            said = failure.busy(self.host, wait.seconds)
            if wait.seconds is not None and wait.seconds > self.patience.longest_wait_s:
                raise failure.ForgeFailed(said)
            raise failure.Passing(said, wait.seconds)
        if status >= 500:
            trouble = failure.failing(self.host, what, status)
            raise failure.Passing(trouble) if repeatable else failure.InDoubt(trouble)
        if status in (401, 403):
            raise failure.denied(self.host, what, status, _said(content))
        if status in (404, 410):
            raise (failure.missing if what.startswith(("GET", "POST")) else failure.gone)(self.host, what)
        raise failure.refused(self.host, what, status, _said(content))

    def _parsed(self, content: bytes, what: str) -> Any:
        if not content:
            return None
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as problem:
            raise failure.not_understood(self.host, what) from problem


def check_address(url: str) -> str:
    """
    Name the host of an API's address.

    Raises:
        WrongUsage: no address, or one where a token would travel in clear.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise failure.bad_address(url, "it is no address") from None
    if not host or parts.username or parts.query or parts.fragment:
        raise failure.bad_address(host or url, "it is no plain address of an API")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOCAL):
        raise failure.bad_address(url, "a token is sent over https only")
    return host


def _reason(problem: Exception) -> str:
    import httpx

    if isinstance(problem, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(problem, httpx.ConnectError):
        return "no connection"
    return "the connection broke"


def _said(content: bytes) -> str:
    """Give the other side's message, if it is one; never a whole page."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    said = body.get("message") or body.get("error") if isinstance(body, dict) else ""
    return said if isinstance(said, str) else ""
