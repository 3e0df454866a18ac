"""The live registry, behind a port."""

from flametree_cfg.platform._port import SETTLE_S, Platform
from flametree_cfg.platform.opening import open_platform
from flametree_cfg.platform.verification import Verification

__all__ = ["SETTLE_S", "Platform", "Verification", "open_platform"]
