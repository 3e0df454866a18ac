"""
The ledger's tables and statements.

Every row carries a checksum, and a tenant's row the sum over its entries and its open journal lines: a database checks
its structure, not its contents, and a lost row must never look like a resource that was never applied
(reliability.md S-04).
"""

from __future__ import annotations

from flametree_cfg.sql.chain import chain_what_is_there
from flametree_cfg.sql.migration import Application, Migration

APPLICATION = Application("ledger", 0x464C4C47)  # "FLLG"

MIGRATIONS = (
    Migration(
        1,
        (
            # How many tenants there are, and the sum over their names: a lost row must not look like an unknown tenant.
            """
            CREATE TABLE ledger (
                only_one SMALLINT PRIMARY KEY CHECK (only_one = 1),
                tenants BIGINT NOT NULL,
                total BIGINT NOT NULL
            )
            """,
            "INSERT INTO ledger (only_one, tenants, total) VALUES (1, 0, 0)",
            """
            CREATE TABLE tenant (
                name TEXT PRIMARY KEY,
                lineage TEXT NOT NULL,
                serial BIGINT NOT NULL,
                platform TEXT NOT NULL,
                runs BIGINT NOT NULL,
                total BIGINT NOT NULL,
                checksum BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE entry (
                tenant TEXT NOT NULL,
                address TEXT NOT NULL,
                id TEXT NOT NULL,
                external SMALLINT NOT NULL,
                system SMALLINT NOT NULL,
                protected SMALLINT NOT NULL,
                body TEXT NOT NULL,
                checksum BIGINT NOT NULL,
                PRIMARY KEY (tenant, address)
            )
            """,
            """
            CREATE TABLE journal (
                tenant TEXT NOT NULL,
                operation TEXT NOT NULL,
                run TEXT NOT NULL,
                seq BIGINT NOT NULL,
                outcome TEXT NOT NULL,
                body TEXT NOT NULL,
                checksum BIGINT NOT NULL,
                PRIMARY KEY (tenant, operation)
            )
            """,
            "CREATE INDEX journal_open ON journal (tenant, seq) WHERE outcome = ''",
            """
            CREATE TABLE lock (
                tenant TEXT PRIMARY KEY,
                epoch BIGINT NOT NULL,
                held SMALLINT NOT NULL,
                by_file SMALLINT NOT NULL,
                clock TEXT NOT NULL,
                expires DOUBLE PRECISION NOT NULL,
                who TEXT NOT NULL,
                host TEXT NOT NULL,
                pid BIGINT NOT NULL,
                command TEXT NOT NULL,
                since TEXT NOT NULL
            )
            """,
            """
            CREATE TABLE history (
                tenant TEXT NOT NULL,
                number BIGINT NOT NULL,
                body TEXT NOT NULL,
                operations TEXT NOT NULL,
                total BIGINT NOT NULL,
                checksum BIGINT NOT NULL,
                PRIMARY KEY (tenant, number)
            )
            """,
        ),
    ),
    Migration(2, ("CREATE INDEX entry_id ON entry (tenant, id)",)),
    Migration(
        3,
        (
            # How entries were before they changed since the last run: they go into the next run's `undo`, packed.
            """
            CREATE TABLE past (
                tenant TEXT NOT NULL,
                seq BIGINT NOT NULL,
                body TEXT NOT NULL,
                checksum BIGINT NOT NULL,
                PRIMARY KEY (tenant, seq)
            )
            """,
            # The sum over them; which runs history let go, with the link of the last of those; the newest link.
            "ALTER TABLE tenant ADD COLUMN past BIGINT NOT NULL DEFAULT 0",
            "ALTER TABLE tenant ADD COLUMN dropped BIGINT NOT NULL DEFAULT 0",
            "ALTER TABLE tenant ADD COLUMN anchor TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE tenant ADD COLUMN link TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE history ADD COLUMN undo TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE history ADD COLUMN link TEXT NOT NULL DEFAULT ''",
        ),
        chain_what_is_there,
    ),
)

# One statement, so that both are of one moment wherever it is asked.
TENANTS = """
    SELECT t.name, l.tenants, l.total FROM ledger l LEFT JOIN tenant t ON 1 = 1 WHERE l.only_one = 1 ORDER BY t.name
"""
COUNT_TENANT = "UPDATE ledger SET tenants = tenants + 1, total = total + ? WHERE only_one = 1"

TENANT = """
    SELECT lineage, serial, platform, runs, total, past, dropped, anchor, link, checksum FROM tenant WHERE name = ?
"""
ADD_TENANT = """
    INSERT INTO tenant (lineage, serial, platform, runs, total, past, dropped, anchor, link, checksum, name)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# The serial that was read is compared once more by the statement that writes.
KEEP_TENANT = """
    UPDATE tenant SET lineage = ?, serial = ?, platform = ?, runs = ?, total = ?,
        past = ?, dropped = ?, anchor = ?, link = ?, checksum = ?
    WHERE name = ? AND serial = ?
