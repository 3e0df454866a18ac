"""The ledger of what we applied."""

from flametree_cfg.state._port import Ledger
from flametree_cfg.state.opening import open_ledger
from flametree_cfg.state.recording import after_outcomes

__all__ = ["Ledger", "after_outcomes", "open_ledger"]
