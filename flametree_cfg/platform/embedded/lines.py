"""The log of a channel or an agent, as the portal shows it."""

from __future__ import annotations

from collections.abc import Mapping

from flametree_cfg.platform.embedded.rows import chunks
from flametree_cfg.sql import Database, registry

KEPT = 200  # lines an object: enough to see what happened, too few to grow a registry


def add_lines(database: Database, tenant: str, at: str, said: Mapping[str, tuple[str, str]]) -> None:
    """
    Add a line to the logs of some objects, inside the caller's transaction; the oldest lines go.

    Args:
        database: of the registry.
        tenant: whose.
        at: UTC in ISO 8601.
        said: level and text by platform id.
    """
    if not said:
        return
    last: dict[str, int] = {}
    for chunk in chunks(said):
        last.update(database.query(registry.some_last_logs(len(chunk)), chunk))
    numbers = {one: last.get(one, 0) + 1 for one in said}
    database.execute_many(
        registry.ADD_LOG, [(tenant, one, numbers[one], at, level, text) for one, (level, text) in said.items()]
    )
    full = [(tenant, one, number - KEPT) for one, number in numbers.items() if number > KEPT]
    if full:
        database.execute_many(registry.FORGET_LOGS, full)
