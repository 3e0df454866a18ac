"""A key that vanished while an equal object appeared under another: likely the same object."""

from __future__ import annotations

from flametree_cfg.diff import compare
from flametree_cfg.impact.restarts import OUTGOING
from flametree_cfg.impact.types import Rename
from flametree_cfg.impact.world import Sides
from flametree_cfg.model import Address, Kind, Resource, folded
from flametree_cfg.schema import Catalog


def likely_renames(sides: Sides) -> tuple[Rename, ...]:
    """Pair what goes with what comes, where kind, type, name and settings are the same; names are unique in a kind."""
    gone: dict[tuple[Kind, str, str], Address] = {}
    coming = []
    for kind in (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT) if sides.before else ():
        for address in sides.by_kind[kind]:
            before, after = sides.before.get(address), sides.after.get(address)
            if after is None and before is not None and OUTGOING not in address.key and not address.foreign:
                gone[kind, before.type, folded(before.name)] = address
            elif before is None and after is not None:
                coming.append(after)
    found = []
    for after in coming if gone else ():
        vanished = gone.get((after.address.kind, after.type, folded(after.name)))
        if vanished is not None and equal_settings(sides.before[vanished], after, sides.catalog):
            found.append(Rename(vanished, after.address))
    return tuple(sorted(found, key=lambda one: one.after))


def equal_settings(before: Resource, after: Resource, catalog: Catalog) -> bool:
    """Tell whether two objects have the same settings; of secrets the references count."""
    address = after.address
    one, other = (Resource(address, {"type": r.type, "settings": r.settings}) for r in (before, after))
    return not any(change.path[0] == "settings" for change in compare(one, other, other, catalog).fields)
