"""A ledger as it was before history was a chain."""

from __future__ import annotations

import sqlite3

from flametree_cfg.sql.chain import checksum

BACK = (
    "DROP TABLE past",
    "ALTER TABLE tenant DROP COLUMN past",
    "ALTER TABLE tenant DROP COLUMN dropped",
    "ALTER TABLE tenant DROP COLUMN anchor",
    "ALTER TABLE tenant DROP COLUMN link",
    "ALTER TABLE history DROP COLUMN undo",
    "ALTER TABLE history DROP COLUMN link",
)


def unchained(connection: sqlite3.Connection) -> None:
    """Take back what made history a chain; the sums of the tenants are those of then."""
    for statement in BACK:
        connection.execute(statement)
    rows = connection.execute("SELECT name, lineage, serial, platform, runs, total FROM tenant").fetchall()
    for row in rows:
        connection.execute("UPDATE tenant SET checksum = ? WHERE name = ?", (checksum(*row), row[0]))
    connection.execute("PRAGMA user_version = 2")
