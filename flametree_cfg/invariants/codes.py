"""Settings that tell an agent's connectors of one type apart, such as integration codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from flametree_cfg.errors import Diagnostic, Path, Related, error
from flametree_cfg.invariants.links import link_paths
from flametree_cfg.invariants.rule import Found, Scope
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Address, Kind, Resource, Value, folded

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog, TypeSpec

    _Company = tuple[Resource, TypeSpec, list[Resource]]

_Paths = Mapping[Address, Path]
"""Where an agent links each connector."""


def not_unique_per_agent(world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse two connectors of one type on an agent with the same integration code.

    Codes that differ in case only are one: the strictest reading, as for names.

    Source: domain.md R22; the type's `x-unique-per-agent`.
    """
    companies = _companies(world, catalog, scope)
    return _all_alike(companies) if companies else ()


def _all_alike(companies: Iterable[_Company]) -> Iterator[Diagnostic]:
    for agent, spec, connectors in companies:
        alike = [pair for setting in spec.unique_per_agent for pair in _alike(connectors, setting)]
        paths = _paths(agent) if alike else {}
        yield from (_same(agent, paths, *pair) for pair in alike)


def _alike(connectors: list[Resource], setting: str) -> Iterator[tuple[Resource, Resource, str]]:
    first: dict[str, Resource] = {}
    for connector in connectors:
        value = connector.settings.get(setting)
        if not _empty(value):
            holder = first.setdefault(folded(value) if isinstance(value, str) else repr(value), connector)
            if holder is not connector:
                yield connector, holder, setting


def _same(agent: Resource, paths: _Paths, connector: Resource, holder: Resource, setting: str) -> Diagnostic:
    return error(
        "not-unique-per-agent",
        "Setting must be unique among an agent's connectors of a type",
        f"`{setting}` of {connector.address} and of {holder.address} is the same, and {agent.address} links both",
        f"give one of them another `{setting}`",
        address=str(agent.address),
        path=paths[connector.address],
        related=(
            Related("is the same here", str(holder.address), ("settings", setting)),
            Related("and here", str(connector.address), ("settings", setting)),
        ),
    )


def required_when_many(world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse a connector without an integration code on an agent that links several of its type.

    Source: domain.md R22; the type's `x-required-when-many`.
    """
    companies = _companies(world, catalog, scope)
    return _all_lacking(companies) if companies else ()


def _all_lacking(companies: Iterable[_Company]) -> Iterator[Diagnostic]:
    for agent, spec, connectors in companies:
        lacking = [
            (connector, setting)
            for setting in spec.required_when_many
            for connector in connectors
            if _empty(connector.settings.get(setting)) and _shows_settings(connector)
        ]
        paths = _paths(agent) if lacking else {}
        yield from (_needed(agent, paths, *lack, len(connectors)) for lack in lacking)


def _needed(agent: Resource, paths: _Paths, connector: Resource, setting: str, number: int) -> Diagnostic:
    return error(
        "required-when-many",
        "Setting is required when an agent has several connectors of a type",
        f"{agent.address} links {number} of type {connector.type}, and {connector.address} has no `{setting}`",
        f"set `{setting}` on {connector.address}",
        address=str(agent.address),
        path=paths[connector.address],
        related=(Related("lacks it", str(connector.address), ("settings",)),),
    )


def _companies(world: World, catalog: Catalog, scope: Scope) -> list[_Company]:
    """List, for each agent, the types of which it links several connectors, those sorted by address."""
    resources, links_of = world.resources, world.links_of
    companies = []
    for agent in scope:
        links = links_of(agent.address)
        if len(links) < 2:
            continue
        linked = [r for _role, target in links if (r := resources.get(target)) is not None]
        if len({connector.fields.get("type") for connector in linked}) == len(linked):
            continue
        connectors = sorted({r.address: r for r in linked}.values(), key=lambda r: r.address)
        for type_name in dict.fromkeys(connector.type for connector in connectors):
            spec = catalog.get(Kind.CONNECTOR, type_name)
            company = [r for r in connectors if r.type == type_name]
            if spec and len(company) > 1 and (spec.unique_per_agent or spec.required_when_many):
                companies.append((agent, spec, company))
    return companies


def _empty(value: Value) -> bool:
    return value is None or value == ""


def _shows_settings(connector: Resource) -> bool:
    return bool(connector.settings) or not (connector.external or connector.system)


def _paths(agent: Resource) -> _Paths:
    return {target: path for (_role, target), path in link_paths(agent).items()}
