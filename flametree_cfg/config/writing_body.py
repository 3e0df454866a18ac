"""From an object of the platform to the body a person would write for it: defaults left out, secrets as references."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from flametree_cfg.config.writing import unwritable
from flametree_cfg.errors import Path, has_errors
from flametree_cfg.model import Address, Kind, Resource, Secret, Value
from flametree_cfg.schema import Catalog

Refer = Callable[[Address, Path], str]
"""Makes the reference that a secret shall have, by address and path."""

_EMPTY: tuple[Value, ...] = (None, "", [], {})


class Body(Struct, frozen=True):
    """
    What stands under a resource's key.

    Attributes:
        fields: as written; references are text.
        secrets: references by path, in the order of the fields.
        left: what the platform has and this does not say, because no YAML of ours can; empty as a rule.
        found: it is written as something that is only found, never changed: the reason is in `left`.
    """

    address: Address
    fields: Mapping[str, Value]
    secrets: tuple[tuple[Path, str], ...] = ()
    left: tuple[Path, ...] = ()
    found: bool = False


def body_of(resource: Resource, catalog: Catalog, refer: Refer) -> Body | None:
    """
    Write a connector or channel.

    Args:
        resource: as the platform reports it, the schema's defaults filled in, secrets masked or as stored.
        catalog: knows the types.
        refer: names the secrets.

    Returns:
        None if not even its type and name can be written. Where something else cannot, it is written as external, so
        that nothing of it is ever overwritten.
    """
    address, system = resource.address, resource.system
    if system:
        fields = {"type": resource.type, "name": resource.name, "system": True, **_if_default(resource)}
        return Body(address, fields) if _right(address.kind, fields, catalog) else None
    left: list[Path] = []
    secrets: list[tuple[Path, str]] = []

    def named(path: Path) -> str:
        secrets.append((path, refer(address, path)))
        return secrets[-1][1]

    for spare in (True, False):
        secrets.clear()
        fields = _written(resource, catalog, named, spare=spare)
        found = unwritable(fields)
        if found is None and _right(address.kind, fields, catalog):
            return Body(address, fields, tuple(secrets), tuple(left))
    fields = {key: value for key, value in fields.items() if key != "environment"}
    if "environment" in resource.fields and unwritable(fields) is None and _right(address.kind, fields, catalog):
        kept = tuple(one for one in secrets if one[0][0] != "environment")
        return Body(address, fields, kept, (("environment",),))
    why = unwritable(fields) or _first_wrong(address.kind, fields, catalog)
    fields = {"type": resource.type, "name": resource.name, "external": True}
    if unwritable(fields) is not None or not _right(address.kind, fields, catalog):
        return None
    return Body(address, fields, left=(why,), found=True)


def agent_body(
    resource: Resource, attachments: Iterable[tuple[str, bool]], known: Collection[Address], catalog: Catalog
) -> Body | None:
    """
    Write an agent: external, since its prompts belong to the portal; with its links and channels.

    Args:
        resource: with our keys for what it links.
        attachments: keys of its channels, and whether it answers there.
        known: the addresses that are written: a role that holds anything else is left to the portal.
        catalog: knows the roles.

    Returns:
        None if not even its type and name can be written.
    """
    left: list[Path] = []
    fields: dict[str, Value] = {"type": resource.type, "name": resource.name, "external": True}
    if unwritable(fields) is not None or not _right(Kind.AGENT, fields, catalog):
        return None
    roles: dict[str, Value] = {}
    for role, keys in (resource.fields.get("connectors") or {}).items():
        listed = keys if isinstance(keys, list | tuple) else [keys] if keys else []
        written = {role: list(listed) if isinstance(keys, list | tuple) else keys}
        linked = all(Address(Kind.CONNECTOR, key) in known for key in listed)
        if listed and linked and _right(Kind.AGENT, {**fields, "connectors": written}, catalog):
            roles |= written
        elif listed:
            left.append(("connectors", role))
    channels = {key: {"inbound": inbound} for key, inbound in sorted(attachments)}
    left += [("channels", key) for key in channels if Address(Kind.CHANNEL, key) not in known]
    channels = {key: said for key, said in channels.items() if Address(Kind.CHANNEL, key) in known}
    if roles:
        fields["connectors"] = dict(sorted(roles.items()))
    if channels:
        fields["channels"] = channels
    return Body(resource.address, fields, left=tuple(left))


def _if_default(resource: Resource) -> dict[str, Value]:
    return {"default": True} if resource.fields.get("default") else {}


def _right(kind: Kind, fields: Mapping[str, Value], catalog: Catalog) -> bool:
    return not has_errors(catalog.check(kind, fields))


def _first_wrong(kind: Kind, fields: Mapping[str, Value], catalog: Catalog) -> Path:
    return next((found.path for found in catalog.check(kind, fields) if found.path), ())


def _written(resource: Resource, catalog: Catalog, named: Callable[[Path], str], *, spare: bool) -> dict[str, Value]:
    """Write every field that says something; `spare` leaves out what the schema's defaults say anyway."""
    fields: dict[str, Value] = {"type": resource.type, "name": resource.name}
    if resource.fields.get("description"):
        fields["description"] = resource.fields["description"]
    fields |= _if_default(resource)
    if resource.fields.get("running"):
        fields["running"] = True
    spec = catalog.get(resource.address.kind, resource.type)
    known = spec.schema if spec else {}
    settings = dict(_members(resource.settings, known, ("settings",), named, spare=spare))
    if settings:
        fields["settings"] = settings
    variables = resource.fields.get("environment") or {}
    if variables:
        fields["environment"] = {
            name: {"secret": value.reference or named(("environment", name))} if isinstance(value, Secret) else value
            for name, value in variables.items()
        }
    return fields


def _members(
    value: Mapping[str, Value], schema: Mapping[str, Any], path: Path, named: Callable[[Path], str], *, spare: bool
) -> Iterator[tuple[str, Value]]:
    """Write the members of settings or of an account, in the schema's order; what it does not know is not ours."""
    for name, node in schema.get("properties", {}).items():
        if name not in value:
            continue
        item = value[name]
        if spare and (item == node["default"] and type(item) is type(node["default"]) if "default" in node else False):
            continue
        if item is None or (spare and "default" not in node and item in _EMPTY and not isinstance(item, bool | int)):
            continue
        yield name, _value(item, node, (*path, name), named, spare=spare)


def _value(item: Value, node: Mapping[str, Any], path: Path, named: Callable[[Path], str], *, spare: bool) -> Value:
    if isinstance(item, Secret):
        return item.reference or named(path)
    below = node.get("items")
    if isinstance(item, list) and isinstance(below, Mapping) and "properties" in below:
        alone = len(item) == 1
        return [
            dict(_members(one, below, _account_path(path, one, below, alone=alone), named, spare=spare))
            if isinstance(one, Mapping)
            else one
            for one in item
        ]
    return _plain(item, path, named)


def _account_path(path: Path, account: Mapping[str, Value], node: Mapping[str, Any], *, alone: bool) -> Path:
    """Name an account by its key, the first field of every type that has accounts; one that is alone needs no name."""
    first = next(iter(node["properties"]), "")
    return path[:-1] if alone else (*path[:-1], str(account.get(first, "")))


def _plain(item: Value, path: Path, named: Callable[[Path], str]) -> Value:
    if isinstance(item, Secret):
        return item.reference or named(path)
    if isinstance(item, Mapping):
        return {key: _plain(one, (*path, str(key)), named) for key, one in item.items()}
    if isinstance(item, list | tuple):
        return [_plain(one, (*path, index), named) for index, one in enumerate(item)]
    return item
