"""Files of the person: reads `tenants/` with positions, the catalog from `schemas/`."""

from flametree_cfg.config.catalog import load_catalog
from flametree_cfg.config.document import Document
from flametree_cfg.config.reader import read_document
from flametree_cfg.config.tenant import TenantReading, located, read_tenant, read_tree

__all__ = [
    "Document",
    "TenantReading",
    "load_catalog",
    "located",
    "read_document",
    "read_tenant",
    "read_tree",
]
