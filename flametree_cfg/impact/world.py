"""A tenant before and after a plan, and what differs between the two. Costs what was touched, not what exists."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from flametree_cfg.impact.restarts import OUTGOING
from flametree_cfg.impact.types import Model
from flametree_cfg.model import Address, Kind, Resource, connector, links
from flametree_cfg.schema import Catalog

MODELS = "AI Models"
"""The category of types that are models. Source: domain.md 1.1."""

Resources = Mapping[Address, Resource]


def settled(address: Address) -> Address:
    """Give the address of what takes the place of an object on its way out; of any other its own."""
    return Address(address.kind, address.key.replace(OUTGOING, "")) if OUTGOING in address.key else address


class Sides(Struct, frozen=True, dict=True):
    """
    A tenant before and after.

    Attributes:
        before, after: every resource, ours and foreign, under the same addresses.
        touched: addresses of all that may differ.
    """

    before: Resources
    after: Resources
    touched: Collection[Address]
    catalog: Catalog

    @cached_property
    def by_kind(self) -> Mapping[Kind, list[Address]]:
        """List what was touched by kind."""
        found: dict[Kind, list[Address]] = {kind: [] for kind in Kind}
        for address in self.touched:
            found[address.kind].append(address)
        return found

    @cached_property
    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """Name the roles that models fill, each with the types of connectors that fill it."""
        return {role.name: role.types for role in self.catalog.roles.values() if any(map(self._is_model, role.types))}

    def _is_model(self, type_name: str) -> bool:
        spec = self.catalog.get(Kind.CONNECTOR, type_name)
        return spec is not None and spec.category == MODELS

    @cached_property
    def default_before(self) -> Mapping[str, Address]:
        """Give the default connector of each type before."""
        return _defaults(self.before)

    @cached_property
    def default_after(self) -> Mapping[str, Address]:
        """Give the default connector of each type afterwards."""
        return _defaults(self.after)

    def models(self, agent: Resource, role: str, *, after: bool) -> tuple[Model, ...]:
        """
        Say what serves an agent in a role on one side: what it links, else the default (domain.md R4).

        Args:
            agent: as it is on that side.
            role: one of `roles`.
            after: which side.
        """
        side = self.after if after else self.before
        linked = [one for one in linked_in(agent, role) if one in side]
        if linked:
            return tuple(_model(side[one]) for one in linked)
        defaults = self.default_after if after else self.default_before
        found = [defaults[name] for name in self.roles[role] if name in defaults]
        return tuple(_model(side[one], default=True) for one in found[:1])


def linked_in(agent: Resource, role: str) -> Iterator[Address]:
    """List what an agent links in one role."""
    keys = (agent.fields.get("connectors") or {}).get(role)
    for key in [keys] if isinstance(keys, str) else keys or ():
        yield connector(key)


def roles_of(agent: Resource | None) -> Mapping[str, frozenset[Address]]:
    """Give what an agent links, by role."""
    found: dict[str, set[Address]] = {}
    for role, target in links(agent) if agent is not None else ():
        found.setdefault(role, set()).add(target)
    return {role: frozenset(targets) for role, targets in found.items()}


def _model(resource: Resource, *, default: bool = False) -> Model:
    return Model(settled(resource.address), str(resource.settings.get("model_name") or ""), default)


def _defaults(side: Resources) -> Mapping[str, Address]:
    return {
        resource.type: address
        for address, resource in side.items()
        if address.kind is Kind.CONNECTOR and resource.fields.get("default")
    }
