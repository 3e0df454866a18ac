"""Names are taken once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flametree_cfg.errors import Diagnostic, Related, error
from flametree_cfg.invariants.index import NAMES
from flametree_cfg.invariants.rule import Found, Scope
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Address, Resource, folded

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog


def duplicate_name(world: World, _catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse a second resource of a kind with the same name, whatever their types.

    Names that a platform might take for one are one: see `model.folded`.

    Source: domain.md R1 for connectors; channels and agents alike, because people and rules call them by name.
    """
    taken_twice = scope and world.index(NAMES[scope[0].address.kind]).crowded
    return _duplicates(world, scope) if taken_twice else ()


def _duplicates(world: World, scope: Scope) -> Iterator[Diagnostic]:
    seen: set[tuple[str, bool]] = set()
    for resource in scope:
        group = folded(resource.name)
        holders = world.named(resource.address.kind, group, system=resource.system)
        if len(holders) > 1 and (group, resource.system) not in seen:
            seen.add((group, resource.system))
            first, *others = sorted(holders)
            yield from (_taken(world, other, first) for other in others)


def _taken(world: World, address: Address, first: Address) -> Diagnostic:
    return error(
        "duplicate-name",
        "Two resources of one kind have the same name",
        f"{first} is called {_quoted(world.get(first))}, {address} is called {_quoted(world.get(address))}; "
        "case, spaces around and lookalike forms of a letter do not count",
        f"give one of them another `name`: it must be the only {address.kind.value} of the tenant with it",
        address=str(address),
        path=("name",),
        related=(Related("has the name too", str(first), ("name",)),),
    )


def _quoted(resource: Resource | None) -> str:
    return f"`{resource.name}`" if resource else "the same"
