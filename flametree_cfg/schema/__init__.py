"""The catalog of types, built from JSON documents it is handed. Knows nothing about files."""

from flametree_cfg.schema.catalog import Catalog
from flametree_cfg.schema.explain import Explanation, FieldExplanation, TypeSummary, explain
from flametree_cfg.schema.tenant import dump_tenant_schema, tenant_schema
from flametree_cfg.schema.types import Accounts, Lifecycle, Role, SettingPath, TypeSpec

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
