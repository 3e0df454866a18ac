"""From the schema of a value to the schema of what a person writes: secrets become references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flametree_cfg.schema.patterns import COMMA, CONTROL, CONTROL_IN_TEXT, REFERENCE, REFERENCE_INSIDE, any_of
from flametree_cfg.schema.types import SettingPath

Node = Mapping[str, Any]

FREE_FORM = "#/$defs/free-form"
"""The one thing our schemas refer to: any JSON, without references to secrets."""

_KEPT_OF_SECRET = ("title", "description", "deprecated", "writeOnly", "x-hint", "x-immutable", "x-inferred")


def free_form() -> dict[str, Any]:
    """Describe any JSON in which no text refers to a secret."""
    return {
        "title": "Free-form value",
        "not": {"type": "string", "pattern": REFERENCE_INSIDE},
        "additionalProperties": {"$ref": FREE_FORM},
        "items": {"$ref": FREE_FORM},
    }


def as_written(node: Node, *, forbidden: str = "") -> dict[str, Any]:
    """
    Describe how a value is written in YAML.

    A secret (`writeOnly`) is its reference: its own pattern judges the resolved value, so it is left out here. Every
    other text must hold neither a reference nor a control character.

    Args:
        node: a schema from a type file.
        forbidden: a pattern that no text below may match either; the comma inside accounts.
    """
    if node.get("writeOnly"):
        return secret_reference(node)
    written = {key: value for key, value in node.items() if key not in {"$schema", "$comment"}}
    types = types_of(node)
    if "string" in types and "enum" not in node:
        _forbid(written, any_of(REFERENCE_INSIDE, CONTROL, *filter(None, [forbidden])))
    if "object" in types and "properties" not in node and "additionalProperties" not in node:
        written["additionalProperties"] = {"$ref": FREE_FORM}
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), Mapping):
            written[key] = as_written(node[key], forbidden=forbidden)
    if "properties" in node:
        written["properties"] = {k: as_written(v, forbidden=forbidden) for k, v in node["properties"].items()}
    return written


def settings_as_written(schema: Node) -> dict[str, Any]:
    """Describe `settings` of one type as written; texts inside accounts hold no comma (domain.md R18)."""
    written = as_written(schema)
    for annotation in [key for key in written if key.startswith("x-") and key != "x-inferred"]:
        del written[annotation]
    accounts = schema.get("x-accounts")
    if accounts:
        name = accounts["setting"]
        written["properties"][name] = as_written(schema["properties"][name], forbidden=COMMA)
    return written


def secret_reference(node: Node) -> dict[str, Any]:
    """Describe a secret field: text that is a reference and nothing else."""
    kept = {key: node[key] for key in _KEPT_OF_SECRET if key in node}
    return {
        **kept,
        "writeOnly": True,
        "type": "string",
        "pattern": REFERENCE,
        "not": {"type": "string", "pattern": CONTROL},
        "examples": ["${env:NAME}"],
    }


def text_or_secret(description: str) -> dict[str, Any]:
    """Describe a map value that is text, or `{secret: "${env:NAME}"}`."""
    return {
        "description": description,
        "type": ["string", "object"],
        "not": {"type": "string", "pattern": any_of(REFERENCE_INSIDE, CONTROL_IN_TEXT)},
        "properties": {"secret": secret_reference({"description": "A reference to the secret value."})},
        "required": ["secret"],
        "additionalProperties": False,
    }


def types_of(node: Node) -> tuple[str, ...]:
    """List the JSON types a schema admits; empty where it does not say."""
    declared = node.get("type", ())
    return (declared,) if isinstance(declared, str) else tuple(declared)


def secret_paths(node: Node, path: SettingPath = ()) -> Iterator[SettingPath]:
    """List the secrets below a schema; `*` is any item of a list and any key of a map."""
    if node.get("writeOnly"):
        yield path
    for name, below in node.get("properties", {}).items():
        yield from secret_paths(below, (*path, name))
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), Mapping):
            yield from secret_paths(node[key], (*path, "*"))


def _forbid(written: dict[str, Any], pattern: str) -> None:
    own = written.get("not")
    if own is not None:
        written["allOf"] = [*written.get("allOf", []), {"not": own}]
    written["not"] = {"type": "string", "pattern": pattern}
