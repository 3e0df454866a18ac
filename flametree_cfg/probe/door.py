"""
The only way out: a name is looked up once, every answer judged, and the connection made to what was judged.

Imports httpx: load it only where a call is made.
"""

from __future__ import annotations

import time
from ipaddress import IPv6Address

import httpx

from flametree_cfg.probe.addresses import IPAddress
from flametree_cfg.probe.call import Call
from flametree_cfg.probe.reach import CONNECTING, Place, Reach
from flametree_cfg.probe.result import unfit
from flametree_cfg.probe.spelling import plain
from flametree_cfg.probe.trust import make_context

_PORTS = {"http": 80, "https": 443}


class Door:
    """
    Sends calls where the policy lets them go.

    httpx's transport is used without its client: so there are no cookies, no redirects, no `.netrc`, no proxies, and
    no log lines with URLs.

    Raises:
        WrongUsage: the operator's authorities cannot be read.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._transport = httpx.AsyncHTTPTransport(
            verify=make_context(reach.policy),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._transport.aclose()

    async def send(self, call: Call, deadline_s: float) -> httpx.Response:
        """
        Send a call; the answer's body is still to be read, and the answer to be closed.

        Args:
            call: what to send.
            deadline_s: seconds, divided among the addresses to connect to; the caller watches the whole.

        Raises:
            NoCall: it must not go there.
            UnknownHost: the name has no address.
            httpx.TransportError: no connection or no answer.
        """
        url = target(call.url)
        begun = time.monotonic()
        addresses = await self._reach.addresses(_place(call, url))
        # httpcore does not close a connection whose handshake is cancelled from outside, so the handshake has to end
        # before the deadline does.
        each_s = (deadline_s - (time.monotonic() - begun)) * CONNECTING / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._to(address, call, url, each_s)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue  # nothing was sent yet
        return await self._to(addresses[-1], call, url, each_s)

    async def _to(self, address: IPAddress, call: Call, url: httpx.URL, connect_s: float) -> httpx.Response:
        """Connect to one address; TLS and `Host` still speak of the name."""
        literally = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
        request = httpx.Request(
            call.method,
            url.copy_with(host=literally),
            headers={**call.headers, "Host": url.netloc.decode("ascii")},
            content=call.body,
            extensions={"sni_hostname": plain(_host(url)), "timeout": {"connect": connect_s}},
        )
        return await self._transport.handle_async_request(request)


def target(url: str) -> httpx.URL:
    """
    Take a URL apart, as the transport will.

    Raises:
        NoCall: it is none that can be called.
    """
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        parts = None
    if parts is None or parts.scheme not in _PORTS or not parts.host or "\\" in url:
        raise unfit("the address is no URL that can be called")
    if parts.userinfo:
        raise unfit("the address holds a user name or password")
    return parts.copy_with(fragment=None)


def shown(url: str) -> str:
    """Name a URL's host, and its port if it is an odd one; never more, as the rest may hold a secret."""
    parts = target(url)
    host = f"[{_host(parts)}]" if ":" in _host(parts) else _host(parts)
    return host if parts.port is None else f"{host}:{parts.port}"


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").strip("[]")


def _port(url: httpx.URL) -> int:
    return url.port or _PORTS[url.scheme]


def _place(call: Call, url: httpx.URL) -> Place:
    """Name where a call goes; it stands in for a provider only if host and port are the operator's own."""
    place = Place(_host(url), _port(url), url.scheme)
    base = target(call.endpoint) if call.endpoint else None
    stand_in = base is not None and (_host(base), _port(base)) == (place.host, place.port)
    return Place(place.host, place.port, place.protocol, stand_in)
