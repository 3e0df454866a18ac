"""
Which part of the network an address belongs to.

`ipaddress.is_global` is not enough: it calls NAT64, Oracle's 192.0.0.192 and Azure's 168.63.129.16 global.

Source: reliability.md W-01; IANA special-purpose address registries.
"""

from __future__ import annotations

import enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network


class Place(enum.StrEnum):
    """Where an address leads."""

    PUBLIC = "the public internet"
    LOOPBACK = "this machine (loopback)"
    PRIVATE = "a private network"
    SHARED = "a carrier's or cloud's shared network"
    LINK_LOCAL = "the local link"
    METADATA = "a cloud's metadata service"
    MULTICAST = "many machines (multicast)"
    TUNNEL = "an IPv4 address inside an IPv6 one"
    RESERVED = "a reserved range"


BY_NAME = frozenset({Place.PUBLIC, Place.LOOPBACK, Place.PRIVATE, Place.SHARED})
"""Where a name that the operator allows may lead; the rest takes a CIDR, as nobody runs a provider there."""

_PLACES: tuple[tuple[Place, tuple[str, ...]], ...] = (
    (
        Place.METADATA,
        (
            "169.254.169.254/32",
            "169.254.170.2/32",
            "169.254.170.23/32",
            "100.100.100.200/32",
            "168.63.129.16/32",
            "192.0.0.192/32",
            "fd00:ec2::/32",
            "fd20:ce::254/128",
            "fd00:c1::a9fe:a9fe/128",
            "fd00:42::42/128",
        ),
    ),
    (Place.LOOPBACK, ("127.0.0.0/8", "::1/128")),
    (Place.PRIVATE, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
    (Place.SHARED, ("100.64.0.0/10",)),
    (Place.LINK_LOCAL, ("169.254.0.0/16", "fe80::/10")),
    (Place.MULTICAST, ("224.0.0.0/4", "ff00::/8")),
    (Place.TUNNEL, ("2002::/16", "2001::/32", "192.88.99.0/24", "64:ff9b:1::/48")),
    (
        Place.RESERVED,
        (
            "0.0.0.0/8",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "240.0.0.0/4",
            "2001::/23",
            "2001:db8::/32",
            "3fff::/20",
        ),
    ),
)
_NETWORKS: tuple[tuple[IPNetwork, Place], ...] = tuple(
    (ip_network(network), place) for place, networks in _PLACES for network in networks
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # third quarter of the address


def place_of(address: IPAddress) -> Place:
    """Say where an address leads, whatever it is wrapped in."""
    real = unwrapped(address)
    for network, place in _NETWORKS:
        if real in network:
            return place
    if isinstance(real, IPv6Address):
        if (int(real) >> 32) & 0xFFFF_FFFF in _ISATAP:
            return Place.TUNNEL
        if real not in _GLOBAL_UNICAST:
            return Place.RESERVED
    return Place.PUBLIC if real.is_global else Place.RESERVED


def unwrapped(address: IPAddress) -> IPAddress:
    """
    Give the IPv4 address that packets to an IPv4-mapped or NAT64 address reach; others as they are.

    6to4, Teredo and ISATAP are not unwrapped: no provider is reached through them, so they are refused whole.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
