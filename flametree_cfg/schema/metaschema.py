"""What a type file and the agent file may say: the schema of our schemas."""

from __future__ import annotations

from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT = {"type": "string", "minLength": 1}
_NAME = {"type": "string", "pattern": r"^[a-z][a-z0-9_]*$"}
_NAMES = {"type": "array", "items": _NAME, "minItems": 1, "uniqueItems": True}
_COUNT = {"type": "integer", "minimum": 0}
_NODE = {"$ref": "#/$defs/node"}
# No classes like `\d` (Python reads them as Unicode, others do not) and no groups that look around (not linear).
_PATTERN = {"type": "string", "format": "regex", "not": {"pattern": r"\\[dDwWsSbBpPzZA1-9]|\(\?[^:]"}}

# Only keywords whose failure `failures` can explain; `anyOf`, `oneOf` and `$ref` are left out for that reason.
_KEYWORDS: dict[str, Any] = {
    "title": _TEXT,
    "description": _TEXT,
    "examples": {"type": "array", "minItems": 1},
    "default": True,
    "deprecated": {"const": True},
    "writeOnly": {"const": True},
    "format": {"enum": ["uri", "email", "hostname", "json"]},
    "type": {
        "oneOf": [
            {"$ref": "#/$defs/type"},
            {"type": "array", "items": {"$ref": "#/$defs/type"}, "minItems": 2, "uniqueItems": True},
        ]
    },
    "enum": {"type": "array", "items": _TEXT, "minItems": 1, "uniqueItems": True},
    "const": True,
    "pattern": _PATTERN,
    "minLength": _COUNT,
    "maxLength": _COUNT,
    "minimum": {"type": "number"},
    "maximum": {"type": "number"},
    "items": _NODE,
    "minItems": _COUNT,
    "maxItems": _COUNT,
    "properties": {"type": "object", "additionalProperties": _NODE, "propertyNames": _NAME},
    "additionalProperties": {"oneOf": [{"const": False}, _NODE]},
    "propertyNames": _NODE,
    "maxProperties": _COUNT,
    "required": _NAMES,
    "not": _NODE,
    "if": _NODE,
    "then": _NODE,
    "else": _NODE,
    "allOf": {"type": "array", "items": _NODE, "minItems": 1},
    "x-hint": _TEXT,
    "x-immutable": {"const": True},
    "x-inferred": {"const": True},
}

_ROLE = {
    "type": "object",
    "properties": {
        "name": _NAME,
        "title": _TEXT,
        "many": {"type": "boolean"},
        "ordered": {"type": "boolean"},
        "required_to_run": {"type": "boolean"},
    },
    "required": ["name", "many", "title"],
    "additionalProperties": False,
}

_ACCOUNTS = {
    "type": "object",
    "properties": {"setting": _NAME, "key": _NAME, "fields": _NAMES},
    "required": ["setting", "key", "fields"],
    "additionalProperties": False,
}

