"""From a schema of what is merged and filled to one of what stands in a file: variables, and parts of a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flametree_cfg.schema.patterns import VARIABLE_INSIDE, VARIABLE_USE

Schema = dict[str, Any]
Node = Mapping[str, Any]

VARIABLE = "variable"
VARIABLE_OR_NULL = "variable-or-null"
DEFINITIONS: dict[str, Schema] = {
    VARIABLE: {
        "description": "A text with a variable in it; what comes of it is checked when its value is known.",
        "type": "string",
        "pattern": VARIABLE_USE,
    },
    VARIABLE_OR_NULL: {
        "description": "A text with a variable in it, or null, which takes away what a base says.",
        "type": ["string", "null"],
        "pattern": VARIABLE_USE,
    },
}

_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})
_SAID = frozenset({"title", "description", "default", "examples", "deprecated", "enumDescriptions"})  # kept in sight


def with_variables(node: Node) -> Schema:
    """Let every scalar that is not secret hold a variable."""
    return _mapped(node, _or_variable)


def partial(node: Node, suffix: str) -> Schema:
    """
    Describe what is merged over something else: nothing is required, and null takes away.

    Items of lists stay whole: a list takes the place of another.

    Args:
        node: a schema.
        suffix: of the definitions that are partial too.
    """
    return _partial(_mapped(node, _or_null), suffix)


def _mapped(node: Node, change: Callable[[Schema], Schema]) -> Schema:
    """Change every schema of a value below a node, the innermost first."""
    changed = dict(node)
    for key in ("then", "else"):
        if isinstance(node.get(key), Mapping):
            changed[key] = _mapped(node[key], change)
    if "allOf" in node:
        changed["allOf"] = [_mapped(one, change) for one in node["allOf"]]
    if "properties" in node:
        changed["properties"] = {key: change(_mapped(below, change)) for key, below in node["properties"].items()}
    if isinstance(node.get("additionalProperties"), Mapping):
        changed["additionalProperties"] = change(_mapped(node["additionalProperties"], change))
    if isinstance(node.get("items"), Mapping):
        changed["items"] = _or_variable(_mapped(node["items"], _or_variable))
    return changed


def _or_variable(node: Schema) -> Schema:
    if node.get("writeOnly"):
        return {**node, "allOf": [*node.get("allOf", ()), {"not": {"type": "string", "pattern": VARIABLE_INSIDE}}]}
    return _unless(VARIABLE, node) if _may_be_text(node) else node


def _or_null(node: Schema) -> Schema:
    node = _or_variable(node) if node.get("writeOnly") else node
    if _may_be_text(node):
        return _unless(VARIABLE_OR_NULL, node)
    return {"if": {"type": "null"}, "else": node} if node else node


def _may_be_text(node: Schema) -> bool:
    """Tell whether a value is a scalar and no secret, or a text among other things."""
    if node.get("writeOnly"):
        return False
    types = node.get("type", ())
    types = {types} if isinstance(types, str) else set(types)
    return bool(types & _SCALARS) or "enum" in node or "const" in node or (not types and "pattern" in node)


def _unless(definition: str, node: Schema) -> Schema:
    """Judge a value by a node unless it is of a definition; what is said of it stays in sight."""
    said = {key: value for key, value in node.items() if key in _SAID or key.startswith("x-")}
    judged = {key: value for key, value in node.items() if key not in said}
    return {**said, "if": {"$ref": f"#/$defs/{definition}"}, "else": judged}


def _partial(node: Node, suffix: str) -> Schema:
    """Require nothing, but in what decides whether a condition holds, and in items of lists."""
    changed: Schema = {}
    for key, below in node.items():
        if key in ("if", "not", "items", "propertyNames", "enum", "examples"):
            changed[key] = below
        elif key == "$ref" and not below.startswith(f"#/$defs/{VARIABLE}") and not below.endswith("/free-form"):
            changed[key] = f"{below}{suffix}"
        elif key == "properties":
            changed[key] = {name: _partial(one, suffix) for name, one in below.items()}
        elif key == "allOf":
            changed[key] = [_partial(one, suffix) for one in below]
        elif key != "required":
            changed[key] = _partial(below, suffix) if isinstance(below, Mapping) else below
    return changed
