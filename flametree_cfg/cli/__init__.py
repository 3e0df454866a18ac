"""The command line: one file per command."""

from flametree_cfg.cli.exit import main, run

__all__ = ["main", "run"]
