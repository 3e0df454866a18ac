"""Addresses by what they have in common, such as a name."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from flametree_cfg.model import Address, Kind, Resource, folded

Link = tuple[str, Address]
"""A role and the connector that fills it; of an attachment `agent` or `channel` and what stands there."""

_NONE: frozenset[Address] = frozenset()


class Index:
    """
    Addresses by key.

    Most keys have one address, and it stands there alone: a set around each would cost 216 bytes, and with the rest
    apart it is known at once whether any key is taken twice.

    Attributes:
        crowded: the keys that several addresses have.
    """

    __slots__ = ("_alone", "crowded")

    def __init__(self, pairs: Sequence[tuple[Hashable, Address]] = ()) -> None:
        self._alone: dict[Hashable, Address] = dict(pairs)
        self.crowded: dict[Hashable, set[Address]] = {}
        if len(self._alone) < len(pairs):
            self._alone.clear()
            for key, address in pairs:
                self.add(key, address)

    def add(self, key: Hashable, address: Address) -> None:
        """Put an address under a key."""
        holders = self.crowded.get(key)
        if holders is not None:
            holders.add(address)
            return
        holder = self._alone.setdefault(key, address)
        if holder != address:
            del self._alone[key]
            self.crowded[key] = {holder, address}

    def discard(self, key: Hashable, address: Address) -> None:
        """Take an address away from a key that it stands under."""
        holders = self.crowded.get(key)
        if holders is None:
            del self._alone[key]
            return
        holders.remove(address)
        if len(holders) == 1:
            del self.crowded[key]
            self._alone[key] = holders.pop()

    def of(self, key: Hashable) -> AbstractSet[Address]:
        """List the addresses under a key."""
        holder = self._alone.get(key)
        return self.crowded.get(key, _NONE) if holder is None else frozenset((holder,))

    def has(self, key: Hashable) -> bool:
        """Tell whether some address stands under a key."""
        return key in self._alone or key in self.crowded

    def keys(self) -> AbstractSet[Hashable]:
        """List the keys under which something stands."""
        return self._alone.keys() | self.crowded.keys()

    def items(self) -> Iterator[tuple[Hashable, AbstractSet[Address]]]:
        """List the keys with their addresses."""
        yield from ((key, frozenset((holder,))) for key, holder in self._alone.items())
        yield from self.crowded.items()


class Grouping(Struct, frozen=True, eq=False):
    """
    What the resources of one kind are indexed by.

    Attributes:
        keys: under which a resource stands, from it and its links; each once.
        reads: the fields that they depend on; a resource whose others change stands where it stood.
        linking: whether the links count.
    """

    kind: Kind
    keys: Callable[[Resource, tuple[Link, ...]], Iterable[Hashable]]
    reads: frozenset[str]
    linking: bool = False


def _name(resource: Resource, _links: tuple[Link, ...]) -> tuple[Hashable, ...]:
    # A system connector's name is the public tenant's: a tuple, which no name of ours can be.
    name = resource.fields.get("name")
    if not name:
        return ()
    return ((folded(name),),) if resource.system else (folded(name),)


def _default(resource: Resource, _links: tuple[Link, ...]) -> tuple[Hashable, ...]:
    return (resource.type,) if resource.fields.get("default") is True else ()


def _type(resource: Resource, _links: tuple[Link, ...]) -> tuple[Hashable, ...]:
    return (resource.type,)


def _targets(_resource: Resource, links: tuple[Link, ...]) -> set[Address]:
    return {target for _role, target in links}


def _inbound(resource: Resource, links: tuple[Link, ...]) -> tuple[Hashable, ...]:
    return (links[1][1],) if resource.fields.get("inbound") is True else ()


def _roles_if_running(resource: Resource, links: tuple[Link, ...]) -> tuple[Hashable, ...]:
    return (frozenset([role for role, _target in links]),) if resource.fields.get("running") is True else ()


_JOINED = frozenset({"agent", "channel"})

NAMES: Mapping[Kind, Grouping] = {
    kind: Grouping(kind, _name, frozenset({"name"})) for kind in (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)
}
DEFAULTS = Grouping(Kind.CONNECTOR, _default, frozenset({"type", "default"}))
CHANNEL_TYPES = Grouping(Kind.CHANNEL, _type, frozenset({"type"}))
ATTACHMENTS = Grouping(Kind.ATTACHMENT, _targets, _JOINED, linking=True)
INBOUND = Grouping(Kind.ATTACHMENT, _inbound, _JOINED | {"inbound"}, linking=True)
AGENTS_LINKING = Grouping(Kind.AGENT, _targets, frozenset({"connectors"}), linking=True)
RUNNING = Grouping(Kind.AGENT, _roles_if_running, frozenset({"connectors", "running"}), linking=True)

GROUPINGS: tuple[Grouping, ...] = (
    *NAMES.values(),
    DEFAULTS,
    CHANNEL_TYPES,
    ATTACHMENTS,
    INBOUND,
    AGENTS_LINKING,
    RUNNING,
)
"""Every index that a World may build."""
