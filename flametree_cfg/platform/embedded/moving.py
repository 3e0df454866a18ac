"""What is on its way from one status to another."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from flametree_cfg.model import Kind, Status
from flametree_cfg.sql import Database, registry


class Moving(NamedTuple):
    """An object that is starting or stopping; the version tells whether it still is the same transition."""

    id: str
    kind: Kind
    status: Status
    version: int


def moving(database: Database, tenant: str, ids: Collection[str] | None = None) -> list[Moving]:
    """List what is starting or stopping, of all the tenant or of these ids."""
    rows = database.query(registry.MOVING, (tenant,))
    return [
        Moving(one, Kind(kind), Status(status), version)
        for one, kind, status, version in rows
        if ids is None or one in ids
    ]
