"""Connectors that an agent cannot do without: to run at all, and on a channel that asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from flametree_cfg.errors import Diagnostic, Related, error
from flametree_cfg.invariants.index import DEFAULTS
from flametree_cfg.invariants.rule import Found, Scope
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Address, Kind, Resource

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog, Role


@lru_cache(maxsize=8)  # asked at every step of a plan; a catalog never changes
def roles_to_run(catalog: Catalog) -> tuple[Role, ...]:
    """List the roles without which no agent runs: those whose type file says `required_to_run` under `x-role`."""
    return tuple(role for role in catalog.roles.values() if _says_required(catalog, role))


def _says_required(catalog: Catalog, role: Role) -> bool:
    specs = (catalog.get(Kind.CONNECTOR, name) for name in role.types)
    return any(spec.schema.get("x-role", {}).get("required_to_run") is True for spec in specs if spec)


def running_without_role(world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse an agent that runs without what every agent needs, such as an LLM.

    The default connector of the role's type counts: it serves agents that select none.

    Source: domain.md R4, R21; Q1 is decided as S-CONN reads, because its page is the newer one about defaults.
    """
    running = [agent for agent in scope if agent.fields.get("running") is True]
    uncovered = [role for role in roles_to_run(catalog) if not has_default(world, role)] if running else ()
    return _not_runnable(world, uncovered, running) if uncovered else ()


def _not_runnable(world: World, uncovered: Sequence[Role], running: Scope) -> Iterator[Diagnostic]:
    for agent in running:
        yield from (_cannot_run(agent, role) for role in uncovered if _lacks(world, agent, role.name))


def _cannot_run(agent: Resource, role: Role) -> Diagnostic:
    return error(
        "running-without-role",
        "Running agent lacks a connector it needs",
        f"{agent.address} links nothing under `{role.name}`, and no {' or '.join(role.types)} is the default",
        f"link one under `connectors: {{{role.name}: …}}`, or declare which is the default"
        " (`system: true` for a shared one)",
        address=str(agent.address),
        path=("connectors",) if agent.fields.get("connectors") else ("running",),
    )


def channel_needs_role(world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse to attach an agent to a channel whose type asks for roles that the agent does not fill.

    The default connector of the role's type counts, as for running.

    Source: domain.md R4, R20; the type's `x-requires-roles`.
    """
    resources, links_of = world.resources, world.links_of
    asked: dict[str, Sequence[str]] = {}
    asking = []
    for attached in scope:
        (_, agent_address), (_, channel_address) = links_of(attached.address)
        channel, agent = resources.get(channel_address), resources.get(agent_address)
        if channel is None or agent is None:
            continue
        names = asked.get(channel.type)
        if names is None:
            names = asked[channel.type] = _without_default(world, catalog, channel.type)
        if names:
            asking.append((attached, channel, agent, names))
    return _not_servable(world, asking) if asking else ()


def _not_servable(
    world: World, asking: Iterable[tuple[Resource, Resource, Resource, Sequence[str]]]
) -> Iterator[Diagnostic]:
    for attached, channel, agent, names in asking:
        yield from (_cannot_serve(attached, channel, agent, name) for name in names if _lacks(world, agent, name))


def _without_default(world: World, catalog: Catalog, channel_type: str) -> Sequence[str]:
    """List the roles that a channel type asks for and no default fills."""
    spec = catalog.get(Kind.CHANNEL, channel_type)
    roles = [(name, catalog.roles.get(name)) for name in (spec.requires_roles if spec else ())]
    return [name for name, role in roles if role is None or not has_default(world, role)]


def _cannot_serve(attached: Resource, channel: Resource, agent: Resource, role: str) -> Diagnostic:
    return error(
        "channel-needs-role",
        "Channel needs a connector that its agent lacks",
        f"{agent.address} links nothing under `{role}`, which {channel.address} needs ({channel.type}),"
        " and there is no default",
        f"link one under `connectors: {{{role}: …}}` of {agent.address}, or declare which is the default",
        address=str(attached.address),
        related=(
            Related("the agent", str(agent.address), ("connectors",)),
            Related("the channel", str(channel.address), ("type",)),
        ),
    )


def has_default(world: World, role: Role) -> bool:
    """Tell whether some type that fills a role has a default connector."""
    defaults = world.index(DEFAULTS)
    return any(map(defaults.has, role.types))


def left_alone(world: World, catalog: Catalog, touched: Address) -> Iterator[Address]:
    """
    List the agents and attachments that a connector may have left without a default when it was touched.

    Nobody is listed while some default covers their role, so this costs what it finds wrong, not what exists.
    """
    vacant = [
        role
        for role in catalog.roles.values()
        if not world.defaulted(touched).isdisjoint(role.types) and not has_default(world, role)
    ]
    to_run = roles_to_run(catalog) if vacant else ()
    for role in vacant:
        if role in to_run:
            yield from world.running_without(role.name)
        yield from _on_channels_that_need(world, catalog, role)


def _on_channels_that_need(world: World, catalog: Catalog, role: Role) -> Iterator[Address]:
    for type_name in world.channel_types():
        spec = catalog.get(Kind.CHANNEL, type_name)
        if spec and role.name in spec.requires_roles:
            for channel in world.channels_of(type_name):
                yield from world.attachments_of(channel)


def _lacks(world: World, agent: Resource, role: str) -> bool:
    """Tell whether nothing fills a role; what an external agent does not show may well be there."""
    if agent.external and role not in (agent.fields.get("connectors") or {}):
        return False
    return all(name != role for name, _target in world.links_of(agent.address))
