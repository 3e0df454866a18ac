"""Which other resources a change may concern, so that planning it need not look at all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flametree_cfg.model import RESERVED_KEY, Address, Kind, Resource, Secret, Value, folded, links
from flametree_cfg.schema import Catalog

_GENERIC_ROLE = "uses"  # its connectors are called by name in any agent's instructions


class Line(NamedTuple):
    """
    A declaration in outline.

    `kind` is the text of a `Kind`; `outside` says external or system; a secret among the `fields` may be a `Secret` or
    its JSON. Any sequence that begins so is as good, a line of a file as it is.
    """

    kind: str
    key: str
    outside: bool
    fields: Mapping[str, Any]


AnyLine = Sequence[Any]
"""A `Line`, or what begins like one."""


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
    lines: Iterable[AnyLine],
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
        lines: everything that is declared.
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
    if not search.go_over(lines) and told:
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
                self._credentials.update(_references(fields.get("settings")))
            case Kind.AGENT:
                self._agents.add(address.key)
                self.found.update(target for _role, target in links(version))
                self.wants_generic = self.wants_generic or bool(fields.get("instructions"))
            case Kind.ATTACHMENT:
                self._agents.add(fields["agent"])
                self._channels.add(fields["channel"])

    def go_over(self, lines: Iterable[AnyLine]) -> bool:
        """Find what is near; tell whether everything that changed is still declared, if it is a connector."""
        by_kind: dict[str, list[AnyLine]] = {kind.value: [] for kind in Kind}
        for line in lines:
            by_kind[line[0]].append(line)
        ours = {address.key for address in self.found if address.kind is Kind.CONNECTOR and not address.foreign}
        stays = not ours.difference(line[1] for line in by_kind["connector"])
        agents, attachments = by_kind["agent"], by_kind["attachment"]
        self._named_kinds = frozenset(kind for kind, _ in self._names)
        if self._connectors:
            self._agents.update(line[1] for line in agents if self._connectors.intersection(_linked(line)))
        self._twins_of_credentials(by_kind["channel"])
        # The channels of the agents, and whoever else is on those: one inbound agent each, one restart each.
        self._channels.update(line[3]["channel"] for line in attachments if line[3]["agent"] in self._agents)
        for line in attachments:
            if line[3]["channel"] in self._channels:
                self.found.add(Address(Kind.ATTACHMENT, line[1]))
                self._agents.add(line[3]["agent"])
        self._agents.update(line[1] for line in agents if line[2] or self._named("agent", line))
        self._channels.update(line[1] for line in by_kind["channel"] if line[2] or self._named("channel", line))
        self.found.update(Address(Kind.CONNECTOR, key) for key in self._wanted_connectors(by_kind["connector"]))
        near_agents = (line for line in agents if line[1] in self._agents)
        self.found.update(Address(Kind.CONNECTOR, key) for line in near_agents for key in _linked(line))
        self.found.update(Address(Kind.AGENT, key) for key in self._agents)
        self.found.update(Address(Kind.CHANNEL, key) for key in self._channels)
        return stays

    def _twins_of_credentials(self, channels: Sequence[AnyLine]) -> None:
        """One bot or mailbox answers in one place: look at whoever has the same credential."""
        for line in channels if self._channels else ():
            if line[1] in self._channels:
                self._credentials.update(_references(line[3].get("settings")))
        for line in channels if self._credentials else ():
            if not self._credentials.isdisjoint(_references(line[3].get("settings"))):
                self._channels.add(line[1])

    def _wanted_connectors(self, connectors: Iterable[AnyLine]) -> Iterator[str]:
        for line in connectors:
            _, key, outside, fields, *_ = line
            generic = self.wants_generic and fields.get("type") in self.generic_types
            if outside or generic or fields.get("default") or self._named("connector", line):
                yield key

    def _named(self, kind: str, line: AnyLine) -> bool:
        return kind in self._named_kinds and (kind, folded(line[3].get("name") or "")) in self._names


def _linked(line: AnyLine) -> Iterator[str]:
    for keys in (line[3].get("connectors") or {}).values():
        if isinstance(keys, str):
            yield keys
        elif keys:
            yield from keys


def _references(value: Value) -> Iterator[str]:
    """List the references of secrets in a value, as `Secret` or as JSON."""
    if isinstance(value, Secret):
        yield value.reference
    elif isinstance(value, Mapping):
        if isinstance(reference := value.get(RESERVED_KEY), str):
            yield reference
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _references(item)
