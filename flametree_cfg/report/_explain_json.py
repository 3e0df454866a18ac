"""What a type says of itself, for machines."""

from __future__ import annotations

from typing import Any

from flametree_cfg.report._documents import Explained, FieldExplained


def explain(explained: Explained) -> dict[str, Any]:
    """Give a type, or the types of a kind."""
    return {
        "target": explained.target,
        "title": explained.title,
        "description": explained.description,
        "notes": list(explained.notes),
        "fields": [_field(field) for field in explained.fields],
        "types": [{"name": name, "title": title} for name, title in explained.types],
    }


def _field(field: FieldExplained) -> dict[str, Any]:
    return {
        "path": field.path,
        "type": field.type,
        "required": field.required,
        "secret": field.secret,
        "inferred": field.inferred,
        "deprecated": field.deprecated,
        "description": field.description,
        "choices": list(field.choices),
        "default": field.default,
        "examples": list(field.examples),
    }
