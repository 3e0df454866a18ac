"""On what condition something is required."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def because(schema: Mapping[str, Any], failure: Any) -> str:
    """
    Say which condition made a failure one: `, because `auth_type` is `bearer``; empty if none did.

    Args:
        schema: the whole schema that was checked.
        failure: jsonschema's error, whose schema path leads through `if` and `then` or `else`.
    """
    steps = list(failure.absolute_schema_path)
    if "if" not in steps:
        return ""
    last = len(steps) - 1 - steps[::-1].index("if")
    node: Any = schema
    for step in steps[:last]:
        node = node[step]
    return _words(node["if"], steps[last + 1])


def _words(condition: Mapping[str, Any], branch: Any) -> str:
    values = {name: node.get("const") for name, node in condition.get("properties", {}).items()}
    if branch == "then":
        said = " and ".join(f"`{name}` is `{value}`" for name, value in values.items())
        said = said or " and ".join(f"`{name}` is set" for name in condition.get("required", ()))
        return f", because {said}" if said else ""
    said = " and ".join(f"`{name}` is `{value}`" for name, value in values.items())
    said = said or " and ".join(f"`{name}`" for name in condition.get("required", ()))
    return f", unless {said} is set" if said and not values else f", unless {said}" if said else ""
