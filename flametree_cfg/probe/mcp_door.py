"""
What the MCP SDK's HTTP client sends through: our door, so that its requests are judged as every other.

Imports `mcp` and its `httpx2`: load it only where a server is checked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import httpx2
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from flametree_cfg.probe.answer import LARGEST, TooLarge, read_answer
from flametree_cfg.probe.attempt import Means
from flametree_cfg.probe.call import AGENT, Call
from flametree_cfg.probe.judging import said_no
from flametree_cfg.probe.result import Unwell

_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "user-agent"})
_KEPT = frozenset({"content-type", "mcp-session-id"})


class McpDoor(httpx2.AsyncBaseTransport):
    """
    Sends what the SDK asks for, and reads no more of all answers together than agreed.

    Attributes:
        fault: what went wrong first; nothing as long as all is well.
    """

    def __init__(self, where: str, endpoint: str, means: Means) -> None:
        self.fault: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._where, self._endpoint, self._means = where, endpoint, means
        self._left = LARGEST
        self._gets = False

    def streams(self, url: str, transport: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Any]:
        """Open the SDK's streams; `transport` is `http_sse` or `streamable_http`."""

        def client(
            headers: Mapping[str, str] | None = headers,  # noqa: ARG001  # the SDK hands in its own, which are none
            timeout: httpx2.Timeout | None = None,
            auth: httpx2.Auth | None = None,
        ) -> httpx2.AsyncClient:
            return httpx2.AsyncClient(transport=self, trust_env=False, headers=ours, timeout=timeout, auth=auth)

        ours = dict(headers)
        if transport == "http_sse":
            self._gets = True
            return sse_client(url, httpx_client_factory=client)
        return streamable_http_client(url, http_client=client())

    def count(self, size: int) -> None:
        """
        Count bytes that came in.

        Raises:
            TooLarge: there are too many.
        """
        self._left -= size
        if self._left < 0:
            raise TooLarge

    def report(self, problem: Exception) -> None:
        """Remember what went wrong."""
        if not self.fault.done():
            self.fault.set_result(problem)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request, with the headers of every other check."""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        headers |= {"Accept-Encoding": "identity", "User-Agent": AGENT, "Connection": "close"}
        try:
            body = await request.aread() or None
            call = Call(request.method, str(request.url), headers, body, endpoint=self._endpoint)
            response = await self._means.door.send(call, self._means.deadline_s)
            return await self._given_back(request.method, response)
        except Exception as problem:
            self.report(problem)
            raise

    async def _given_back(self, method: str, response: httpx.Response) -> httpx2.Response:
        kept = {name: value for name, value in response.headers.items() if name.lower() in _KEPT}
        streams = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        if response.status_code == 200 and streams and "content-encoding" not in response.headers:
            return httpx2.Response(200, headers=kept, stream=_Body(response, self))
        try:
            answer = await read_answer(response.status_code, response.headers, response.aiter_raw())
        finally:
            await response.aclose()
        # Of GET (but for http_sse) and DELETE a server may want to know nothing; the SDK would follow some redirects.
        needed = method == "POST" or (method == "GET" and self._gets)
        if 300 <= answer.status < 400 or (needed and answer.status >= 400):
            verdict = said_no(answer, self._where)
            raise Unwell(verdict.finding, verdict.sentence)
        if answer.fault is not None:
            raise answer.fault
        self.count(len(answer.content))
        return httpx2.Response(answer.status, headers=kept, content=answer.content)


class _Body(httpx2.AsyncByteStream):
    """A stream of events as it comes in."""

    def __init__(self, response: httpx.Response, door: McpDoor) -> None:
        self._response, self._door = response, door

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.aiter_raw():
                self._door.count(len(chunk))
                yield chunk
        except Exception as problem:
            self._door.report(problem)
            raise

    async def aclose(self) -> None:
        await self._response.aclose()
