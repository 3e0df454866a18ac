"""Places that one resource holds at a time: the default of a type, inbound on a channel."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from flametree_cfg.errors import Diagnostic, Related, error
from flametree_cfg.invariants.index import DEFAULTS, INBOUND
from flametree_cfg.invariants.rule import Found, Scope
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Address, Kind
from flametree_cfg.model import channel as channel_address

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog


Crowded = Mapping[Hashable, AbstractSet[Address]]


def two_defaults(world: World, _catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse a second default connector of a type.

    Source: domain.md R2, R3.
    """
    crowded = world.index(DEFAULTS).crowded
    return _second_defaults(crowded, scope) if crowded else ()


def _second_defaults(crowded: Crowded, scope: Scope) -> Iterator[Diagnostic]:
    for type_name in dict.fromkeys(r.type for r in scope if r.fields.get("default") is True):
        if type_name in crowded:
            first, *others = sorted(crowded[type_name])
            yield from (_second_default(type_name, other, first) for other in others)


def _second_default(type_name: str, address: Address, first: Address) -> Diagnostic:
    return error(
        "two-defaults",
        "Type has two default connectors",
        f"{first} is already the default {type_name}",
        "set `default: false` on one of them",
        address=str(address),
        path=("default",),
        related=(Related("is the default too", str(first), ("default",)),),
    )


def two_inbound_agents(world: World, _catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse a second inbound agent on a channel, of whatever type.

    Source: domain.md R11, R12; for the types where the portal only advises it, it is kept all the same.
    """
    crowded = world.index(INBOUND).crowded
    return _second_answers(world, crowded, scope) if crowded else ()


def _second_answers(world: World, crowded: Crowded, scope: Scope) -> Iterator[Diagnostic]:
    answered = (r.fields["channel"] for r in scope if r.fields.get("inbound") is True)
    for channel in map(channel_address, dict.fromkeys(answered)):
        if channel in crowded:
            first, *others = sorted(crowded[channel])
            yield from (_second_inbound(world, channel, other, first) for other in others)


def _second_inbound(world: World, channel: Address, address: Address, first: Address) -> Diagnostic:
    holder = world.get(first)
    agent = Address(Kind.AGENT, holder.fields["agent"]) if holder else first
    return error(
        "two-inbound-agents",
        "Channel has two inbound agents",
        f"{channel} is already answered by {agent}",
        "set `inbound: false` on one of them",
        address=str(address),
        path=("inbound",),
        related=(Related("answers already", str(first), ("inbound",)),),
    )
