"""From a host to the addresses that may be called: it is looked up once, and every answer judged."""

from __future__ import annotations

from msgspec import Struct

from flametree_cfg.probe.addresses import IPAddress
from flametree_cfg.probe.lookup import Resolve
from flametree_cfg.probe.policy import Policy, judge_addresses, judge_name
from flametree_cfg.probe.spelling import literal, plain

MOST_TRIED = 4  # addresses of one name: each gets its share of the deadline
CONNECTING = 0.4  # of what is left of the deadline, for TCP and the same for TLS


class Place(Struct, frozen=True):
    """
    Where an exchange goes.

    Attributes:
        protocol: `http`, `https`, `imap`, `smtp` or `sip`: says which ports are its own, and whether a key is in clear.
        stand_in: the operator named it with `--endpoint`, so it is not judged.
    """

    host: str
    port: int
    protocol: str
    stand_in: bool = False

    @property
    def name(self) -> str:
        """Give the host as it is compared with a certificate."""
        return plain(self.host)

    def __str__(self) -> str:
        """Give host and port, as a person reads them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Reach(Struct, frozen=True):
    """Says which addresses of a place may be called."""

    policy: Policy
    resolve: Resolve

    async def addresses(self, place: Place) -> tuple[IPAddress, ...]:
        """
        Give the addresses to try, in their order.

        Raises:
            NoCall: it must not go there.
            UnknownHost: the name has no address.
        """
        written = literal(plain(place.host))
        if not place.stand_in:
            judge_name(self.policy, place.host, place.port, place.protocol)
        addresses = await self.resolve(place.host, place.port) if written is None else (written,)
        if not place.stand_in:
            judge_addresses(self.policy, place.host, place.protocol, addresses)
        return addresses[:MOST_TRIED]
