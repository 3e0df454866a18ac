"""What the ledger has to know of a tenant whose YAML was written from the platform. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flametree_cfg.diff import compare, fill_secrets, patch
from flametree_cfg.engine.ignoring import Ignores
from flametree_cfg.engine.pulling_match import Matched
from flametree_cfg.engine.pulling_merge import meet
from flametree_cfg.errors import Path
from flametree_cfg.model import (
    Action,
    Address,
    Declaration,
    Kind,
    LiveTenant,
    Operation,
    Resource,
    Stored,
    live_snapshot,
)
from flametree_cfg.plan import managed_view
from flametree_cfg.schema import Catalog


def bindings(
    declared: Mapping[Address, Declaration],
    matched: Matched,
    stored: Stored,
    live: LiveTenant,
    ignores: Ignores,
    left: Sequence[tuple[Address, Path]],
    catalog: Catalog,
) -> list[Operation]:
    """
    List what to record: of every declared object what the platform has of it.

    A secret that the ledger does not know is recorded by its reference and without a fingerprint: the platform has one,
    and nobody can tell whether it is what the reference means. A plan says `not checked here`, and never that it was
    rotated. Of what is ignored, or is `left` because no file could
    say it, it keeps what was applied: it is drift, when the day has passed. What is declared
    no more and gone from the platform is forgotten.
    """
    snapshot, objects = live_snapshot(live, matched.ids)
    operations = []
    paths: dict[Address, list[Path]] = {}
    for address, path in left:
        paths.setdefault(address, []).append(path)
    for address, declaration in declared.items():
        now, entry = snapshot.resources.get(address), stored.entries.get(address)
        if now is None or now.type != declaration.resource.type:
            continue
        platform_id = objects[address].id
        if entry is not None and entry.id != platform_id and address.kind is not Kind.ATTACHMENT:
            continue  # an external that was found anew: the plan says so
        before = entry.resource if entry else None
        if before is not None and before.external is not declaration.resource.external:
            if address not in matched.new:
                continue  # it is replaced, or becomes ours: the plan's business
            before = None
        filled = fill_secrets(now, before or declaration.resource, catalog)
        after = managed_view(filled, declaration.resource, catalog)
        if before is not None and (address in paths or address in ignores.rules):
            after = _as_applied(after, before, ignores, paths.get(address, ()), catalog)
        if before != after:
            protected = entry.protected if entry else declaration.protected
            operations.append(
                Operation(
                    "",
                    Action.BIND,
                    address,
                    type=after.type,
                    before=before,
                    after=after,
                    protected=protected,
                    platform_id=platform_id,
                )
            )
    for address, entry in stored.entries.items():
        if address not in declared and address not in snapshot.resources:
            operations.append(Operation("", Action.FORGET, address, type=entry.resource.type, before=entry.resource))
    return operations


def _as_applied(
    after: Resource, before: Resource, ignores: Ignores, left: Sequence[Path], catalog: Catalog
) -> Resource:
    """Give what is ignored or left the values that were applied."""
    differing = compare(after, before, after, catalog).fields
    kept = [
        one for one in differing if ignores.rule(before.address, one.path) or any(meet(one.path, path) for path in left)
    ]
    return patch(after, kept, catalog)
