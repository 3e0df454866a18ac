"""The embedded registry: the documented system itself, in one database file."""

from flametree_cfg.platform.embedded.registry import EmbeddedPlatform

__all__ = ["EmbeddedPlatform"]
