"""Secrets of a tenant: which references it has, and fingerprints put on them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from flametree_cfg.diff import COMPOUND, WITH_SECRETS
from flametree_cfg.model import Declaration, Resource, Secret, Tenant, Value, secrets_in


def references_of(tenant: Tenant) -> set[str]:
    """List every secret reference a tenant declares."""
    return references_in(tenant.declarations.values())


def references_in(declarations: Iterable[Declaration]) -> set[str]:
    """List every secret reference of some declarations."""
    return {secret.reference for declaration in declarations for _, secret in _secrets(declaration.resource)}


def _secrets(resource: Resource) -> Iterator[tuple[tuple[str | int, ...], Secret]]:
    for key in WITH_SECRETS:
        value = resource.fields.get(key)
        if value:
            yield from secrets_in(value, (key,))


def with_fingerprints(tenant: Tenant, prints: Mapping[str, str]) -> Tenant:
    """Put fingerprints on the secrets of a tenant, by reference."""
    if not prints:
        return tenant
    printed = printer(prints)
    return replace(tenant, declarations={address: printed(one) for address, one in tenant.declarations.items()})


def printer(prints: Mapping[str, str]) -> Callable[[Declaration], Declaration]:
    """Give what puts fingerprints on the secrets of a declaration, by reference."""
    printed = {reference: Secret(reference, print_) for reference, print_ in prints.items()}
    return lambda declaration: _with_prints(declaration, printed)


def _with_prints(declaration: Declaration, printed: Mapping[str, Secret]) -> Declaration:
    before = declaration.resource
    changed: dict[str, Value] = {}
    for key in WITH_SECRETS:
        value = before.fields.get(key)
        if value:
            filled = _filled(value, printed)
            if filled is not value:
                changed[key] = filled
    if not changed:
        return declaration
    resource = Resource(before.address, {**before.fields, **changed}, before.external, before.system)
    return Declaration(resource, declaration.previously, declaration.protected, declaration.attachments)


def _filled(value: Value, printed: Mapping[str, Secret]) -> Value:
    """Put fingerprints on the secrets in a value; the value itself where there are none."""
    if isinstance(value, Secret):
        return printed.get(value.reference, value)
    if isinstance(value, dict):
        changed = {}
        for key, item in value.items():
            if item.__class__ in COMPOUND and (filled := _filled(item, printed)) is not item:
                changed[key] = filled
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        items = [_filled(item, printed) if item.__class__ in COMPOUND else item for item in value]
        return items if any(map(operator.is_not, items, value)) else value
    return value
