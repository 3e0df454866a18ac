"""The tables of what was told already: which drift, to whom. No ledger: losing it only tells things twice."""

from __future__ import annotations

from flametree_cfg.sql.migration import Application, Migration

APPLICATION = Application("notices", 0x464C4E54)  # "FLNT"

MIGRATIONS = (
    Migration(
        1,
        (
            """
            CREATE TABLE notice (
                receiver TEXT NOT NULL,
                tenant TEXT NOT NULL,
                mark TEXT NOT NULL,
                at TEXT NOT NULL,
                PRIMARY KEY (receiver, tenant, mark)
            )
            """,
        ),
    ),
)

MARKS = "SELECT mark FROM notice WHERE receiver = ? AND tenant = ?"
ADD = """
    INSERT INTO notice (receiver, tenant, mark, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (receiver, tenant, mark) DO NOTHING
"""
DROP = "DELETE FROM notice WHERE receiver = ? AND tenant = ? AND mark = ?"
FORGET_CLAIMS = "DELETE FROM notice WHERE receiver = ? AND mark LIKE '~%' AND at < ?"
FORGET = "DELETE FROM notice WHERE at < ?"
