"""Where probes may go: the operator's choice, never the tenant YAML's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from types import MappingProxyType
from urllib.parse import urlsplit

from msgspec import Struct, field

from flametree_cfg.errors import WrongUsage, error
from flametree_cfg.probe.addresses import BY_NAME, IPAddress, IPNetwork, Place, place_of, unwrapped
from flametree_cfg.probe.result import forbidden
from flametree_cfg.probe.spelling import plain

_HOST = re.compile(r"(?!-)[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_TYPE = re.compile(r"[a-z][a-z0-9_]*")
_PORTS: Mapping[str, tuple[str, frozenset[int]]] = MappingProxyType(
    {
        "http": ("HTTP API", frozenset({80, 443})),
        "https": ("HTTP API", frozenset({80, 443})),
        "imap": ("IMAP server", frozenset({143, 993})),
        "smtp": ("SMTP server", frozenset({25, 465, 587})),
        "sip": ("SIP server", frozenset({5060, 5061})),
    }
)
"""By protocol: what is expected to be there, and its own ports."""
_BARE = frozenset({"imap", "smtp", "sip"})  # their URLs are a host and a port, no more

_FIRST_FREE_PORT = 1024  # below it live mail, shells and file servers
# What speaks something else there can be made to do things by what an HTTP request holds. Source: reliability.md W-05.
_OTHER_SERVICES = frozenset(
    {1080, 1433, 1521, 1723, 2049, 2375, 2379, 2380, 3128, 3306, 3389, 4369, 5060, 5061, 5432, 5672, 5900, 5984}
    | {6000, 6379, 6380, 6443, 6566, *range(6665, 6670), 6697, 9042, 9092, 9200, 9300, 10250, 11211, 15672, 27017}
)

# Looked up by no one, so that no resolver hears of the attempt.
_METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.goog",
        "metadata.google.internal",
        "instance-data",
        "instance-data.ec2.internal",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
        "metadata.platformequinix.com",
    }
)

_HINT = "an operator can allow it with --allow-address"


class Policy(Struct, frozen=True):
    """
    What the operator allows beyond the public internet.

    Attributes:
        networks: addresses in them may be called, whatever they are.
        hosts: these names may lead to loopback and private networks.
        endpoints: base URLs, by type and protocol, that stand in for a provider's; what they name may be called.
        authorities: a PEM file of certificate authorities trusted beside the public ones; empty for none.
        trust_env: the authorities of `SSL_CERT_FILE` and `SSL_CERT_DIR` are trusted too. Proxies never are: a proxy
            would choose the address by itself.
    """

    networks: tuple[IPNetwork, ...] = ()
    hosts: frozenset[str] = frozenset()
    endpoints: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))
    authorities: str = ""
    trust_env: bool = False

    def endpoint(self, kind: str, protocol: str = "http") -> str:
        """Give the base URL that stands in for the provider of a type; empty if none does."""
        return self.endpoints.get((kind, protocol), "")

    def lists(self, host: str, address: IPAddress) -> bool:
        """Tell whether the operator named this host or its address."""
        return self._lists_address(address) or (plain(host) in self.hosts and place_of(address) in BY_NAME)

    def _lists_address(self, address: IPAddress) -> bool:
        real = unwrapped(address)
        return any(one in network for network in self.networks for one in (address, real))


def judge_name(policy: Policy, host: str, port: int, protocol: str = "https") -> None:
    """
    Refuse what need not be looked up to be refused.

    Raises:
        NoCall: a metadata service by name, or a port of something that does not speak the protocol.
    """
    if plain(host) in _METADATA_NAMES and plain(host) not in policy.hosts:
        raise forbidden(f"{host} is {Place.METADATA}, where no check goes")
    what, ports = _PORTS[protocol]
    if port not in ports and (port < _FIRST_FREE_PORT or port in _OTHER_SERVICES):
        raise forbidden(f"port {port} of {host} belongs to a service that is no {what}")


def judge_addresses(policy: Policy, host: str, scheme: str, addresses: Sequence[IPAddress]) -> None:
    """
    Refuse a host if a single one of its addresses is out of bounds: which one is used is not ours to choose.

    Raises:
        NoCall: an address is not public and not listed, or a key would travel in clear over the public internet.
    """
    for address in addresses:
        if policy.lists(host, address):
            continue
        place = place_of(address)
        if place is not Place.PUBLIC:
            reached = "" if str(address) == plain(host) else f" ({address})"
            raise forbidden(f"{host}{reached} leads to {place}; {_HINT}")
        if scheme == "http":  # mail is spoken over TLS only, and SIP sends a digest
            raise forbidden(f"{host} would be sent a key in clear: write https, or {_HINT}")


def make_policy(
    allow: Iterable[str] = (), endpoints: Iterable[str] = (), authorities: str = "", *, trust_env: bool = False
) -> Policy:
    """
    Read what stands on the command line.

    Args:
        allow: of `--allow-address`: `10.0.0.0/8`, `127.0.0.1`, `models.corp.example`.
        endpoints: of `--endpoint`: `telegram=http://127.0.0.1:8081`, `email=imap://127.0.0.1:1143` and
            `email=smtp://127.0.0.1:1025`, `sip=sip://127.0.0.1:5070`.
        authorities: the path of a PEM file.
        trust_env: of `Policy`.

    Raises:
        WrongUsage: one of them is nothing of the kind.
    """
    networks: list[IPNetwork] = []
    hosts: set[str] = set()
    for text in allow:
        network = _network(text)
        if network is not None:
            networks.append(network)
        else:
            hosts.add(_host(text))
    return Policy(tuple(networks), frozenset(hosts), dict(map(_endpoint, endpoints)), authorities, trust_env)


def _network(text: str) -> IPNetwork | None:
    written = text.strip().strip("[]")
    try:
        return ip_network(written, strict=False) if "/" in written else ip_network(ip_address(written))
    except ValueError:
        return None


def _host(text: str) -> str:
    host = plain(text.strip())
    if not _HOST.fullmatch(host) or re.search(r"(^|\.)[0-9]+$", host):
        raise WrongUsage(
            error(
                "allow-address",
                "The allowed address is none",
                f"{text} is neither a network nor a host",
                "give 10.0.0.0/8, 127.0.0.1 or models.corp.example",
            )
        )
    return host


def _endpoint(text: str) -> tuple[tuple[str, str], str]:
    kind, equals, url = text.partition("=")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, parts, port = "", urlsplit(""), None
    odd = parts.username is not None or parts.query or parts.fragment or "\\" in url or not url.isprintable()
    if parts.scheme in _BARE:
        odd = odd or port is None or parts.path not in ("", "/")
    known = parts.scheme in _PORTS and host != ""
    if not (equals and _TYPE.fullmatch(kind) and known) or odd or port == 0:
        raise WrongUsage(
            error(
                "endpoint",
                "The endpoint cannot be used",
                f"{kind} does not name a type and the base URL that stands in for its provider's",
                "write TYPE=URL, such as telegram=http://127.0.0.1:8081",
            )
        )
    return (kind, parts.scheme if parts.scheme in _BARE else "http"), url.rstrip("/")
