"""On what condition something is required."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def because(schema: Mapping[str, Any], failure: Any) -> str:
    """
    Say which condition made a failure one: ``, because `auth_type` is `bearer` ``; empty if none did.

    Args:
        schema: the whole schema that was checked.
        failure: jsonschema's error; its schema path names the branch (`then`, `else`) and leaves `if` out.
    """
    node: Any = schema
    said = ""
    for step in failure.absolute_schema_path:
        if step in {"then", "else"} and "if" in node:
            said = _words(node["if"], step)
        node = node[step]
    return said


def _words(condition: Mapping[str, Any], branch: str) -> str:
    properties = condition.get("properties", {})
    values = [f"`{name}` is `{node['const']}`" for name, node in properties.items() if "const" in node]
    said = " and ".join(values or [f"`{name}` is set" for name in condition.get("required", ())])
    if not said:
        return ""
    return f", because {said}" if branch == "then" else f", unless {said}"
