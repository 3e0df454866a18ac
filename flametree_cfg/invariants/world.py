"""A tenant that can be changed one resource at a time and asked at once: what rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import cast

from flametree_cfg.invariants.index import (
    AGENTS_LINKING,
    ATTACHMENTS,
    CHANNEL_TYPES,
    DEFAULTS,
    INBOUND,
    NAMES,
    RUNNING,
    Grouping,
    Index,
    Link,
)
from flametree_cfg.model import Address, Kind, Resource, agent, channel, links

# A member costs more to look up than the rest of a comparison.
_CONNECTOR, _AGENT, _ATTACHMENT = Kind.CONNECTOR, Kind.AGENT, Kind.ATTACHMENT

_LINKED = frozenset({"connectors", "agent", "channel"})
"""The fields that links are read from."""


class World:
    """
    One tenant's resources with the indexes that make every question of a rule a lookup.

    A plan is simulated on one World: `put`, check, and where the step was illegal `put` what was there before. So each
    change costs microseconds, and undoing one restores every index exactly. An index is built when it is first asked
    and kept up from then on: who only judges a tenant, or finds nothing to change, pays for few.

    What its methods give are views: copy before changing the World while going over one.
    """

    __slots__ = ("_defaulted", "_indexes", "_links", "_of_kind", "_resources")

    def __init__(self) -> None:
        self._resources: dict[Address, Resource] = {}
        self._indexes: dict[Kind, dict[Grouping, Index]] = {kind: {} for kind in Kind}
        self._of_kind: dict[Kind, list[Resource]] = {}  # empty again after every change
        self._links: dict[Address, tuple[Link, ...]] = {}  # of those that were asked for
        # No index but a memory: it only grows, and undoing does not touch it.
        self._defaulted: dict[Address, set[str]] = {}

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> World:
        """Build it from the resources of a snapshot or a tenant, one per address."""
        world = cls()
        world._resources = {resource.address: resource for resource in resources}
        return world

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources.values())

    def __len__(self) -> int:
        return len(self._resources)

    def __contains__(self, address: Address) -> bool:
        return address in self._resources

    @property
    def resources(self) -> Mapping[Address, Resource]:
        """Give all resources by address, for rules that look up thousands."""
        return self._resources

    def get(self, address: Address) -> Resource | None:
        """Give the resource at an address."""
        return self._resources.get(address)

    def of_kind(self, kind: Kind) -> Sequence[Resource]:
        """List the resources of a kind; after a change this goes over all that there are."""
        if not self._of_kind:
            self._of_kind = {each: [] for each in Kind}
            for resource in self._resources.values():
                self._of_kind[resource.address.kind].append(resource)
        return self._of_kind[kind]

    def put(self, resource: Resource) -> Resource | None:
        """Place a resource at its address; returns what was there."""
        address = resource.address
        before = self._resources.get(address)
        self._resources[address] = resource
        if self._of_kind:
            self._of_kind = {}
        if before is None:
            self._enter(resource)
        else:
            self._stay(before, resource)
        return before

    def remove(self, address: Address) -> Resource | None:
        """Take a resource away; returns what was there. What refers to it stays as it is."""
        before = self._resources.get(address)
        if before is not None:
            self._leave(before)
            del self._resources[address]
            self._links.pop(address, None)
            if self._of_kind:
                self._of_kind = {}
        return before

    def index(self, grouping: Grouping) -> Index:
        """Give an index, built from all that is there if it was not asked before."""
        of_kind = self._indexes[grouping.kind]
        index = of_kind.get(grouping)
        if index is None:
            index = of_kind[grouping] = self._built(grouping)
        return index

    def named(self, kind: Kind, folded_name: str, *, system: bool = False) -> AbstractSet[Address]:
        """
        List who has a name (see `model.folded`).

        System connectors have names of their own: they belong to the public tenant, not to this one (domain.md R1, R5).
        """
        return self.index(NAMES[kind]).of((folded_name,) if system else folded_name)

    def defaults(self, type_name: str) -> AbstractSet[Address]:
        """List the default connectors of a type; more than one breaks a rule."""
        return self.index(DEFAULTS).of(type_name)

    def default_of(self, type_name: str) -> Address | None:
        """Give the default connector of a type, the first by address if there are several."""
        return min(self.defaults(type_name), default=None)

    def defaulted(self, address: Address) -> AbstractSet[str]:
        """List the types this connector is the default of, or was at some time since this World was made."""
        memory: AbstractSet[str] = self._defaulted.get(address, frozenset())
        resource = self._resources.get(address)
        return memory | {resource.type} if resource and _is_default(resource) else memory

    def channel_types(self) -> AbstractSet[str]:
        """List the types that channels here are of."""
        return cast("AbstractSet[str]", self.index(CHANNEL_TYPES).keys())

    def channels_of(self, type_name: str) -> AbstractSet[Address]:
        """List the channels of a type."""
        return self.index(CHANNEL_TYPES).of(type_name)

    def inbound_of(self, channel_address: Address) -> AbstractSet[Address]:
        """List the attachments that answer on a channel; more than one breaks a rule."""
        return self.index(INBOUND).of(channel_address)

    def attachments_of(self, address: Address) -> AbstractSet[Address]:
        """List the attachments of an agent or of a channel."""
        return self.index(ATTACHMENTS).of(address)

    def agents_linking(self, connector_address: Address) -> AbstractSet[Address]:
        """List the agents that link a connector, whether it exists or not."""
        return self.index(AGENTS_LINKING).of(connector_address)

    def links_of(self, address: Address) -> tuple[Link, ...]:
        """List what an agent links, with the role of each; of an attachment its agent and its channel."""
        found = self._links.get(address)
        if found is None:
            resource = self._resources.get(address)
            found = _links(resource) if resource else ()
            if found:
                self._links[address] = found
        return found

    def running_without(self, role: str) -> Iterator[Address]:
        """List the running agents that link nothing in a role; costs as many steps as there are of them."""
        for roles, agents in self.index(RUNNING).items():
            if role not in cast("frozenset[str]", roles):
                yield from agents

    def _built(self, grouping: Grouping) -> Index:
        keys, links_of = grouping.keys, self.links_of
        of_kind = self.of_kind(grouping.kind)
        if grouping.linking:
            pairs = [(key, one.address) for one in of_kind for key in keys(one, links_of(one.address))]
        else:
            pairs = [(key, one.address) for one in of_kind for key in keys(one, ())]
        return Index(pairs)

    def _enter(self, resource: Resource) -> None:
        address = resource.address
        for grouping, index in self._indexes[address.kind].items():
            for key in grouping.keys(resource, self.links_of(address) if grouping.linking else ()):
                index.add(key, address)

    def _leave(self, resource: Resource) -> None:
        address = resource.address
        self._remember(resource)
        for grouping, index in self._indexes[address.kind].items():
            for key in grouping.keys(resource, self.links_of(address) if grouping.linking else ()):
                index.discard(key, address)

    def _stay(self, before: Resource, resource: Resource) -> None:
        """Move what took another one's place to where it belongs: in most indexes it belongs where that stood."""
        address = resource.address
        self._remember(before)
        differing = _differing(before, resource)
        if differing.isdisjoint(_LINKED):
            links = links_before = self.links_of(address)
        else:
            self._links.pop(address, None)
            links_before, links = _links(before), self.links_of(address)
        for grouping, index in self._indexes[address.kind].items():
            if grouping.reads.isdisjoint(differing):
                continue
            for key in grouping.keys(before, links_before):
                index.discard(key, address)
            for key in grouping.keys(resource, links):
                index.add(key, address)

    def _remember(self, resource: Resource) -> None:
        if resource.address.kind is _CONNECTOR and _is_default(resource):
            self._defaulted.setdefault(resource.address, set()).add(resource.type)


def _differing(before: Resource, resource: Resource) -> AbstractSet[str]:
    """Name the fields that are not the very same; all of them where it was or becomes a system's."""
    was, now = before.fields, resource.fields
    if before.system is not resource.system:
        return was.keys() | now.keys()
    return {key for key, value in now.items() if was.get(key, now) is not value} | (was.keys() - now.keys())


def _is_default(resource: Resource) -> bool:
    return resource.fields.get("default") is True


def _links(resource: Resource) -> tuple[Link, ...]:
    kind = resource.address.kind
    if kind is _AGENT:
        return tuple(links(resource))
    if kind is _ATTACHMENT:
        return ("agent", agent(resource.fields["agent"])), ("channel", channel(resource.fields["channel"]))
    return ()
