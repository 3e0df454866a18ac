"""The ledger of what we applied."""

from flametree_cfg.state._port import Ledger
from flametree_cfg.state.export import ExportUnusable, published, read_export, write_export
from flametree_cfg.state.importing import import_all
from flametree_cfg.state.opening import open_ledger
from flametree_cfg.state.recording import after_outcomes

__all__ = [
    "ExportUnusable",
    "Ledger",
    "after_outcomes",
    "import_all",
    "open_ledger",
    "published",
    "read_export",
    "write_export",
]
