"""What stands under a key of `connectors:`, `channels:` and `agents:`, as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flametree_cfg.model import Kind
from flametree_cfg.schema.form import as_written, free_form, settings_as_written, text_or_secret
from flametree_cfg.schema.patterns import CONTROL, CONTROL_IN_TEXT, KEY, REFERENCE_INSIDE, VARIABLE, VISIBLE, any_of
from flametree_cfg.schema.types import Lifecycle, Role, TypeSpec

Schema = dict[str, Any]

NAME_LENGTH = 200  # characters: longer than any name a portal's card can show, short enough for every index

_ID = r"^[!-~]{1,200}$"  # what a platform may call an object
_LINKS = 100  # connectors or keys in one list: `uniqueItems` is quadratic in the reference validator
_EXTERNAL_KEYS = ("type", "name", "external", "protected", "previously")
_SYSTEM_KEYS = (*_EXTERNAL_KEYS, "system", "default")
_AGENT_LINKS = ("connectors", "channels")


def key_schema(description: str) -> Schema:
    """Describe a key of the YAML: what addresses a resource."""
    return {
        "description": description,
        "type": "string",
        "pattern": KEY,
        "not": _text_without(CONTROL),
        "x-hint": "use small letters, digits and `-`, beginning with a letter or digit, at most 63",
    }


def common_body(kind: Kind, types: Mapping[str, str], agent_fields: Schema, roles: Iterable[Role]) -> Schema:
    """
    Describe what every type of a kind has in common; `settings` and lifecycle are left to the type.

    Args:
        kind: CONNECTOR, CHANNEL or AGENT.
        types: the kind's types, slug to title.
        agent_fields: the properties of the agent file.
        roles: the agent's connector roles.
    """
    properties = {"type": _type_choice(types), "name": _name(), **_keys_of(kind, agent_fields, roles), **_shared()}
    return {
        "type": "object",
        "properties": properties,
        "required": ["type", "name"],
        "additionalProperties": False,
        "allOf": _not_ours(kind),
    }


def typed_part(spec: TypeSpec) -> Schema:
    """Describe what one type adds to the body of its kind."""
    part: Schema = {"properties": {"settings": settings_as_written(spec.schema)}}
    if any(key in spec.schema for key in ("required", "if", "allOf")):
        part = {**part, "if": _any_flag("external", "system"), "else": {"required": ["settings"]}}
    if spec.kind is Kind.CHANNEL and spec.lifecycle is not Lifecycle.OWN:
        keys = [key for key in body_keys(spec.kind) if key != "running"]
        part["propertyNames"] = {"enum": keys}
    return part


def typed_body(common: Schema, spec: TypeSpec) -> Schema:
    """Describe the body of one type, complete."""
    return {**common, "allOf": [*common["allOf"], typed_part(spec)], "$defs": {"free-form": free_form()}}


def body_keys(kind: Kind) -> tuple[str, ...]:
    """List the keys a body of this kind may have, the agent file's own left out."""
    return ("type", "name", *_keys_of(kind, {}, ()), *_shared())


def environment() -> Schema:
    """Describe environment variables of a channel or an agent. Source: domain.md 2.1, 3.5."""
    return {
        "title": "Environment variables",
        "description": 'Names to text; a secret value is written as {secret: "${env:NAME}"}. Absent: not managed.',
        "type": "object",
        "propertyNames": {"pattern": VARIABLE, "not": _text_without(CONTROL)},
        "additionalProperties": text_or_secret("The value, as text: quote numbers and true/false."),
        "maxProperties": 500,
    }


def _keys_of(kind: Kind, agent_fields: Schema, roles: Iterable[Role]) -> Schema:
    match kind:
        case Kind.CONNECTOR:
            return {
                "settings": {"description": "What the type needs; see the type."},
                "default": _flag("Agents use it when no other one of its type is linked; one per type and tenant."),
                "system": _flag("A system integration: found by type and name; only `default` may be declared."),
            }
        case Kind.CHANNEL:
            return {
                "settings": {"description": "What the type needs; see the type."},
                "running": _flag("Whether it shall run. Absent: not managed."),
                "environment": environment(),
            }
        case _:
            return _agent_keys(agent_fields, roles)


