"""Carry a SIP request over UDP, TCP or TLS to a judged address, and give the final answer to it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

from flametree_cfg.probe.addresses import IPAddress
from flametree_cfg.probe.answer import LARGEST, TooLarge
from flametree_cfg.probe.reach import Place
from flametree_cfg.probe.result import Finding, Unwell
from flametree_cfg.probe.sip_text import NotSip, SipAnswer, read_answer

_T1_S = 0.5  # seconds until a request is sent again over UDP; doubled each time. Source: RFC 3261, 17.1.1.2
_T2_S = 4.0  # seconds: no longer than this


class Wire(Protocol):
    """What carries requests."""

    here: str

    async def ask(self, request: bytes, branch: str) -> SipAnswer:
        """
        Send a request and wait for its final answer, as long as the caller does.

        Raises:
            OSError: the connection broke, or nobody listens.
            NotSip: something else answers.
            TooLarge: it does not stop.
        """


@asynccontextmanager
async def wire(
    place: Place, addresses: Sequence[IPAddress], transport: str, context: ssl.SSLContext, connect_s: float
) -> AsyncIterator[Wire]:
    """
    Connect to the first address that takes the connection; a datagram knows none, so it goes to the very first.

    Args:
        place: whose name the certificate has to be made out to.
        addresses: were judged.
        transport: `udp`, `tcp` or `tls`.
        context: for `tls`.
        connect_s: seconds for each address.

    Raises:
        OSError: no connection.
    """
    if transport == "udp":
        endpoint, datagrams = await asyncio.get_running_loop().create_datagram_endpoint(
            _Datagrams, remote_addr=(str(addresses[0]), place.port)
        )
        try:
            yield _Udp(endpoint, datagrams)
        finally:
            endpoint.close()
        return
    tls: dict[str, Any] = {"ssl": context, "server_hostname": place.name} if transport == "tls" else {}
    reader, writer = await _connected(place, addresses, tls, connect_s)
    try:
        yield _Stream(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _connected(
    place: Place, addresses: Sequence[IPAddress], tls: dict[str, Any], connect_s: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async def to(address: IPAddress) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(connect_s):
            return await asyncio.open_connection(str(address), place.port, limit=LARGEST, **tls)

    for address in addresses[:-1]:
        with contextlib.suppress(OSError):  # a timeout is one
            return await to(address)
    try:
        return await to(addresses[-1])
    except TimeoutError:
        raise Unwell(Finding.UNREACHABLE, f"no connection to {place} in time") from None


class _Datagrams(asyncio.DatagramProtocol):
    """Queues what comes in: the last of it, as a stranger must not fill our memory."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes | OSError] = asyncio.Queue(maxsize=16)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        with contextlib.suppress(asyncio.QueueFull):
            self.came.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            with contextlib.suppress(asyncio.QueueFull):
                self.came.put_nowait(exc)


class _Udp:
    def __init__(self, transport: asyncio.DatagramTransport, datagrams: _Datagrams) -> None:
        self._transport, self._came = transport, datagrams.came
        self.here = _named(transport)

    async def ask(self, request: bytes, branch: str) -> SipAnswer:
        again = asyncio.create_task(self._repeat(request))
        try:
            while True:
                came = await self._came.get()
                if isinstance(came, OSError):
                    raise came
                answer = read_answer(came.partition(b"\r\n\r\n")[0])
                if _answers(answer, branch):
                    return answer
        finally:
            again.cancel()

    async def _repeat(self, request: bytes) -> None:
        pause_s = _T1_S
        while True:
            self._transport.sendto(request)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _T2_S)


class _Stream:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._left = LARGEST
        self.here = _named(writer.transport)

    async def ask(self, request: bytes, branch: str) -> SipAnswer:
        self._writer.write(request)
        await self._writer.drain()
        while True:
            answer = await self._next()
            if _answers(answer, branch):
                return answer

    async def _next(self) -> SipAnswer:
        try:
            head = (await self._reader.readuntil(b"\r\n\r\n")).lstrip(b"\r\n")
            self._count(len(head))
            answer = read_answer(head)
            length = answer.first("content-length")
            if not length.isdecimal():
                raise NotSip
            self._count(int(length))
            await self._reader.readexactly(int(length))
        except asyncio.LimitOverrunError:
            raise TooLarge from None
        except asyncio.IncompleteReadError:
            raise ConnectionResetError from None
        return answer

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise TooLarge


def _answers(answer: SipAnswer, branch: str) -> bool:
    """Tell whether this is final, and to our request: strangers may send datagrams too."""
    return answer.status >= 200 and f"branch=z9hG4bK{branch}" in answer.first("via").split(";")


def _named(transport: asyncio.BaseTransport) -> str:
    host, port = transport.get_extra_info("sockname")[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
