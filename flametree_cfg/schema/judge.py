"""Whether a resolved secret fits its field; nobody hears its value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flametree_cfg.errors import Diagnostic, error
from flametree_cfg.schema.types import TypeSpec


def judge_secret(spec: TypeSpec, path: Sequence[str | int], value: str) -> list[Diagnostic]:
    """
    Judge a secret's value by the field's own pattern, and by the comma inside accounts.

    Args:
        spec: the type whose setting it is.
        path: inside `settings`.
        value: the secret itself.

    Returns:
        At most one diagnostic, with `path` inside the body.

    Source: domain.md R18; design.md, *Secrets*.
    """
    node = _node_at(spec.schema, path)
    in_account = spec.accounts is not None and path[0] == spec.accounts.setting
    fault = hint = ""
    if not value:
        fault, hint = "it is empty", "set the secret where the reference points to"
    elif in_account and "," in value:
        fault = "it holds a comma, which separates accounts"
        hint = "choose a secret without a comma, or a connection of its own for this account"
    elif "pattern" in node and re.search(node["pattern"], value) is None:
        fault, hint = "it does not have the form of this field", node.get("x-hint", node.get("description", ""))
    if not fault:
        return []
    name = ".".join(str(step) for step in path)
    detail = f"secret `settings.{name}`: {fault}"
    return [error("bad-secret", "Secret value not allowed", detail, hint, path=("settings", *path))]


def _node_at(schema: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    node: Mapping[str, Any] = schema
    for step in path:
        below = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
        node = below or node.get("additionalProperties") or {}
    return node
