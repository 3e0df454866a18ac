"""The rules of the domain, put to every write before it is committed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from flametree_cfg.errors import Diagnostic, PlatformFailed, has_errors
from flametree_cfg.invariants import World, check_step
from flametree_cfg.model import Action, Address, Kind, LiveObject, LiveTenant, Resource, foreign_key, live_snapshot
from flametree_cfg.platform.embedded.ids import Ids
from flametree_cfg.platform.embedded.rows import Reader
from flametree_cfg.schema import Catalog

_MAY_BE_LOST = frozenset({"running-without-role", "channel-needs-role"})
"""
What the portal lets people break by changing or deleting something: those agents then stop responding (domain.md R7,
R8). Starting or attaching an agent that lacks it is refused.
"""

_BREAKS_NOTHING_NEW = frozenset({Action.UPDATE, Action.DELETE, Action.STOP})
_FOREIGN = re.compile(r"(connector|channel|agent)\.id:([^\s/,;]+)")


class Guard:
    """
    One tenant's World, kept between batches while nobody else writes.

    The World speaks of objects by platform id; what it finds is told under the addresses of the batch.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._world = World()
        self._seen: tuple[str, int] | None = None

    def open(self, reader: Reader, tenant: str, revision: int) -> None:
        """Make the World what the tenant is at this revision; costs a whole read if it is not already."""
        if self._seen != (tenant, revision):
            self._seen = None
            self._world = World.of(_resources(tenant, tuple(reader.tenant(tenant))))
        self._tenant = tenant

    def close(self, revision: int) -> None:
        """Say that everything judged since `open` was committed, and under which revision."""
        self._seen = (self._tenant, revision)

    def forget(self) -> None:
        """Say that what was judged was not committed: the World is no longer what the tenant is."""
        self._seen = None

    def follow(self, tenant: str, before: int, after: int, objects: Sequence[LiveObject]) -> None:
        """Take in what became of objects without an operation, where the World is what the tenant was before."""
        if self._seen == (tenant, before):
            for resource in _resources(tenant, objects):
                self._world.put(resource)
            self._seen = (tenant, after)

    def judge(self, action: Action, touched: Sequence[tuple[Kind, str]], now: Sequence[LiveObject], ids: Ids) -> None:
        """
        Take in what one operation did, and judge it.

        Args:
            action: of the operation.
            touched: kind and id of all that it may have changed.
            now: those of them that exist.
            ids: to tell what was found under the batch's addresses.

        Raises:
            PlatformFailed: it broke a rule that held before.
        """
        addresses = [_address(kind, platform_id) for kind, platform_id in touched]
        exist = {resource.address: resource for resource in _resources(self._tenant, now)}
        before = self._place(addresses, exist)
        found = [d for d in check_step(self._world, self._catalog, addresses) if self._counts(action, d)]
        if not has_errors(found):
            return
        self._place(addresses, before)
        standing = {(d.code, d.address) for d in check_step(self._world, self._catalog, addresses)}
        self._place(addresses, exist)
        broken = [d for d in found if (d.code, d.address) not in standing]
        if broken:
            raise PlatformFailed(*(_told(d, ids) for d in broken))

    def _counts(self, action: Action, found: Diagnostic) -> bool:
        return not (action in _BREAKS_NOTHING_NEW and found.code in _MAY_BE_LOST)

    def _place(self, addresses: Sequence[Address], resources: dict[Address, Resource]) -> dict[Address, Resource]:
        """Make the World say this of these addresses; gives what it said before."""
        before: dict[Address, Resource] = {}
        for address in addresses:
            resource = resources.get(address)
            was = self._world.remove(address) if resource is None else self._world.put(resource)
            if was is not None:
                before.setdefault(address, was)
        return before


def _resources(tenant: str, objects: Sequence[LiveObject]) -> list[Resource]:
    snapshot, _objects = live_snapshot(LiveTenant(tenant, tuple(objects)), {})
    return list(snapshot.resources.values())


def _address(kind: Kind, platform_id: str) -> Address:
    if kind is Kind.ATTACHMENT:
        return Address(kind, "/".join(foreign_key(part) for part in platform_id.split("/")))
    return Address(kind, foreign_key(platform_id))


def _told(found: Diagnostic, ids: Ids) -> Diagnostic:
    """Put the batch's addresses for platform ids."""

    def named(text: str) -> str:
        return _FOREIGN.sub(lambda match: str(ids.address(Kind(match[1]), match[2])), text)

    related = tuple(replace(one, address=named(one.address)) for one in found.related)
    return replace(
        found, address=named(found.address), detail=named(found.detail), hint=named(found.hint), related=related
    )
