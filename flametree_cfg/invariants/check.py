"""Put the rules to a tenant, whole or around what one step touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from flametree_cfg.errors import Diagnostic
from flametree_cfg.invariants.mentions import OLD_NAME, named_by_old_name
from flametree_cfg.invariants.needs import left_alone
from flametree_cfg.invariants.rule import Checked, Rule, Scope, When
from flametree_cfg.invariants.rules import RULES, TENANT_RULES
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Address, Kind, Resource, Snapshot, Tenant

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog

_CONNECTOR, _ATTACHMENT = Kind.CONNECTOR, Kind.ATTACHMENT  # a member costs more to look up than a comparison

_BY_KIND: Mapping[When, Mapping[Kind, tuple[Rule, ...]]] = {
    when: {kind: tuple(rule for rule in RULES if when in rule.at and kind in rule.kinds) for kind in Kind}
    for when in When
}
_OF_RUNNING: Mapping[Kind, tuple[Rule, ...]] = {
    kind: tuple(rule for rule in _BY_KIND[When.STEP][kind] if rule.running) for kind in Kind
}


def check_tenant(
    tenant: Tenant, catalog: Catalog, stored: Snapshot | None = None, *, without: Collection[str] = ()
) -> Checked:
    """
    Judge what a person declared, by every rule.

    Args:
        tenant: as read.
        catalog: the types.
        stored: what we last applied, where it is known: names that changed since are then looked for.
        without: codes of rules to leave out, because somebody else keeps them.

    Returns:
        What was found, sorted by address and code, without places: who read the files knows them.
    """
    world = World.of(declaration.resource for declaration in tenant.declarations.values())
    checked = check_all(world, catalog, without=without)
    rules = [rule for rule in TENANT_RULES if rule.code not in without]
    more = [found for rule in rules for found in rule.check(tenant)]
    if OLD_NAME not in without:
        more += check_renamed_mentions(world, catalog, stored)
    return Checked(_in_order([*checked, *more]), checked.count + len(rules) * len(tenant.declarations))


def check_all(world: World, catalog: Catalog, when: When = When.DOCUMENT, *, without: Collection[str] = ()) -> Checked:
    """Judge every resource by the rules of a document, or by those that every step keeps, but for some codes."""
    scopes = {kind: world.of_kind(kind) for kind in Kind}
    return _check(world, catalog, scopes, when, without)


def check_step(world: World, catalog: Catalog, touched: Collection[Address]) -> Checked:
    """
    Judge what one step may have broken.

    Whatever the step broke is among what is found; what was broken before is found too if the step came near it.

    Args:
        world: after the step.
        catalog: the types.
        touched: addresses that the step put or removed.
    """
    resources = world.resources
    scopes: dict[Kind, list[Resource]] = {}
    for address in _near(world, catalog, touched):
        resource = resources.get(address)
        if resource is None:
            continue
        scope = scopes.get(address.kind)
        if scope is None:
            scopes[address.kind] = [resource]
        else:
            scope.append(resource)
    return _check(world, catalog, scopes, When.STEP)


def check_switch(world: World, catalog: Catalog, address: Address) -> Checked:
    """
    Judge a step that did nothing but start or stop a channel or an agent.

    It is `check_step`, but for rules that do not look at `running`: they say of what is near what they said before the
    step, so they are counted and not asked again. What was broken before may be missing.
    """
    attached = world.attachments_of(address)
    near = {address.kind: [address], _ATTACHMENT: attached}
    count = sum(len(_BY_KIND[When.STEP][kind]) * len(addresses) for kind, addresses in near.items())
    found: list[Diagnostic] = []
    for kind, addresses in near.items():
        scope = [world.resources[one] for one in addresses] if _OF_RUNNING[kind] else ()
        for rule in _OF_RUNNING[kind] if scope else ():
            found.extend(rule.check(world, catalog, scope))
    return Checked(_in_order(found), count)


def check_renamed_mentions(world: World, catalog: Catalog, stored: Snapshot | None) -> tuple[Diagnostic, ...]:
    """Look for instructions that name a generic connector as it was called when we last applied."""
    return _in_order(list(named_by_old_name(world, catalog, stored))) if stored else ()


def _near(world: World, catalog: Catalog, touched: Collection[Address]) -> Collection[Address]:
    """List what a rule can judge differently now, each once: what was touched, and what looks at it."""
    near = dict.fromkeys(touched)
    for address in touched:
        if address.kind is _CONNECTOR:
            if linking := world.agents_linking(address):
                near.update(dict.fromkeys(linking))
            if world.defaulted(address):
                near.update(dict.fromkeys(left_alone(world, catalog, address)))
        elif address.kind is not _ATTACHMENT and (attached := world.attachments_of(address)):
            near.update(dict.fromkeys(attached))
    return near


def _check(
    world: World, catalog: Catalog, scopes: Mapping[Kind, Scope], when: When, without: Collection[str] = ()
) -> Checked:
    found: list[Diagnostic] = []
    count = 0
    by_kind = _BY_KIND[when]
    for kind, scope in scopes.items():
        rules = by_kind[kind] if scope else ()
        if without:
            rules = tuple(rule for rule in rules if rule.code not in without)
        count += len(rules) * len(scope)
        for rule in rules:
            more = rule.check(world, catalog, scope)
            if more != ():
                found.extend(more)
    return Checked(_in_order(found) if found else (), count)


def _in_order(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    if len(found) < 2:
        return tuple(found)
    return tuple(sorted(found, key=lambda d: (d.address, d.code, [str(step) for step in d.path], d.detail)))
