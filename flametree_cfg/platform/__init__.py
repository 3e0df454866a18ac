"""The live registry, behind a port."""

from flametree_cfg.platform._port import Platform
from flametree_cfg.platform.opening import open_platform

__all__ = ["Platform", "open_platform"]
