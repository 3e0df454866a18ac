"""Schema keywords as people say them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flametree_cfg.schema.patterns import REFERENCE
from flametree_cfg.schema.suggest import listed

TYPE_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}


def type_words(types: tuple[str, ...]) -> str:
    """Say what may stand there: `text or a mapping`; empty if anything may."""
    return " or ".join(TYPE_WORDS[each] for each in types)


def default_words(node: Mapping[str, Any]) -> str:
    """Write a default as JSON; empty if there is none."""
    return json.dumps(node["default"], ensure_ascii=False) if "default" in node else ""


def form_words(node: Mapping[str, Any]) -> str:
    """Say which values go: choices, limits, format, pattern; empty if all of the type do."""
    said = []
    if "enum" in node:
        said.append(f"one of {listed(node['enum'])}")
    if "minimum" in node or "maximum" in node:
        said.append(_between(node.get("minimum"), node.get("maximum")))
    if "minItems" in node or node.get("uniqueItems"):
        said.append(f"at least {node['minItems']}" if "minItems" in node else "each once")
    if "maxLength" in node:
        said.append(f"at most {node['maxLength']} characters")
    if "format" in node:
        said.append(node["format"])
    elif "pattern" in node and node["pattern"] != REFERENCE:
        said.append(node.get("x-hint", f"pattern {node['pattern']}"))
    return ", ".join(said)


def _between(least: object, most: object) -> str:
    if least is None or most is None:
        return f"at most {most}" if least is None else f"at least {least}"
    return f"{least} to {most}"
