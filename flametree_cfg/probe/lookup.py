"""Ask the system's resolver, once a call, without waiting longer than the caller does."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from flametree_cfg.probe.addresses import IPAddress
from flametree_cfg.probe.aside import aside

Resolve = Callable[[str, int], Awaitable[tuple[IPAddress, ...]]]
"""From a name and a port to every address it has, in the order to try them; raises `UnknownHost`."""


class UnknownHost(Exception):
    """The name has no address, or nobody could say."""


async def look_up(host: str, port: int) -> tuple[IPAddress, ...]:
    """
    Give every address of a name.

    Raises:
        UnknownHost: there is none.
    """
    addresses = await aside(lambda: _asked(host, port), "lookup")
    if not addresses:
        raise UnknownHost
    return addresses


def _asked(host: str, port: int) -> tuple[IPAddress, ...]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(ip_address(place[0]) for *_, place in answers))