"""

_ENTRIES = "SELECT address, id, external, system, protected, body, checksum FROM entry WHERE tenant = ?"
ENTRIES = f"{_ENTRIES} ORDER BY address"


def some_entries(count: int) -> str:
    """Give the statement for the entries of so many addresses."""
    return f"{_ENTRIES} AND address IN ({_places(count)}) ORDER BY address"


def some_ids(count: int) -> str:
    """Give the statement for the entries of so many platform ids."""
    return f"{_ENTRIES} AND id IN ({_places(count)}) ORDER BY address"


def some_outcomes(count: int) -> str:
    """Give the statement for what came of so many journaled operations."""
    return f"SELECT operation, outcome FROM journal WHERE tenant = ? AND operation IN ({_places(count)})"  # noqa: S608


def _places(count: int) -> str:
    return ", ".join("?" * count)


KEEP_ENTRY = """
    INSERT INTO entry (tenant, address, id, external, system, protected, body, checksum)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (tenant, address) DO UPDATE SET
        id = excluded.id, external = excluded.external, system = excluded.system,
        protected = excluded.protected, body = excluded.body, checksum = excluded.checksum
"""
DROP_ENTRY = "DELETE FROM entry WHERE tenant = ? AND address = ?"

OPEN_LINES = "SELECT operation, body, checksum FROM journal WHERE tenant = ? AND outcome = '' ORDER BY seq"
OPEN_SUMS = "SELECT operation, checksum FROM journal WHERE tenant = ? AND outcome = '' ORDER BY seq"
OPEN_BODY = "SELECT body FROM journal WHERE tenant = ? AND operation = ? AND outcome = ''"
ANY_OPEN_LINE = "SELECT 1 FROM journal WHERE tenant = ? AND outcome = '' LIMIT 1"
# Only open lines have an order that counts; asking all of a long run's lines every time would grow with its square.
LAST_LINE = "SELECT max(seq) FROM journal WHERE tenant = ? AND outcome = ''"
ADD_LINE = """
    INSERT INTO journal (tenant, operation, run, seq, outcome, body, checksum) VALUES (?, ?, ?, ?, '', ?, ?)
"""
# A closed line, without what it said: that is in the entries now. It takes the place of the open one, which is struck
# first: an update would keep that one's room, and the file of a long run would be mostly air.
ADD_CLOSED_LINE = """
    INSERT INTO journal (tenant, operation, run, seq, outcome, body, checksum) VALUES (?, ?, ?, 0, ?, '', 0)
"""
STRIKE_LINE = "DELETE FROM journal WHERE tenant = ? AND operation = ?"
# What a run is about to do stands beside its closed lines, under its own name, until history has it.
ADD_NOTE = """
    INSERT INTO journal (tenant, operation, run, seq, outcome, body, checksum) VALUES (?, ?, ?, 0, 'begun', ?, ?)
"""
ANY_NOTE = "SELECT 1 FROM journal WHERE tenant = ? AND outcome = 'begun' LIMIT 1"
NOTES = "SELECT operation, body, checksum FROM journal WHERE tenant = ? AND outcome = 'begun' ORDER BY operation"
CLOSED_LINES = "SELECT operation, outcome FROM journal WHERE tenant = ? AND outcome NOT IN ('', 'begun')"
FORGET_CLOSED_LINES = "DELETE FROM journal WHERE tenant = ? AND outcome <> ''"

LOCK = "SELECT epoch, held, by_file, clock, expires, who, host, pid, command, since FROM lock WHERE tenant = ?"
ADD_LOCK = """
    INSERT INTO lock (tenant, epoch, held, by_file, clock, expires, who, host, pid, command, since)
    VALUES (?, 0, 0, 0, '', 0, '', '', 0, '', '')
"""
TAKE_LOCK = """
    UPDATE lock SET epoch = epoch + 1, held = 1, by_file = ?, clock = ?, expires = ?,
        who = ?, host = ?, pid = ?, command = ?, since = ?
    WHERE tenant = ? AND epoch = ?
"""
RENEW_LOCK = "UPDATE lock SET clock = ?, expires = ? WHERE tenant = ? AND epoch = ? AND held = 1"
FREE_LOCK = "UPDATE lock SET held = 0 WHERE tenant = ? AND epoch = ? AND held = 1"
# A broken lock takes a new epoch, so that whoever held it writes nothing more.
BREAK_LOCK = "UPDATE lock SET held = 0, epoch = epoch + 1 WHERE tenant = ?"

# `total` sums up the operations, so that listing runs need not read them.
RUNS = "SELECT number, body, total, checksum FROM history WHERE tenant = ? ORDER BY number DESC LIMIT ?"
RUN = "SELECT operations, total FROM history WHERE tenant = ? AND number = ?"
NUMBERS = "SELECT number FROM history WHERE tenant = ? ORDER BY number"
WHOLE_RUN = "SELECT body, operations, total, checksum, undo, link FROM history WHERE tenant = ? AND number = ?"
LINK = "SELECT link FROM history WHERE tenant = ? AND number = ?"
ADD_RUN = """
    INSERT INTO history (tenant, number, body, operations, total, checksum, undo, link) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
DROP_RUNS = "DELETE FROM history WHERE tenant = ? AND number <= ?"

PAST = "SELECT seq, body, checksum FROM past WHERE tenant = ? ORDER BY seq"
COUNT_PAST = "SELECT count(*), max(seq) FROM past WHERE tenant = ?"
ADD_PAST = "INSERT INTO past (tenant, seq, body, checksum) VALUES (?, ?, ?, ?)"
DROP_PAST = "DELETE FROM past WHERE tenant = ?"
