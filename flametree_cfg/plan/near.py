"""Which other resources a change may concern, so that planning it need not look at all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from flametree_cfg.model import Address, Kind, Resource, Sketch, credentials_of, folded, links
from flametree_cfg.schema import Catalog

_GENERIC_ROLE = "uses"  # its connectors are called by name in any agent's instructions


class Near(NamedTuple):
    """
    What a change may concern.

    Attributes:
        addresses: what has changed, and all that a rule or a step can look at because of it.
        generic: whether every connector that instructions may call by name is among them.
    """

    addresses: frozenset[Address]
    generic: bool


def near(
    changed: Mapping[Address, Sequence[Resource]],
    outside: Iterable[Resource],
    sketches: Iterable[Sketch],
    catalog: Catalog,
    *,
    told: bool = True,
) -> Near | None:
    """
    Find the part of a tenant that planning a change needs: what is left out is as it was, and judged already.

    It is closed under references: whatever an agent or an attachment in it refers to is in it. It holds every holder
    of a name that changes hands, every agent of a connector that changes, every default, everything external, and on
    every channel that is concerned all attachments.

    Args:
        changed: by address, every version of what differs: declared, stored and live, under our addresses.
        outside: what the platform has and the ledger does not know, under our addresses too.
        sketches: everything that is declared.
        catalog: the types.
        told: whether people are told what the change does, which takes more than judging it: any agent may speak of a
            connector that gets another name or goes, or link it in the portal.

    Returns:
        None where the change may concern everything: a default moves, a connector that is called by its name in
        instructions gets another one; and where people are told, any connector that gets another name or goes.
    """
    search = _Search(catalog)
    for versions in changed.values():
        if _concerns_all(versions, search.generic_types, told=told):
            return None
        for version in versions:
            search.begin_with(version)
    for resource in outside:
        search.begin_with(resource)
    search.found.update(changed)
    if not search.go_over(sketches) and told:
        return None
    return Near(frozenset(search.found), search.wants_generic)


def _concerns_all(versions: Sequence[Resource], generic_types: frozenset[str], *, told: bool) -> bool:
    if versions and versions[0].address.kind is not Kind.CONNECTOR:
        return False
    if any(version.fields.get("default") for version in versions):
        return True
    if told and len({version.name for version in versions}) > 1:
        return True
    generic = any(version.type in generic_types for version in versions)
    return generic and (len(versions) < 2 or len({(version.type, version.name) for version in versions}) > 1)


class _Search:
    """Follows a change through one pass over the tenant's outline."""

    def __init__(self, catalog: Catalog) -> None:
        role = catalog.roles.get(_GENERIC_ROLE)
        self.generic_types = frozenset(role.types) if role else frozenset[str]()
        self.wants_generic = False
        self.found: set[Address] = set()
        self._names: set[tuple[str, str]] = set()
        self._named_kinds = frozenset[str]()
        self._connectors: set[str] = set()
        self._channels: set[str] = set()
        self._agents: set[str] = set()
        self._credentials: set[str] = set()

    def begin_with(self, version: Resource) -> None:
        """Take one version of what changed."""
        address, fields = version.address, version.fields
        if name := fields.get("name"):
            self._names.add((address.kind.value, folded(name)))
        match address.kind:
            case Kind.CONNECTOR:
                self._connectors.add(address.key)
            case Kind.CHANNEL:
                self._channels.add(address.key)
                self._credentials.update(credentials_of(version))
            case Kind.AGENT:
                self._agents.add(address.key)
                self.found.update(target for _role, target in links(version))
                self.wants_generic = self.wants_generic or bool(fields.get("instructions"))
            case Kind.ATTACHMENT:
                self._agents.add(fields["agent"])
                self._channels.add(fields["channel"])

    def go_over(self, sketches: Iterable[Sketch]) -> bool:
        """Find what is near; tell whether everything that changed is still declared, if it is a connector."""
        by_kind: dict[str, list[Sketch]] = {kind.value: [] for kind in Kind}
        for one in sketches:
            by_kind[one.kind].append(one)
        ours = {address.key for address in self.found if address.kind is Kind.CONNECTOR and not address.foreign}
        stays = not ours.difference(one.key for one in by_kind["connector"])
        agents, attachments = by_kind["agent"], by_kind["attachment"]
        self._named_kinds = frozenset(kind for kind, _ in self._names)
        if self._connectors:
            self._agents.update(one.key for one in agents if not self._connectors.isdisjoint(one.linked))
        self._twins_of_credentials(by_kind["channel"])
        # The channels of the agents, and whoever else is on those: one inbound agent each, one restart each.
        self._channels.update(one.channel_key for one in attachments if one.agent_key in self._agents)
        for one in attachments:
            if one.channel_key in self._channels:
                self.found.add(Address(Kind.ATTACHMENT, one.key))
                self._agents.add(one.agent_key)
        self._agents.update(one.key for one in agents if one.outside or self._named(one))
        self._channels.update(one.key for one in by_kind["channel"] if one.outside or self._named(one))
        self.found.update(Address(Kind.CONNECTOR, key) for key in self._wanted_connectors(by_kind["connector"]))
        near_agents = (one for one in agents if one.key in self._agents)
        self.found.update(Address(Kind.CONNECTOR, key) for one in near_agents for key in one.linked)
        self.found.update(Address(Kind.AGENT, key) for key in self._agents)
        self.found.update(Address(Kind.CHANNEL, key) for key in self._channels)
        return stays

    def _twins_of_credentials(self, channels: Sequence[Sketch]) -> None:
        """One bot or mailbox answers in one place: look at whoever has the same credential."""
        for one in channels if self._channels else ():
            if one.key in self._channels:
                self._credentials.update(one.credentials)
        for one in channels if self._credentials else ():
            if not self._credentials.isdisjoint(one.credentials):
                self._channels.add(one.key)

    def _wanted_connectors(self, connectors: Iterable[Sketch]) -> Iterator[str]:
        for one in connectors:
            generic = self.wants_generic and one.type in self.generic_types
            if one.outside or generic or one.default or self._named(one):
                yield one.key

    def _named(self, one: Sketch) -> bool:
        return one.kind in self._named_kinds and (one.kind, folded(one.name)) in self._names
