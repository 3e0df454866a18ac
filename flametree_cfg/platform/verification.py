"""Whether and how a platform calls the providers of connectors and channels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from flametree_cfg.probe import Limits, Request, Result


class Verification(Struct, frozen=True):
    """
    What the operator chose; tenant YAML chooses none of it.

    Attributes:
        verify: whether what is started or applied is checked by itself; asking for a check is asking.
        allow_address: networks and hosts that may be called although they are not public.
        endpoint: `TYPE=URL`, base URLs that stand in for a provider's.
        authorities: a PEM file of certificate authorities trusted beside the public ones; empty for none.
        limits: of the calls; None for the usual ones.
    """

    verify: bool = True
    allow_address: tuple[str, ...] = ()
    endpoint: tuple[str, ...] = ()
    authorities: str = ""
    limits: Limits | None = None

    def check(self, requests: Iterable[Request], told: Callable[[Result], None] = lambda _: None) -> tuple[Result, ...]:
        """
        Make the calls, several at once; one result for each request, in their order.

        Args:
            requests: what to check.
            told: hears each result as soon as there is one.

        Raises:
            WrongUsage: an address, an endpoint or the authorities are nothing of the kind.
        """
        from flametree_cfg.probe import check_all, make_policy

        policy = make_policy(self.allow_address, self.endpoint, self.authorities)
        return check_all(requests, policy, self.limits, told=told)


UNVERIFIED = Verification(verify=False)
"""Nothing is called unless somebody asks for it."""
