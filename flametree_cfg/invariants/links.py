"""What refers to what, and whether it may."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from flametree_cfg.errors import Diagnostic, Path, Related, error
from flametree_cfg.invariants.rule import Found, Scope
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Address, Resource, references

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog

# Looking for the nearest key goes over all of them, and a stranger's YAML may hold thousands of wrong ones.
_SUGGESTIONS = 10  # a check
_CANDIDATES = 1000  # keys compared for one suggestion

_Lists = list[tuple[Resource, str, list[str]]]


def missing_reference(world: World, _catalog: Catalog, scope: Scope) -> Found:
    """Refuse a link or an attachment to something that does not exist."""
    lost = _lost(world, scope)
    return _all_missing(world, lost) if lost else ()


def _all_missing(world: World, lost: Scope) -> Iterator[Diagnostic]:
    missing = [
        (resource.address, path, target)
        for resource in lost
        for path, target in references(resource)
        if target not in world
    ]
    for index, (address, path, target) in enumerate(sorted(missing, key=lambda m: (m[0], m[2]))):
        yield _missing(address, path, target, _nearest(world, target) if index < _SUGGESTIONS else "")


def _lost(world: World, scope: Scope) -> list[Resource]:
    """List what links to something that does not exist."""
    resources, links_of = world.resources, world.links_of
    lost = []
    for resource in scope:
        for _name, target in links_of(resource.address):
            if target not in resources:
                lost.append(resource)
                break
    return lost


def _missing(address: Address, path: Path, target: Address, nearest: str) -> Diagnostic:
    return error(
        "missing-reference",
        "Reference to something that does not exist",
        f"there is no {target}",
        f"did you mean `{nearest}`?" if nearest else f"declare it under `{target.kind.section}`, or remove this",
        address=str(address),
        path=path,
    )


def _nearest(world: World, target: Address) -> str:
    from difflib import get_close_matches

    keys = {
        resource.address.key
        for resource in world
        if resource.address.kind is target.kind
        and resource.address.key[0] == target.key[0]
        and abs(len(resource.address.key) - len(target.key)) <= 2
    }
    if len(keys) > _CANDIDATES:
        return ""
    return next(iter(get_close_matches(target.key, sorted(keys), n=1, cutoff=0.75)), "")


def wrong_role(world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse a connector in a role that its type does not fill, and a role that agents do not have.

    Source: domain.md 3.3.
    """
    resources, links_of, fills = world.resources, world.links_of, _fills(catalog)
    wrong = [
        (agent, role_name, connector)
        for agent in scope
        for role_name, target in links_of(agent.address)
        if (connector := resources.get(target)) is not None
        and (role_name, connector.fields.get("type", "")) not in fills
    ]
    return [_wrong_role(catalog, *link) for link in wrong] if wrong else ()


@lru_cache(maxsize=8)  # asked at every step of a plan; a catalog never changes
def _fills(catalog: Catalog) -> frozenset[tuple[str, str]]:
    """List the roles with the types that fill them."""
    return frozenset((role.name, type_name) for role in catalog.roles.values() for type_name in role.types)


def _wrong_role(catalog: Catalog, agent: Resource, role_name: str, connector: Resource) -> Diagnostic:
    role = catalog.roles.get(role_name)
    takes = f"takes {' or '.join(role.types)}" if role else "is no role of an agent"
    fitting = sorted(f"`{role.name}`" for role in catalog.roles.values() if connector.type in role.types)
    return error(
        "wrong-role",
        "Connector does not fill this role",
        f"{connector.address} is of type {connector.type}, `{role_name}` {takes}",
        f"link it under {' or '.join(fitting)}, or another one here" if fitting else "link a connector of another type",
        address=str(agent.address),
        path=link_paths(agent)[role_name, connector.address],
        related=(Related("is declared as another type", str(connector.address), ("type",)),),
    )


def too_many_in_role(_world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse several connectors in a role that takes one.

    Source: domain.md 3.3: "many" is stated only for MCP, OpenAPI and TTS.
    """
    lists = _lists(scope)
    return _too_many(catalog, lists) if lists else ()


def _too_many(catalog: Catalog, lists: _Lists) -> Iterator[Diagnostic]:
    for agent, name, keys in lists:
        role = catalog.roles.get(name)
        if role is not None and not role.many:
            yield error(
                "too-many-in-role",
                "Role takes one connector",
                f"`{name}` of {agent.address} has {len(keys)}",
                "keep one of them",
                address=str(agent.address),
                path=("connectors", name, 1),
            )


def linked_twice(_world: World, _catalog: Catalog, scope: Scope) -> Found:
    """Refuse a connector that stands twice in one role: roles are sets, or an order without repetition."""
    lists = _lists(scope)
    return _twice(lists) if lists else ()


def _twice(lists: _Lists) -> Iterator[Diagnostic]:
    for agent, name, keys in lists:
        if len(set(keys)) == len(keys):
            continue
        seen: set[str] = set()
        index = next(i for i, key in enumerate(keys) if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        yield error(
            "linked-twice",
            "Connector is linked twice in one role",
            f"connector.{keys[index]} stands more than once under `{name}` of {agent.address}",
            "remove all but one",
            address=str(agent.address),
            path=("connectors", name, index),
        )


def _lists(scope: Scope) -> _Lists:
    """List the roles in which agents link several connectors."""
    return [
        (agent, name, list(keys))
        for agent in scope
        for name, keys in (agent.fields.get("connectors") or {}).items()
        if not isinstance(keys, str) and keys is not None and len(keys) > 1
    ]


def link_paths(agent: Resource) -> dict[tuple[str, Address], Path]:
    """Tell where an agent links each of its connectors: `("connectors", "mcp", 1)`."""
    return {(str(path[1]), target): path for path, target in references(agent)}
