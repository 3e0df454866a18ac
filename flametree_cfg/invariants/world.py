"""A tenant that can be changed one resource at a time and asked at once: what rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from flametree_cfg.model import Address, Kind, Resource, folded, links

Link = tuple[str, Address]
"""A role and the connector that fills it."""

_Index = dict[Any, set[Address]]
_Place = tuple[_Index, Any]  # an index and the key under which something stands in it
_NONE: frozenset[Address] = frozenset()


class World:
    """
    One tenant's resources with the indexes that make every question of a rule a lookup.

    A plan is simulated on one World: `put`, check, and where the step was illegal `put` what was there before. So each
    change costs microseconds, and undoing one restores every index exactly.

    What its methods give are views: copy before changing the World while going over one.
    """

    __slots__ = (
        "_agents_linking",
        "_attachments",
        "_channels",
        "_defaulted",
        "_defaults",
        "_inbound",
        "_links",
        "_named",
        "_resources",
        "_running",
    )

    def __init__(self) -> None:
        self._resources: dict[Address, Resource] = {}
        self._named: _Index = {}  # by kind, folded name, whether it is the public tenant's
        self._defaults: _Index = {}  # by connector type
        self._channels: _Index = {}  # by channel type
        self._attachments: _Index = {}  # by agent, and by channel
        self._inbound: _Index = {}  # by channel
        self._agents_linking: _Index = {}  # by connector
        self._running: _Index = {}  # by the set of roles in which a running agent links something
        self._links: dict[Address, tuple[Link, ...]] = {}
        # No index but a memory: it only grows, and undoing does not touch it.
        self._defaulted: dict[Address, set[str]] = {}

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> World:
        """Build it from the resources of a snapshot or a tenant, one per address."""
        world = cls()
        for resource in resources:
            world.put(resource)
        return world

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources.values())

    def __len__(self) -> int:
        return len(self._resources)

    def __contains__(self, address: Address) -> bool:
        return address in self._resources

    def get(self, address: Address) -> Resource | None:
        """Give the resource at an address."""
        return self._resources.get(address)

    def put(self, resource: Resource) -> Resource | None:
        """Place a resource at its address; returns what was there."""
        before = self._resources.get(resource.address)
        if before is not None:
            self._leave(before)
        self._resources[resource.address] = resource
        self._enter(resource)
        return before

    def remove(self, address: Address) -> Resource | None:
        """Take a resource away; returns what was there. What refers to it stays as it is."""
        before = self._resources.pop(address, None)
        if before is not None:
            self._leave(before)
        return before

    def named(self, kind: Kind, folded_name: str, *, system: bool = False) -> AbstractSet[Address]:
        """
        List who has a name (see `model.folded`).

        System connectors have names of their own: they belong to the public tenant, not to this one (domain.md R1, R5).
        """
        return self._named.get((kind, folded_name, system), _NONE)

    def defaults(self, type_name: str) -> AbstractSet[Address]:
        """List the default connectors of a type; more than one breaks a rule."""
        return self._defaults.get(type_name, _NONE)

    def default_of(self, type_name: str) -> Address | None:
        """Give the default connector of a type, the first by address if there are several."""
        return min(self._defaults.get(type_name, _NONE), default=None)

    def defaulted(self, address: Address) -> AbstractSet[str]:
        """List the types this connector is the default of, or was at some time since this World was made."""
        return self._defaulted.get(address, frozenset())

    def channel_types(self) -> AbstractSet[str]:
        """List the types that channels here are of."""
        return self._channels.keys()

    def channels_of(self, type_name: str) -> AbstractSet[Address]:
        """List the channels of a type."""
        return self._channels.get(type_name, _NONE)

    def inbound_of(self, channel_address: Address) -> AbstractSet[Address]:
        """List the attachments that answer on a channel; more than one breaks a rule."""
        return self._inbound.get(channel_address, _NONE)

    def attachments_of(self, address: Address) -> AbstractSet[Address]:
        """List the attachments of an agent or of a channel."""
        return self._attachments.get(address, _NONE)

    def agents_linking(self, connector_address: Address) -> AbstractSet[Address]:
        """List the agents that link a connector, whether it exists or not."""
        return self._agents_linking.get(connector_address, _NONE)

    def links_of(self, address: Address) -> tuple[Link, ...]:
        """List what an agent links, with the role of each; of an attachment its agent and its channel."""
        return self._links.get(address, ())

    def dangling(self, address: Address) -> list[Link]:
        """List the links of an agent or an attachment that lead to nothing."""
        return [link for link in self._links.get(address, ()) if link[1] not in self._resources]

    def running_without(self, role: str) -> Iterator[Address]:
        """List the running agents that link nothing in a role; costs as many steps as there are of them."""
        for roles, agents in self._running.items():
            if role not in roles:
                yield from agents

    def _enter(self, resource: Resource) -> None:
        address = resource.address
        if address.kind is Kind.AGENT:
            self._links[address] = tuple(links(resource))
        elif address.kind is Kind.ATTACHMENT:
            fields = resource.fields
            agent, channel = Address(Kind.AGENT, fields["agent"]), Address(Kind.CHANNEL, fields["channel"])
            self._links[address] = (("agent", agent), ("channel", channel))
        elif resource.fields.get("default") is True and address.kind is Kind.CONNECTOR:
            self._defaulted.setdefault(address, set()).add(resource.type)
        for index, key in self._places(resource):
            bucket = index.get(key)
            if bucket is None:
                index[key] = {address}
            else:
                bucket.add(address)

    def _leave(self, resource: Resource) -> None:
        address = resource.address
        for index, key in self._places(resource):
            bucket = index[key]
            bucket.remove(address)
            if not bucket:
                del index[key]
        self._links.pop(address, None)

    def _places(self, resource: Resource) -> list[_Place]:
        """List where a resource stands in the indexes: entering and leaving cannot disagree."""
        address, fields = resource.address, resource.fields
        kind = address.kind
        if kind is Kind.ATTACHMENT:
            return self._places_of_attachment(resource)
        places: list[_Place] = []
        if name := fields.get("name"):
            places.append((self._named, (kind, folded(name), resource.system)))
        if kind is Kind.AGENT:
            places.extend(self._places_of_agent(resource))
        elif kind is Kind.CHANNEL:
            places.append((self._channels, resource.type))
        elif fields.get("default") is True:
            places.append((self._defaults, resource.type))
        return places

    def _places_of_agent(self, resource: Resource) -> list[_Place]:
        linked = self._links[resource.address]
        places: list[_Place] = [(self._agents_linking, target) for target in {target for _role, target in linked}]
        if resource.fields.get("running") is True:
            places.append((self._running, frozenset([role for role, _target in linked])))
        return places

    def _places_of_attachment(self, resource: Resource) -> list[_Place]:
        (_, agent), (_, channel) = self._links[resource.address]
        places: list[_Place] = [(self._attachments, agent), (self._attachments, channel)]
        if resource.fields.get("inbound") is True:
            places.append((self._inbound, channel))
        return places