CHECK: dict[str, Any] = {
    "description": (
        "How health or connection is checked: a named kind, or one HTTP request. `{setting}` in a text stands for the"
        " value of a setting; a text that is nothing else takes the value as it is, number or object. A check whose"
        " `needs` are not all set is not made. Source: domain.md 1.8."
    ),
    "type": "object",
    "properties": {
        "kind": {"enum": ["http", "imap-smtp", "sip-register", "mcp"]},
        "on_request": {"type": "boolean", "description": "Made only for somebody who asks for it."},
        "inferred": {
            "type": "boolean",
            "description": "The platform does not document this check; it is what the provider's own API offers.",
        },
        "per": {**_NAME, "description": "The list whose every item is checked; `{field}` is then a field of the item."},
        "needs": _NAMES,
        "defaults": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "What the provider documents for settings that are not set.",
        },
        "method": {"enum": ["GET", "POST"]},
        "url": {"type": "string", "pattern": r"^(https?://|\{)[^ ]+$"},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "basic": {
            "description": "User and password of HTTP basic authentication.",
            "type": "array",
            "items": {"type": "string"},
            "minItems": 2,
            "maxItems": 2,
        },
        "body": {"type": "object", "description": "Sent as JSON."},
        "form": {
            "description": "Sent as a form, in place of a body; a `sample` is one of the files in `probe/samples`.",
            "type": "object",
            "additionalProperties": {
                "type": ["string", "object"],
                "properties": {"sample": {"enum": ["tone.wav"]}},
                "required": ["sample"],
                "additionalProperties": False,
            },
        },
        "merge": {**_NAME, "description": "A setting that is an object, laid over `body`."},
        "optional": {
            **_NAMES,
            "description": "Fields of `body` left out in a second try, if the provider names them in refusing.",
        },
        "healthy": {
            "type": "object",
            "properties": {
                "status": {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 100, "maximum": 599},
                    "minItems": 1,
                },
                "equals": {
                    "type": "object",
                    "propertyNames": {"pattern": "^/"},
                    "description": "JSON pointer into the answer, and what must stand there.",
                },
                "has": {
                    "type": "array",
                    "items": {"type": "string", "pattern": "^/"},
                    "description": "JSON pointers into the answer: something must stand there.",
                },
            },
            "required": ["status"],
            "additionalProperties": False,
        },
        "message": {"type": "string", "pattern": "^/", "description": "JSON pointer to the provider's error text."},
    },
    "required": ["kind", "needs"],
    "if": {"properties": {"kind": {"const": "http"}}},
    "then": {"required": ["method", "url", "healthy"]},
    "else": {"propertyNames": {"enum": ["kind", "on_request", "inferred", "needs", "per"]}},
    "additionalProperties": False,
}
"""The shape of `x-check`."""

_DEFS: dict[str, Any] = {
    "type": {"enum": ["string", "number", "integer", "boolean", "object", "array"]},
    "node": {"type": "object", "properties": _KEYWORDS, "additionalProperties": False},
}

TYPE_FILE: dict[str, Any] = {
    "$schema": DIALECT,
    "title": "A type file of flametree-cfg",
    "type": "object",
    "properties": {
        **_KEYWORDS,
        "$schema": {"const": DIALECT},
        "$comment": _TEXT,
        "type": {"const": "object"},
        "additionalProperties": {"const": False},
        "x-category": _TEXT,
        "x-replacement": {**_NAME, "description": "Of a deprecated type: the type to use instead."},
        "x-role": _ROLE,
        "x-requires-roles": _NAMES,
        "x-identity": _NAMES,
        "x-unique-per-agent": _NAMES,
        "x-required-when-many": _NAMES,
        "x-lifecycle": {"enum": ["own", "agent", "none"]},
        "x-accounts": _ACCOUNTS,
        "x-check": CHECK,
    },
    "required": [
        "$schema",
        "title",
        "description",
        "type",
        "properties",
        "additionalProperties",
        "x-category",
        "x-lifecycle",
    ],
    "additionalProperties": False,
    "$defs": _DEFS,
}
"""A file in `schemas/connectors/` or `schemas/channels/`."""

AGENT_FILE: dict[str, Any] = {
    "$schema": DIALECT,
    "title": "The agent file of flametree-cfg",
    "type": "object",
    "properties": {
        "$schema": {"const": DIALECT},
        "$comment": _TEXT,
        "title": _TEXT,
        "description": _TEXT,
        "type": {"const": "object"},
        "properties": {"type": "object", "additionalProperties": _NODE, "propertyNames": _NAME},
        "x-types": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": _NAME,
            "additionalProperties": {
                "type": "object",
                "properties": {"title": _TEXT, "description": _TEXT},
                "required": ["title", "description"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["$schema", "title", "description", "type", "properties", "x-types"],
    "additionalProperties": False,
    "$defs": _DEFS,
}
"""`schemas/agent.json`."""
