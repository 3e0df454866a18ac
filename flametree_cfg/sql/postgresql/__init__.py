"""PostgreSQL behind the same `Database`: connected to by URL, one schema for each application's tables."""

from flametree_cfg.sql.postgresql.database import PostgresDatabase
from flametree_cfg.sql.postgresql.source import PostgresSource

__all__ = ["PostgresDatabase", "PostgresSource"]
