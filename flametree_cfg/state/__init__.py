"""The ledger of what we applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flametree_cfg.state._port import Ledger
from flametree_cfg.state.body import fields_writer, part_prints, read_all_fields
from flametree_cfg.state.opening import open_ledger
from flametree_cfg.state.recording import after_outcomes

if TYPE_CHECKING:
    from flametree_cfg.state.export import ExportUnusable, published, read_export, write_export
    from flametree_cfg.state.importing import import_all

_SELDOM = {
    "ExportUnusable": "export",
    "import_all": "importing",
    "published": "export",
    "read_export": "export",
    "write_export": "export",
}

__all__ = [
    "ExportUnusable",
    "Ledger",
    "after_outcomes",
    "fields_writer",
    "import_all",
    "open_ledger",
    "part_prints",
    "published",
    "read_all_fields",
    "read_export",
    "write_export",
]


def __getattr__(name: str) -> Any:
    if name not in _SELDOM:
        raise AttributeError(name)
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"flametree_cfg.state.{_SELDOM[name]}"), name)
    return found
