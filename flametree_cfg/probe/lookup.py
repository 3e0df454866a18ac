"""Ask the system's resolver, once a call, without waiting longer than the caller does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from flametree_cfg.probe.addresses import IPAddress

Resolve = Callable[[str, int], Awaitable[tuple[IPAddress, ...]]]
"""From a name and a port to every address it has, in the order to try them; raises `UnknownHost`."""


class UnknownHost(Exception):
    """The name has no address, or nobody could say."""


async def look_up(host: str, port: int) -> tuple[IPAddress, ...]:
    """
    Give every address of a name.

    In a daemon thread of its own: a thread of the loop's pool would hold the program's end until the resolver gives up.

    Raises:
        UnknownHost: there is none.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[tuple[IPAddress, ...]] = loop.create_future()

    def settle(addresses: tuple[IPAddress, ...]) -> None:
        if not found.done():
            found.set_result(addresses)

    def ask() -> None:
        addresses = _asked(host, port)
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(settle, addresses)

    threading.Thread(target=ask, name="flametree-lookup", daemon=True).start()
    addresses = await found
    if not addresses:
        raise UnknownHost
    return addresses


def _asked(host: str, port: int) -> tuple[IPAddress, ...]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(ip_address(place[0]) for *_, place in answers))
