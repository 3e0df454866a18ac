"""
The embedded registry's tables and statements.

The domain's rules stand here a second time, as constraints: whoever writes past our checks is refused by the database.
Objects of every kind share one table, as the portal shares one vocabulary for them (domain.md 0.1).
"""

from __future__ import annotations

from flametree_cfg.sql.migration import Application, Migration

PUBLIC_TENANT = "public"
"""Owns the system integrations that every tenant sees. Source: domain.md R5; the tenant's machine name is ours."""

APPLICATION = Application("registry", 0x464C5247)  # "FLRG"

MIGRATIONS = (
    Migration(
        1,
        (
            "CREATE TABLE installation (only_one SMALLINT PRIMARY KEY CHECK (only_one = 1), identity TEXT NOT NULL)",
            "CREATE TABLE tenant (name TEXT PRIMARY KEY, revision BIGINT NOT NULL)",
            # `folded` is its own column: no collation of a database knows our folding (reliability.md U-01).
            """
            CREATE TABLE object (
                id TEXT PRIMARY KEY,
                tenant TEXT NOT NULL REFERENCES tenant (name),
                kind TEXT NOT NULL CHECK (kind IN ('connector', 'channel', 'agent')),
                type TEXT NOT NULL,
                name TEXT NOT NULL,
                folded TEXT NOT NULL CHECK (folded <> ''),
                description TEXT NOT NULL,
                system SMALLINT NOT NULL,
                settings TEXT NOT NULL,
                environment TEXT NOT NULL,
                extra TEXT NOT NULL,
                status TEXT NOT NULL
                    CHECK (status IN ('', 'CREATING', 'STOPPED', 'STARTING', 'RUNNING', 'STOPPING', 'ERROR')),
                message TEXT NOT NULL,
                health TEXT NOT NULL CHECK (health IN ('healthy', 'unhealthy', 'not checked')),
                version BIGINT NOT NULL,
                UNIQUE (tenant, kind, folded),
                UNIQUE (tenant, id, kind),
                UNIQUE (id, type),
                CHECK (kind <> 'connector' OR status = ''),
                CHECK (system = 0 OR (system = 1 AND kind = 'connector' AND tenant = 'public'))
            )
            """,
            "CREATE INDEX object_system ON object (id) WHERE system = 1",
            # The primary key is the rule: one default per tenant and type (R2). A system connector is one object of
            # the public tenant, but each tenant may make it its own default (R3), so this is no column of `object`.
            """
            CREATE TABLE tenant_default (
                tenant TEXT NOT NULL REFERENCES tenant (name),
                type TEXT NOT NULL,
                object TEXT NOT NULL,
                kind TEXT NOT NULL DEFAULT 'connector' CHECK (kind = 'connector'),
                owner TEXT NOT NULL CHECK (owner IN (tenant, 'public')),
                PRIMARY KEY (tenant, type),
                FOREIGN KEY (object, type) REFERENCES object (id, type) ON DELETE CASCADE,
                FOREIGN KEY (owner, object, kind) REFERENCES object (tenant, id, kind) ON DELETE CASCADE
            )
            """,
            "CREATE INDEX tenant_default_object ON tenant_default (object)",
            # Deleting a connector unlinks it from every agent (R7): the cascade is the rule.
            """
            CREATE TABLE link (
                tenant TEXT NOT NULL,
                agent TEXT NOT NULL,
                role TEXT NOT NULL,
                position BIGINT NOT NULL,
                connector TEXT NOT NULL,
                agent_kind TEXT NOT NULL DEFAULT 'agent' CHECK (agent_kind = 'agent'),
                connector_kind TEXT NOT NULL DEFAULT 'connector' CHECK (connector_kind = 'connector'),
                owner TEXT NOT NULL CHECK (owner IN (tenant, 'public')),
                PRIMARY KEY (tenant, agent, role, position),
                UNIQUE (agent, role, connector),
                FOREIGN KEY (tenant, agent, agent_kind) REFERENCES object (tenant, id, kind) ON DELETE CASCADE,
                FOREIGN KEY (owner, connector, connector_kind) REFERENCES object (tenant, id, kind) ON DELETE CASCADE
            )
            """,
            "CREATE INDEX link_connector ON link (connector)",
            """
            CREATE TABLE attachment (
                tenant TEXT NOT NULL,
                agent TEXT NOT NULL,
                channel TEXT NOT NULL,
                inbound SMALLINT NOT NULL CHECK (inbound IN (0, 1)),
                version BIGINT NOT NULL,
                agent_kind TEXT NOT NULL DEFAULT 'agent' CHECK (agent_kind = 'agent'),
                channel_kind TEXT NOT NULL DEFAULT 'channel' CHECK (channel_kind = 'channel'),
                PRIMARY KEY (tenant, agent, channel),
                FOREIGN KEY (tenant, agent, agent_kind) REFERENCES object (tenant, id, kind) ON DELETE CASCADE,
                FOREIGN KEY (tenant, channel, channel_kind) REFERENCES object (tenant, id, kind) ON DELETE CASCADE
            )
            """,
            "CREATE INDEX attachment_channel ON attachment (tenant, channel)",
            # One inbound agent per channel (R11).
            "CREATE UNIQUE INDEX attachment_inbound ON attachment (tenant, channel) WHERE inbound = 1",
            """
            CREATE TABLE secret (
                tenant TEXT NOT NULL,
                object TEXT NOT NULL,
                path TEXT NOT NULL,
                sealed TEXT NOT NULL,
                PRIMARY KEY (object, path),
                FOREIGN KEY (object) REFERENCES object (id) ON DELETE CASCADE
            )
            """,
            "CREATE INDEX secret_tenant ON secret (tenant)",
            """
            CREATE TABLE operation (
                id TEXT PRIMARY KEY,
                tenant TEXT NOT NULL,
                status TEXT NOT NULL,
                object TEXT NOT NULL,
                version BIGINT NOT NULL,
                message TEXT NOT NULL
            )
            """,
            """
            CREATE TABLE log (
                tenant TEXT NOT NULL,
                object TEXT NOT NULL,
                number BIGINT NOT NULL,
                at TEXT NOT NULL,
                level TEXT NOT NULL,
                text TEXT NOT NULL,
                PRIMARY KEY (object, number),
                FOREIGN KEY (object) REFERENCES object (id) ON DELETE CASCADE
            )
            """,
        ),
    ),
    Migration(
        2,
        (
            # A text of chance that every write replaces: a restored backup has an old number, never an old tag.
            "ALTER TABLE tenant ADD COLUMN tag TEXT NOT NULL DEFAULT ''",
            "DROP INDEX secret_tenant",
            "CREATE INDEX secret_paths ON secret (tenant, object, path)",
        ),
    ),
    Migration(
        3,
        (
            # What the last check found, in words, and when; of a connector's or channel's settings as they are.
            "ALTER TABLE object ADD COLUMN checked TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE object ADD COLUMN checked_at TEXT NOT NULL DEFAULT ''",
            # Every apply asks for them first, and nearly always there are none.
            "CREATE INDEX object_moving ON object (tenant, id) WHERE status IN ('STARTING', 'STOPPING')",
        ),
    ),
)

