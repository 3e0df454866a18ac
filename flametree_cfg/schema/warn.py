"""What works but should not be used any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flametree_cfg.errors import Diagnostic, warning
from flametree_cfg.schema.types import TypeSpec


def deprecated_settings(spec: TypeSpec) -> frozenset[str]:
    """List the settings of a type that its file marks as deprecated."""
    return frozenset(key for key, node in spec.schema["properties"].items() if node.get("deprecated"))


def deprecations(spec: TypeSpec, old: frozenset[str], body: Mapping[str, Any]) -> list[Diagnostic]:
    """
    Warn of a deprecated type and of deprecated settings.

    Args:
        spec: the body's type.
        old: its deprecated settings.
        body: as written.

    Source: domain.md R17.
    """
    found = []
    if spec.deprecated:
        hint = f"use type `{spec.replacement}`" if spec.replacement else "choose another type for new setups"
        found.append(
            warning(
                "deprecated-type",
                "Type is deprecated",
                f"{spec.kind.value} type `{spec.name}` is kept for backward compatibility only",
                hint,
                path=("type",),
            )
        )
    settings = body.get("settings")
    for key in sorted(old.intersection(settings)) if isinstance(settings, Mapping) else ():
        path = ("settings", key)
        hint = spec.schema["properties"][key].get("x-hint", "leave it out")
        found.append(warning("deprecated-setting", "Setting is deprecated", f"setting `{key}`", hint, path=path))
    return found
