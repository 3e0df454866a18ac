"""From a valid body to a declaration: what a resource shall be, in the model's fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flametree_cfg.model import (
    Address,
    Declaration,
    Kind,
    Resource,
    Value,
    attachment,
    sorted_unless_ordered,
)
from flametree_cfg.schema import Catalog

Body = Mapping[str, Any]

_MANAGED_SEPARATELY = frozenset({"settings", "environment", "connectors", "channels", "push"})
_NOT_OF_THE_OBJECT = frozenset({"external", "system", "protected", "previously", "import"})
_NOT_AS_WRITTEN = _MANAGED_SEPARATELY | _NOT_OF_THE_OBJECT


def declare(address: Address, body: Body, catalog: Catalog) -> Declaration:
    """
    Make the declaration of one connector, channel or agent.

    Args:
        address: its address.
        body: VALID, as the catalog judges; not changed.
        catalog: fills defaults and turns references into secrets.

    Source: model/resource.py, `Resource.fields`; design.md, *What is managed*.
    """
    system = body.get("system", False)
    external = system or body.get("external", False)
    fields = _fields(address.kind, body, catalog)
    if not external:
        fields.setdefault("description", "")
        if address.kind is not Kind.AGENT:
            fields["settings"] = catalog.settings(address.kind, body["type"], body.get("settings", {}))
        if address.kind is Kind.CONNECTOR:
            fields.setdefault("default", False)
    return Declaration(
        Resource(address, fields, external, system),
        tuple(body.get("previously", ())),
        body.get("protected", False),
        attachments="channels" in body,
        imports=body.get("import", ""),
    )


def attachments(agent: Address, body: Body) -> Iterator[Declaration]:
    """Make a declaration of each channel an agent is attached to."""
    for key, said in (body.get("channels") or {}).items():
        fields = {"agent": agent.key, "channel": key, "inbound": said.get("inbound", False)}
        yield Declaration(Resource(attachment(agent.key, str(key)), fields))


def _fields(kind: Kind, body: Body, catalog: Catalog) -> dict[str, Value]:
    fields = {key: value for key, value in body.items() if key not in _NOT_AS_WRITTEN}
    if "environment" in body:
        fields["environment"] = catalog.environment(body["environment"])
    if kind is Kind.AGENT:
        if "connectors" in body:
            fields["connectors"] = _roles(body["connectors"])
        if "push" in body:
            fields["push"] = catalog.push(body["push"])
    return fields


def _roles(written: Mapping[str, Any]) -> dict[str, Value]:
    return {
        role: sorted_unless_ordered(role, keys) if isinstance(keys, list) else keys for role, keys in written.items()
    }
