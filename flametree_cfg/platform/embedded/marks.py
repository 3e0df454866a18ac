"""What the registry remembers of writes: what came of operations, and marks that tell one state from another."""

from __future__ import annotations

from collections.abc import Sequence

from flametree_cfg.model import Outcome, OutcomeStatus
from flametree_cfg.platform.embedded.rows import chunks
from flametree_cfg.sql import Database, registry


def recorded(database: Database, operation_ids: Sequence[str]) -> dict[str, Outcome]:
    """Tell what became of operations, by id; others are absent. One without an id is new every time."""
    found = {}
    for chunk in chunks({one for one in operation_ids if one}):
        for one, status, *rest in database.query(registry.some_outcomes(len(chunk)), chunk):
            found[one] = Outcome(one, OutcomeStatus(status), *rest)
    return found


def revision(database: Database, tenant: str) -> int:
    """Give the tenant's revision; writes to the public tenant count, since every tenant sees its system connectors."""
    row = database.one(registry.REVISION, (tenant, registry.PUBLIC_TENANT))
    return int(row[0]) if row else 0


def tags(database: Database, tenant: str) -> str:
    """Name the state of a tenant and of the system connectors it sees; empty where a tag was never given."""
    found: dict[str, str] = dict(database.query(registry.TAGS, (tenant, registry.PUBLIC_TENANT)))
    return "" if "" in found.values() else " ".join(f"{name}={tag}" for name, tag in sorted(found.items()))
