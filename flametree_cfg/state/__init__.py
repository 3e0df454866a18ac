"""The ledger of what we applied."""

from flametree_cfg.state._port import Ledger
from flametree_cfg.state.opening import open_ledger

__all__ = ["Ledger", "open_ledger"]
