"""What a type says of itself, for machines."""

from __future__ import annotations

from typing import Any

from flametree_cfg.schema import Explanation, FieldExplanation, Role

Json = dict[str, Any]


def explain(told: Explanation) -> Json:
    """Give a type, or a kind with its types."""
    return {
        "target": told.target,
        "title": told.title,
        "description": told.description,
        "category": told.category,
        "deprecated": told.deprecated,
        "replacement": told.replacement,
        "lifecycle": told.lifecycle,
        "role": None if told.role is None else _role(told.role),
        "requires_roles": list(told.requires_roles),
        "fields": [_field(field) for field in told.fields],
        "types": [
            {"name": t.name, "title": t.title, "category": t.category, "deprecated": t.deprecated} for t in told.types
        ],
        "roles": [_role(role) for role in told.roles],
        "examples": list(told.examples),
    }


def _field(field: FieldExplanation) -> Json:
    return {
        "path": field.path,
        "type": field.type,
        "required": field.required,
        "secret": field.secret,
        "inferred": field.inferred,
        "deprecated": field.deprecated,
        "default": field.default,
        "form": field.form,
        "description": field.description,
        "examples": list(field.examples),
    }


def _role(role: Role) -> Json:
    return {
        "name": role.name,
        "title": role.title,
        "types": list(role.types),
        "many": role.many,
        "ordered": role.ordered,
    }