IDENTITY = "SELECT identity FROM installation"
NAME_INSTALLATION = "INSERT INTO installation (only_one, identity) VALUES (1, ?) ON CONFLICT DO NOTHING"

REVISION = "SELECT coalesce(sum(revision), 0) FROM tenant WHERE name IN (?, ?)"
MAKE_TENANT = "INSERT INTO tenant (name, revision) VALUES (?, 0) ON CONFLICT DO NOTHING"
GROW_REVISION = "UPDATE tenant SET revision = revision + 1, tag = ? WHERE name = ?"
TAGS = "SELECT name, tag FROM tenant WHERE name IN (?, ?)"
# A file of an older format has none yet.
TAG_UNTAGGED = "UPDATE tenant SET tag = ? WHERE name = ? AND tag = ''"

_COLUMNS = (
    "id, kind, type, name, description, system, settings, environment, extra, status, message, health, checked, "
    "checked_at, version"
)

OBJECTS = f"SELECT {_COLUMNS} FROM object WHERE tenant = ? ORDER BY id"  # noqa: S608  # our own column names
SYSTEM_OBJECTS = f"SELECT {_COLUMNS} FROM object WHERE system = 1 AND tenant <> ? ORDER BY id"  # noqa: S608
DEFAULTS = "SELECT object FROM tenant_default WHERE tenant = ?"
DEFAULT_OF = "SELECT object FROM tenant_default WHERE tenant = ? AND type = ?"
LINKS = "SELECT agent, role, connector FROM link WHERE tenant = ? ORDER BY agent, role, position"
AGENTS_LINKING = "SELECT DISTINCT agent FROM link WHERE tenant = ? AND connector = ?"
ATTACHMENTS = "SELECT agent, channel, inbound, version FROM attachment WHERE tenant = ? ORDER BY agent, channel"
ATTACHMENT = "SELECT agent, channel, inbound, version FROM attachment WHERE tenant = ? AND agent = ? AND channel = ?"
ATTACHMENTS_OF = "SELECT agent, channel FROM attachment WHERE tenant = ? AND (agent = ? OR channel = ?)"
INBOUND_AGENT = "SELECT agent FROM attachment WHERE tenant = ? AND channel = ? AND inbound = 1"
AGENTS_ATTACHED = "SELECT agent FROM attachment WHERE tenant = ? AND channel = ?"
NAMED = "SELECT id FROM object WHERE tenant = ? AND kind = ? AND folded = ?"
SEALED_PATHS = "SELECT object, path FROM secret WHERE tenant = ? ORDER BY object, path"
SYSTEM_SEALED_PATHS = """
    SELECT s.object, s.path FROM object o JOIN secret s ON s.object = o.id
    WHERE o.system = 1 AND o.tenant <> ? ORDER BY o.id, s.path
"""
SEALED = "SELECT sealed FROM secret WHERE object = ? AND path = ?"


def some_objects(count: int) -> str:
    """Give the statement for so many objects that a tenant sees."""
    return f"SELECT {_COLUMNS} FROM object WHERE (tenant = ? OR system = 1) AND id IN ({_places(count)}) ORDER BY id"  # noqa: S608


