"""Secrets of a tenant: which references it has, and fingerprints put on them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from flametree_cfg.diff import COMPOUND, WITH_SECRETS
from flametree_cfg.model import Declaration, Resource, Secret, Tenant, Value

Fields = Mapping[str, Value]
Printer = Callable[[Fields], Fields]


def references_of(tenant: Tenant) -> set[str]:
    """List every secret reference a tenant declares."""
    return references_in(tenant.declarations.values())


def references_in(declarations: Iterable[Declaration]) -> set[str]:
    """List every secret reference of some declarations."""
    found: set[str] = set()
    for declaration in declarations:
        fields = declaration.resource.fields
        for key in WITH_SECRETS:
            if value := fields.get(key):
                _collect(value.values(), found)
    return found


def _collect(values: Iterable[Value], found: set[str]) -> None:
    for value in values:
        kind = value.__class__
        if kind is Secret:
            found.add(value.reference)
        elif kind is dict:
            _collect(value.values(), found)
        elif kind is list:
            _collect(value, found)


def with_fingerprints(tenant: Tenant, prints: Mapping[str, str]) -> Tenant:
    """Put fingerprints on the secrets of a tenant, by reference."""
    if not prints:
        return tenant
    printed = printer(prints)
    return replace(
        tenant,
        declarations={address: printed_declaration(one, printed) for address, one in tenant.declarations.items()},
    )


def printed_declaration(declaration: Declaration, printed: Printer) -> Declaration:
    """Put fingerprints on the secrets of one declaration."""
    before = declaration.resource
    fields = printed(before.fields)
    if fields is before.fields:
        return declaration
    resource = Resource(before.address, fields, before.external, before.system)
    return replace(declaration, resource=resource)


def printer(prints: Mapping[str, str]) -> Printer:
    """Give what puts fingerprints on the secrets in fields, by reference; without any, the fields as they are."""
    printed = {reference: Secret(reference, print_) for reference, print_ in prints.items()}

    def put(fields: Fields) -> Fields:
        changed: dict[str, Value] = {}
        for key in WITH_SECRETS:
            value = fields.get(key)
            if value and (filled := _filled(value, printed)) is not value:
                changed[key] = filled
        return {**fields, **changed} if changed else fields

    return put


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
