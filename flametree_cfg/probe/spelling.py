"""Read a host as the network would: many spellings, one address."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from flametree_cfg.probe.addresses import IPAddress
from flametree_cfg.probe.result import forbidden

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST = 253  # characters of a name in DNS


def plain(host: str) -> str:
    """Write a host as it is compared: lower case, without the dot that may end a name."""
    return host.lower().removesuffix(".")


def literal(host: str) -> IPAddress | None:
    """
    Give the address that a host spells (`127.1`, `0x7f000001`, `::ffff:7f00:1`); None if it is a name.

    `localhost` is an address too: it is never looked up (RFC 6761).

    Args:
        host: plain, without brackets.

    Raises:
        NoCall: it is neither.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    if ":" in host:
        return _six(host)
    if len(host) > _LONGEST or not _NAME.fullmatch(host):
        raise forbidden(f"{host} is no name of a host")
    return _four(host) if _NUMBER.fullmatch(host.rpartition(".")[2]) else None


def _six(host: str) -> IPv6Address:
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    if not isinstance(address, IPv6Address) or address.scope_id is not None:
        raise forbidden(f"{host} is no address of a host")
    return address


def _four(host: str) -> IPv4Address:
    """Read numbers as the C library does: octal, hexadecimal, and fewer than four of them."""
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        raise forbidden(f"{host} is no address of a host") from None
