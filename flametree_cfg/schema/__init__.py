"""The catalog of types, built from JSON documents it is handed. Knows nothing about files."""

from typing import TYPE_CHECKING, Any

from flametree_cfg.schema.catalog import Catalog
from flametree_cfg.schema.types import Accounts, Lifecycle, Role, SettingPath, TypeSpec

if TYPE_CHECKING:
    from flametree_cfg.schema.explanation import Explanation, FieldExplanation, TypeSummary, explain
    from flametree_cfg.schema.tenant import dump_tenant_schema, tenant_schema

_SELDOM = {
    "Explanation": "explanation",
    "FieldExplanation": "explanation",
    "TypeSummary": "explanation",
    "explain": "explanation",
    "dump_tenant_schema": "tenant",
    "tenant_schema": "tenant",
}

__all__ = [
    "Accounts",
    "Catalog",
    "Explanation",
    "FieldExplanation",
    "Lifecycle",
    "Role",
    "SettingPath",
    "TypeSpec",
    "TypeSummary",
    "dump_tenant_schema",
    "explain",
    "tenant_schema",
]


def __getattr__(name: str) -> Any:
    if name not in _SELDOM:
        raise AttributeError(name)
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"flametree_cfg.schema.{_SELDOM[name]}"), name)
    return found
