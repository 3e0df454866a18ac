"""Where values come from, for machines."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict

from flametree_cfg.report import _shapes as shape
from flametree_cfg.report._why_documents import DeedLike, FieldWhyLike, MadeLike, RenderedLike, WhyLike

Json = dict[str, Any]


def rendered(one: RenderedLike) -> Json:
    """Give a merged tenant."""
    return {"tenant": one.tenant, "folder": one.folder, "document": dict(one.document)}


def why(told: WhyLike) -> Json:
    """Give an object's fields with what made them."""
    return {
        "tenant": told.tenant,
        "folder": told.folder,
        "address": str(told.address),
        "location": shape.location(told.place),
        "applied": told.applied,
        "fields": [_field(field) for field in told.fields],
    }


def _field(field: FieldWhyLike) -> Json:
    return {
        "path": list(field.path),
        "value": shape.value(field.value),
        "origin": field.origin,
        "set_by": [
            {"location": shape.location(said.place), "value": shape.value(said.value), "removes": said.removes}
            for said in field.said
        ],
        "variables": [_made(made) for made in field.variables],
        "last_apply": None if field.deed is None else _deed(field.deed),
        "stored": shape.value(field.stored),
    }


def _made(made: MadeLike) -> Json:
    set_by = [{"value": value, "source": source, "location": shape.location(at)} for value, source, at in made.set_by]
    return {"name": made.name, "set_by": set_by}


def _deed(deed: DeedLike) -> Json:
    return {
        "run": asdict(deed.run),
        "action": deed.action.value,
        "before": shape.value(deed.before),
        "after": shape.value(deed.after),
    }
