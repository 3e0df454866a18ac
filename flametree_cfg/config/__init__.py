"""Files of the person: reads `tenants/` with positions, the catalog from `schemas/`."""

from flametree_cfg.config.cache import cache_name
from flametree_cfg.config.cachefile import CacheFolder, code_mark
from flametree_cfg.config.catalog import load_catalog
from flametree_cfg.config.document import Document
from flametree_cfg.config.outline import Changed
from flametree_cfg.config.tenant import (
    Meanwhile,
    TenantReading,
    each_reading,
    keep_reading,
    located,
    marks_by_name,
    read_tenant,
    read_tree,
)
from flametree_cfg.config.tree import has_ignores, is_tenant_folder, tenant_folders

__all__ = [
    "CacheFolder",
    "Changed",
    "Document",
    "Meanwhile",
    "TenantReading",
    "cache_name",
    "code_mark",
    "each_reading",
    "has_ignores",
    "is_tenant_folder",
    "keep_reading",
    "load_catalog",
    "located",
    "marks_by_name",
    "read_tenant",
    "read_tree",
    "tenant_folders",
]
