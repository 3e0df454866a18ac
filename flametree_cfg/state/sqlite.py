"""The ledger in a local SQLite file: `sqlite:PATH`."""

from __future__ import annotations

from pathlib import Path

from flametree_cfg.sql import SqliteFile
from flametree_cfg.sql.ledger import APPLICATION, MIGRATIONS
from flametree_cfg.state.ledger import SqlLedger
from flametree_cfg.state.world import World


def open_url(rest: str, world: World, *, read_only: bool = False) -> SqlLedger:
    """Open the ledger at a path; nothing is touched before the first call."""
    source = SqliteFile(Path(rest).expanduser(), APPLICATION, MIGRATIONS, read_only=read_only)
    return SqlLedger(source, world)
