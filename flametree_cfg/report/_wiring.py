"""What a tenant looks like as a picture: objects, what leads from one to another, and what happens to each."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.model import Address, Kind, Resource, agent, channel, links


class Mark(enum.StrEnum):
    """What happens to an object or a connection, or was found there; later ones outweigh earlier ones."""

    NONE = ""
    RESTART = "restart"
    CREATE = "create"
    CHANGE = "change"
    REPLACE = "replace"
    DELETE = "delete"
    OUTSIDE = "added outside"
    WARNING = "warning"
    ERROR = "error"

    @property
    def sign(self) -> str:
        """What stands beside the word, so that colour never carries the meaning alone."""
        return _SIGNS[self]

    @property
    def tone(self) -> str:
        """The word that style sheets know."""
        return "outside" if self is Mark.OUTSIDE else self.value or "same"


_SIGNS = {
    Mark.NONE: "",
    Mark.RESTART: "\u21bb",
    Mark.CREATE: "+",
    Mark.CHANGE: "~",
    Mark.REPLACE: "\u00b1",
    Mark.DELETE: "\u2212",
    Mark.OUTSIDE: "?",
    Mark.WARNING: "!",
    Mark.ERROR: "\u2715",
}


class Node(Struct, frozen=True):
    """
    One connector, channel or agent.

    Attributes:
        default: agents that select none of its type use it.
        restarts: whatever else happens to it.
    """

    address: Address
    type: str = ""
    name: str = ""
    default: bool = False
    mark: Mark = Mark.NONE
    restarts: bool = False

    @property
    def sign(self) -> str:
        """What stands beside it: what happens to it, and whether it restarts."""
        again = Mark.RESTART.sign if self.restarts and self.mark is not Mark.RESTART else ""
        return " ".join(part for part in (again, self.mark.sign) if part)


class Edge(Struct, frozen=True):
    """
    One connection of an agent.

    Attributes:
        source, target: from a channel to the agent that is on it, from an agent to a connector it uses.
        label: `inbound`, `outbound`, `attached` where neither is known; or the role that the connector fills.
    """

    source: Address
    target: Address
    label: str
    mark: Mark = Mark.NONE


class Wiring(Struct, frozen=True):
    """
    A tenant as a picture.

    Attributes:
        nodes: sorted by address.
        edges: sorted; both ends are among the nodes.
        left_out: objects that are not shown.
    """

    tenant: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int = 0

    @property
    def marks(self) -> tuple[Mark, ...]:
        """List what happens anywhere in it, for a legend."""
        found = {part for node in self.nodes for part in (node.mark, node.restarts and Mark.RESTART)}
        found.update(edge.mark for edge in self.edges)
        return tuple(mark for mark in Mark if mark and mark in found)


def wiring(
    tenant: str,
    resources: Iterable[Resource],
    marks: Mapping[Address, Mark] | None = None,
    before: Iterable[Resource] = (),
    restarts: Collection[Address] = (),
) -> Wiring:
    """
    Make the picture of a tenant.

    Args:
        tenant: its name.
        resources: as they will be, or as they are.
        marks: what happens to them; of an attachment it is the connection's.
        before: those of them that were different, and those that go, as they were.
        restarts: those that stop and start.
    """
    marks = marks or {}
    after, gone = list(resources), list(before)
    there = {resource.address: resource for resource in (*gone, *after) if resource.address.kind is not Kind.ATTACHMENT}
    edges = dict(_edges(after, gone, marks))
    nodes = {address: _node(resource, marks, restarts) for address, resource in there.items()}
    for address in (*(end for key in edges for end in key[:2]), *marks):
        if address.kind is not Kind.ATTACHMENT and address not in nodes:
            nodes[address] = Node(address, mark=marks.get(address, Mark.NONE))
    drawn = (Edge(*key, mark) for key, mark in edges.items())
    return Wiring(
        tenant,
        tuple(nodes[address] for address in sorted(nodes)),
        tuple(sorted(drawn, key=lambda edge: (edge.source, edge.target, edge.label))),
    )


_EdgeKey = tuple[Address, Address, str]
_ATTACHED = frozenset({"inbound", "outbound", "attached"})


def _edges(
    after: Sequence[Resource], before: Sequence[Resource], marks: Mapping[Address, Mark]
) -> Iterator[tuple[_EdgeKey, Mark]]:
    """Compare the connections of what changed; all others stay as they are."""
    now = {key: (mark, owner) for key, mark, owner in _connections(after, marks)}
    here = {resource.address: resource for resource in after}
    then = {key for key, _, _ in _connections([one for one in before if _counts(one, here)], {})}
    then = {key for key in then if key[0] not in here or key[2] in _roles(here[key[0]])}
    touched = {resource.address for resource in before if resource.address.kind is Kind.AGENT}
    for key, (mark, owner) in now.items():
        created = owner.kind is Kind.AGENT and (owner in touched or marks.get(owner) is Mark.CREATE)
        yield key, Mark.CREATE if created and key not in then else mark
    yield from ((key, Mark.DELETE) for key in then - now.keys())


def _counts(resource: Resource, here: Mapping[Address, Resource]) -> bool:
    """Leave out attachments that stay: those are one connection that changes."""
    return resource.address.kind is not Kind.ATTACHMENT or resource.address not in here


def _roles(resource: Resource) -> AbstractSet[str]:
    """Name the connections that a resource speaks of: of an agent the roles it declares, of a channel all."""
    if resource.address.kind is Kind.CHANNEL:
        return _ATTACHED
    return frozenset(resource.fields.get("connectors") or ())


def _connections(
    resources: Iterable[Resource], marks: Mapping[Address, Mark]
) -> Iterator[tuple[_EdgeKey, Mark, Address]]:
    for resource in resources:
        address = resource.address
        if address.kind is Kind.AGENT:
            for role, target in links(resource):
                yield (address, target, role), Mark.NONE, address
        elif address.kind is Kind.ATTACHMENT:
            ends = (channel(address.channel_key), agent(address.agent_key))
            yield (*ends, _direction(resource)), marks.get(address, Mark.NONE), address


def _direction(attachment: Resource) -> str:
    inbound = attachment.fields.get("inbound")
    return "attached" if inbound is None else "inbound" if inbound else "outbound"


def _node(resource: Resource, marks: Mapping[Address, Mark], restarts: Collection[Address]) -> Node:
    address = resource.address
    mark = marks.get(address, Mark.NONE)
    default = bool(resource.fields.get("default"))
    return Node(address, resource.type, resource.name, default, mark, address in restarts)


def around_changes(whole: Wiring, most: int) -> Wiring:
    """
    Keep a picture small: of a large tenant only what changes, with its neighbours.

    Args:
        whole: all of it.
        most: objects to show.
    """
    if len(whole.nodes) <= most:
        return whole
    marked = {node.address for node in whole.nodes if node.mark}
    marked.update(end for edge in whole.edges if edge.mark for end in (edge.source, edge.target))
    near = {end for edge in whole.edges for end in (edge.source, edge.target) if {edge.source, edge.target} & marked}
    chosen = [*sorted(marked), *sorted(near - marked)][:most]
    return _only(whole, frozenset(chosen))


def _only(whole: Wiring, chosen: AbstractSet[Address]) -> Wiring:
    nodes = tuple(node for node in whole.nodes if node.address in chosen)
    edges = tuple(edge for edge in whole.edges if edge.source in chosen and edge.target in chosen)
    return replace(whole, nodes=nodes, edges=edges, left_out=len(whole.nodes) - len(nodes))
