"""The ledger in a PostgreSQL database that a team shares: `postgresql://…`."""

from __future__ import annotations

from flametree_cfg.sql.ledger import APPLICATION, MIGRATIONS
from flametree_cfg.sql.postgresql import PostgresSource
from flametree_cfg.state.ledger import SqlLedger
from flametree_cfg.state.world import World


def open_url(rest: str, world: World, *, read_only: bool = False) -> SqlLedger:
    """Open the ledger of a database; nothing is connected to before the first call."""
    return SqlLedger(PostgresSource(f"postgresql:{rest}", APPLICATION, MIGRATIONS, read_only=read_only), world)