def some_sealed_paths(count: int) -> str:
    """Give the statement for the sealed paths of so many objects."""
    return f"SELECT object, path FROM secret WHERE object IN ({_places(count)}) ORDER BY object, path"  # noqa: S608


def some_sealed(count: int) -> str:
    """Give the statement for what is sealed of so many objects."""
    return f"SELECT object, path, sealed FROM secret WHERE object IN ({_places(count)}) ORDER BY object, path"  # noqa: S608


def some_versions(count: int) -> str:
    """Give the statement for the versions of so many objects."""
    return f"SELECT id, version FROM object WHERE id IN ({_places(count)})"  # noqa: S608


def some_links(count: int) -> str:
    """Give the statement for the links of so many agents."""
    return f"""
        SELECT agent, role, connector FROM link WHERE tenant = ? AND agent IN ({_places(count)})
        ORDER BY agent, role, position
    """  # noqa: S608


def some_attachments(count: int) -> str:
    """Give the statement for the attachments of so many agents."""
    return f"""
        SELECT agent, channel, inbound, version FROM attachment WHERE tenant = ? AND agent IN ({_places(count)})
        ORDER BY agent, channel
    """  # noqa: S608


def _places(count: int) -> str:
    return ", ".join("?" * count)


ADD_OBJECT = """
    INSERT INTO object (id, tenant, kind, type, name, folded, description, system, settings, environment, extra,
                        status, message, health, version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 'not checked', 1)
"""
CHANGE_OBJECT = """
    UPDATE object SET name = ?, folded = ?, description = ?, settings = ?, environment = ?, extra = ?,
                      version = version + 1
    WHERE tenant = ? AND id = ?
"""
REMOVE_OBJECT = "DELETE FROM object WHERE tenant = ? AND kind = ? AND id = ?"
SET_STATUS = "UPDATE object SET status = ?, message = ?, version = version + 1 WHERE tenant = ? AND id = ?"
SET_HEALTH = "UPDATE object SET health = ?, checked = ?, checked_at = ? WHERE id = ? AND version = ?"
FORGET_HEALTH = "UPDATE object SET health = 'not checked', checked = '', checked_at = '' WHERE tenant = ? AND id = ?"
SETTLE = "UPDATE object SET status = ?, message = ?, version = version + 1 WHERE id = ?"
MOVING = """
    SELECT id, kind, status, version FROM object WHERE tenant = ? AND status IN ('STARTING', 'STOPPING') ORDER BY id
"""
TOUCH = "UPDATE object SET version = version + 1 WHERE tenant = ? AND id = ?"
TOUCH_LINKING = (
    "UPDATE object SET version = version + 1 WHERE id IN (SELECT DISTINCT agent FROM link WHERE connector = ?)"
)

MAKE_DEFAULT = """
    INSERT INTO tenant_default (tenant, type, object, owner) VALUES (?, ?, ?, ?)
    ON CONFLICT (tenant, type) DO UPDATE SET object = excluded.object, owner = excluded.owner
"""
CLEAR_DEFAULT = "DELETE FROM tenant_default WHERE tenant = ? AND object = ?"

UNLINK_ROLE = "DELETE FROM link WHERE tenant = ? AND agent = ? AND role = ?"
LINK = "INSERT INTO link (tenant, agent, role, position, connector, owner) VALUES (?, ?, ?, ?, ?, ?)"

ATTACH = "INSERT INTO attachment (tenant, agent, channel, inbound, version) VALUES (?, ?, ?, ?, 1)"
SET_INBOUND = "UPDATE attachment SET inbound = ?, version = version + 1 WHERE tenant = ? AND agent = ? AND channel = ?"
DETACH = "DELETE FROM attachment WHERE tenant = ? AND agent = ? AND channel = ?"

KEEP_SEALED = """
    INSERT INTO secret (tenant, object, path, sealed) VALUES (?, ?, ?, ?)
    ON CONFLICT (object, path) DO UPDATE SET sealed = excluded.sealed
"""
DROP_SEALED = "DELETE FROM secret WHERE object = ? AND path = ?"


def some_outcomes(count: int) -> str:
    """Give the statement for what became of so many operations."""
    return f"SELECT id, status, object, version, message FROM operation WHERE id IN ({_places(count)})"  # noqa: S608


RECORD_OUTCOME = "INSERT INTO operation (id, tenant, status, object, version, message) VALUES (?, ?, ?, ?, ?, ?)"

LOGS = """
    SELECT at, level, text, number FROM log WHERE tenant = ? AND object = ? ORDER BY number DESC LIMIT ?
"""


def some_last_logs(count: int) -> str:
    """Give the statement for the number of the last log line of so many objects."""
    return f"SELECT object, max(number) FROM log WHERE object IN ({_places(count)}) GROUP BY object"  # noqa: S608


ADD_LOG = "INSERT INTO log (tenant, object, number, at, level, text) VALUES (?, ?, ?, ?, ?, ?)"
FORGET_LOGS = "DELETE FROM log WHERE tenant = ? AND object = ? AND number <= ?"
