"""The catalog of types, built from JSON documents it is handed. Knows nothing about files."""

from flametree_cfg.schema.catalog import Catalog
from flametree_cfg.schema.types import Accounts, Lifecycle, Role, SettingPath, TypeSpec

__all__ = [
    "Accounts",
    "Catalog",
    "Lifecycle",
    "Role",
    "SettingPath",
    "TypeSpec",
]
