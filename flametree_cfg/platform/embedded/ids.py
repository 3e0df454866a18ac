"""Addresses and platform ids within one batch."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from flametree_cfg.errors import PlatformFailed, error
from flametree_cfg.model import Address, Batch, Kind, Operation, Value, foreign_key

_FOREIGN = foreign_key("")
_OUTGOING = "~old"  # ends the key of an object that another one replaces; see `Address`


class Ids:
    """
    What each address of a batch means, while its operations are carried out.

    Known are the batch's own ids, what an earlier operation of it made, and foreign addresses (`kind.id:UUID`).
    """

    def __init__(self, batch: Batch) -> None:
        self._given = batch.ids
        self._made: dict[Address, str] = {}
        self._named: dict[tuple[Kind, str], Address] | None = None

    def add(self, address: Address, platform_id: str) -> None:
        """Remember what an operation made."""
        self._made[address] = platform_id
        if self._named is not None:
            self._named[address.kind, platform_id] = address

    def find(self, address: Address) -> str | None:
        """Give the platform id behind an address; None if nobody said."""
        if address.kind is Kind.ATTACHMENT:
            agent = self.find(Address(Kind.AGENT, address.agent_key))
            channel = self.find(Address(Kind.CHANNEL, address.channel_key))
            return f"{agent}/{channel}" if agent and channel else None
        if address.key.startswith(_FOREIGN):
            return address.key.removeprefix(_FOREIGN)
        found = self._made.get(address) or self._given.get(address)
        if found is None and address.key.endswith(_OUTGOING):
            return self._given.get(Address(address.kind, address.key.removesuffix(_OUTGOING)))
        return found

    def of(self, address: Address) -> str:
        """
        Give the platform id behind an address.

        Raises:
            PlatformFailed: nobody said what it is.
        """
        found = self.find(address)
        if found is None:
            raise PlatformFailed(
                error(
                    "unknown-address",
                    "The platform was not told which object is meant",
                    f"{address} has no platform id",
                    "plan again; if it happens again, please report it",
                    address=str(address),
                )
            )
        return found

    def of_operation(self, operation: Operation) -> str:
        """Give the platform id of what an operation changes; falls back to the address it had before."""
        found = self.find(operation.address)
        if found is None and operation.previous is not None:
            found = self.find(operation.previous)
        return found if found is not None else self.of(operation.address)

    def address(self, kind: Kind, platform_id: str) -> Address:
        """Give the address that the batch knows an object by, a foreign one if it knows none."""
        if self._named is None:  # only when somebody asks: a first apply has many batches and never does
            known = itertools.chain(self._given.items(), self._made.items())
            self._named = {(address.kind, one): address for address, one in known}
        return self._named.get((kind, platform_id)) or Address(kind, foreign_key(platform_id))

    def linked(self, value: Value) -> list[str]:
        """Give the platform ids of what stands under a role: a key, a list of keys, or None."""
        keys: Iterable[str] = value if isinstance(value, list | tuple) else () if value is None else (value,)
        return [self.of(Address(Kind.CONNECTOR, key)) for key in keys]
