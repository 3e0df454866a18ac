"""The document schema that editors use, of the same parts as the judging of single bodies."""

from __future__ import annotations

import json
from typing import Any

from flametree_cfg.model import Kind
from flametree_cfg.schema.body import Schema, key_schema, typed_part
from flametree_cfg.schema.catalog import Catalog
from flametree_cfg.schema.form import free_form
from flametree_cfg.schema.loosened import DEFINITIONS, partial, with_variables
from flametree_cfg.schema.metaschema import DIALECT
from flametree_cfg.schema.patterns import VARIABLE_NAME
from flametree_cfg.schema.types import TypeSpec

_PART = "-part"

_KINDS = (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)
_SECTIONS = {
    Kind.CONNECTOR: "Connections to models, tools and services, by key. Absent: not managed; empty: none.",
    Kind.CHANNEL: "Connections to messaging, mail and voice, by key. Absent: not managed; empty: none.",
    Kind.AGENT: "Agents by key, with their connectors and channels. Absent: not managed; empty: none.",
}


def tenant_schema(catalog: Catalog) -> Schema:
    """
    Describe one file of a tenant's folder, for editors: completion of keys, types and settings.

    Self-contained (`$defs` only) and valid JSON Schema 2020-12. A body without variables, in a file that extends
    nothing, is valid here exactly if `Catalog.check` finds no error in it: both are built of the same parts. Where
    `extends` stands (an empty list will do in a base) bodies may be parts of a whole.

    Source: design.md, *The YAML a person writes*.
    """
    sections = {kind.section: _section(kind) for kind in _KINDS}
    whole = {
        **{kind.value: _any_type(catalog, kind) for kind in _KINDS},
        **{_def_name(spec): typed_part(spec) for kind in _KINDS for spec in catalog.types(kind)},
    }
    return {
        "$schema": DIALECT,
        "title": "Tenant",
        "description": "Connectors, channels and agents of one tenant, for flametree-cfg.",
        "type": "object",
        "properties": {**_top(), **{section: {"description": one["description"]} for section, one in sections.items()}},
        "additionalProperties": False,
        "if": {"required": ["extends"]},
        "then": partial({"properties": sections}, _PART),
        "else": {"properties": sections},
        "$defs": {
            **DEFINITIONS,
            "free-form": with_variables({"items": free_form()})["items"],
            **{name: with_variables(one) for name, one in whole.items()},
            **{f"{name}{_PART}": partial(one, _PART) for name, one in whole.items()},
        },
    }


def _top() -> Schema:
    """Describe what stands above the sections."""
    folder = {"type": "string", "minLength": 1}
    return {
        "tenant": key_schema("The tenant's name; the same in every file of the folder."),
        "extends": {
            "description": "Folders of bases, relative to this one; each is merged over those before it, this folder "
            "over all.",
            "type": ["array", "string"],
            "items": folder,
            "minLength": 1,
            "uniqueItems": True,
            "examples": [["../_shared/base"]],
        },
        "vars": {
            "description": "Variables, for ${var:NAME} in values; --var-file and --var win over them. No secrets.",
            "type": "object",
            "propertyNames": {"pattern": VARIABLE_NAME},
            "additionalProperties": {
                "type": ["string", "number", "boolean"],
                "not": {"type": "string", "pattern": r"\$\{"},
                "maxLength": 10_000,
            },
        },
    }


def dump_tenant_schema(catalog: Catalog) -> str:
    """Write the document schema as `schemas/tenant.json` holds it: sorted, indented, with a last line break."""
    return json.dumps(tenant_schema(catalog), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _section(kind: Kind) -> Schema:
    return {
        "description": _SECTIONS[kind],
        "type": "object",
        "propertyNames": key_schema(f"The key of the {kind.value}, which is its stable address."),
        "additionalProperties": {"$ref": f"#/$defs/{kind.value}"},
    }


def _any_type(catalog: Catalog, kind: Kind) -> Schema:
    # One `if` a type instead of `oneOf`: an editor then complains about the type that was meant, not about all.
    common = catalog.common(kind)
    return {**common, "allOf": [*common["allOf"], *(_when(spec) for spec in catalog.types(kind))]}


def _when(spec: TypeSpec) -> dict[str, Any]:
    return {
        "if": {"required": ["type"], "properties": {"type": {"const": spec.name}}},
        "then": {"$ref": f"#/$defs/{_def_name(spec)}"},
    }


def _def_name(spec: TypeSpec) -> str:
    return f"{spec.kind.value}-{spec.name}"