def _agent_keys(agent_fields: Schema, roles: Iterable[Role]) -> Schema:
    return {
        "instructions": _text("What the agent is told to do. Absent: the portal's own is kept."),
        "running": _flag("Whether it shall run. Absent: not managed."),
        "connectors": _roles(roles),
        "channels": _attachments(),
        "environment": environment(),
        **{name: as_written(field) for name, field in agent_fields.items()},
    }


def _shared() -> Schema:
    return {
        "description": _text("What it is for and who owns it."),
        "external": _flag("Found by type and name; never created, edited, started or deleted by us."),
        "protected": _flag("A plan that would delete it is refused."),
        "previously": {
            "description": "Keys it had before; the object is kept when the key changes.",
            "type": "array",
            "items": key_schema("A former key."),
            "maxItems": _LINKS,
            "uniqueItems": True,
        },
        "import": {
            "description": "The platform's id of an object that exists: the next apply takes it over. Then remove it.",
            "type": "string",
            "pattern": _ID,
            "x-hint": "write the id as the platform gives it; `flametree-cfg registry list` shows ids",
        },
    }


def _not_ours(kind: Kind) -> list[Schema]:
    links = _AGENT_LINKS if kind is Kind.AGENT else ()
    external: Schema = {"if": _flagged("external"), "then": {"propertyNames": {"enum": [*_EXTERNAL_KEYS, *links]}}}
    if kind is not Kind.CONNECTOR:
        return [external]
    external["if"]["not"] = _flagged("system")
    return [external, {"if": _flagged("system"), "then": {"propertyNames": {"enum": list(_SYSTEM_KEYS)}}}]


def _roles(roles: Iterable[Role]) -> Schema:
    link = key_schema("The key of a connector.")
    properties: Schema = {}
    for role in roles:
        about = f"{role.title}: {', '.join(role.types)}."
        if role.many:
            order = " Their order counts." if role.ordered else ""
            items = {"type": "array", "items": link, "maxItems": _LINKS, "uniqueItems": True}
            properties[role.name] = {"title": role.title, "description": f"{about} A list.{order}", **items}
        else:
            one = {**link, "type": ["string", "null"], "description": f"{about} One key, or null for none."}
            properties[role.name] = {"title": role.title, **one}
    about = "Connectors by role. A role that stands here is managed whole; others are left alone."
    return {"description": about, "type": "object", "properties": properties, "additionalProperties": False}


def _attachments() -> Schema:
    inbound = _flag("Whether this agent answers incoming messages there; one per channel.")
    attachment = {
        "type": "object",
        "properties": {"inbound": {**inbound, "default": False}},
        "additionalProperties": False,
    }
    return {
        "description": "Attached channels by key.",
        "type": "object",
        "propertyNames": key_schema("The key of a channel."),
        "additionalProperties": {"description": "How it is attached.", **attachment},
    }


def _type_choice(types: Mapping[str, str]) -> Schema:
    slugs = list(types)
    return {
        "description": "The type, which decides what `settings` holds.",
        "type": "string",
        "enum": slugs,
        "enumDescriptions": [types[slug] for slug in slugs],
    }


def _name() -> Schema:
    return {
        "description": f"What the portal shows; unique in the tenant, at most {NAME_LENGTH} characters.",
        "type": "string",
        "pattern": VISIBLE,
        "maxLength": NAME_LENGTH,
        "x-hint": "write a name of visible characters on one line",
        "not": _text_without(any_of(CONTROL, REFERENCE_INSIDE)),
    }


def _text(description: str) -> Schema:
    return {
        "description": description,
        "type": "string",
        "not": _text_without(any_of(CONTROL_IN_TEXT, REFERENCE_INSIDE)),
    }


def _flag(description: str) -> Schema:
    return {"description": description, "type": "boolean"}


def _flagged(name: str) -> Schema:
    return {"required": [name], "properties": {name: {"const": True}}}


def _any_flag(*names: str) -> Schema:
    return {"anyOf": [_flagged(name) for name in names]}


def _text_without(pattern: str) -> Schema:
    return {"type": "string", "pattern": pattern}
