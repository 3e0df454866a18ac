"""What one transaction knows of a tenant's rows: each is read once, and kept as it is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from flametree_cfg.errors import Path
from flametree_cfg.model import Kind, LiveObject, Status
from flametree_cfg.platform.embedded.rows import (
    Reader,
    Row,
    attachment_of,
    chunks,
    links_of,
    path_text,
    paths_of,
    unfilled,
)
from flametree_cfg.schema import Catalog
from flametree_cfg.sql import Database, registry

_TYPE, _SYSTEM, _STATUS, _MESSAGE, _VERSION = 2, 5, 9, 10, 14  # columns of an object's row


class _Object(Struct, frozen=True):
    row: Row
    paths: Sequence[Path] = ()
    links: Mapping[str, Sequence[str]] | None = None

    def switched(self, status: str, message: str) -> _Object:
        """Copy it with another status, and a new version with it."""
        before, after = self.row[:_STATUS], self.row[_MESSAGE + 1 : _VERSION]
        return _Object((*before, status, message, *after, self.row[_VERSION] + 1), self.paths, self.links)


class Kept:
    """
    The rows of one tenant's objects inside the caller's transaction, in which nobody else can write.

    Whoever writes tells it: what was written where that is known, otherwise which objects to read anew.
    """

    def __init__(self, database: Database, catalog: Catalog, tenant: str) -> None:
        self._database = database
        self._catalog = catalog
        self._reader = Reader(database, catalog)
        self._tenant = tenant
        self._objects: dict[str, _Object] = {}
        self._attachments: dict[str, LiveObject] = {}
        self._defaults: frozenset[str] | None = None

    # -- reading ----------------------------------------------------------------------------------------------

    def fetch(self, platform_ids: Collection[str]) -> None:
        """Read what will be asked for, in few queries; what is not there is left out."""
        query = self._database.query
        for chunk in chunks({one for one in platform_ids if "/" not in one} - self._objects.keys()):
            rows = query(registry.some_objects(len(chunk)), (self._tenant, *chunk))
            paths = paths_of(query(registry.some_sealed_paths(len(chunk)), chunk), self._database)
            links = links_of(query(registry.some_links(len(chunk)), (self._tenant, *chunk)))
            for row in rows:
                self._objects[row[0]] = _Object(row, paths.get(row[0], ()), links.get(row[0], {}))

    def one(self, kind: Kind, platform_id: str, *, filled: bool = True) -> LiveObject | None:
        """
        Give one object; None if the tenant does not see it.

        Args:
            kind: of any kind.
            platform_id: of an attachment `AGENT-ID/CHANNEL-ID`.
            filled: with the schema's defaults; without them for what is written back.
        """
        if kind is Kind.ATTACHMENT:
            return self._attachment(platform_id)
        found = self._found(kind, platform_id)
        if found is None:
            return None
        fill = self._catalog.live_settings if filled else unfilled
        paths, links = {platform_id: found.paths}, {platform_id: found.links or {}}
        return self._reader.objects([found.row], paths, links, self.defaults, fill)[0]

    def type_of(self, kind: Kind, platform_id: str) -> str | None:
        """Give the type of an object that is no attachment; None if the tenant does not see it."""
        found = self._found(kind, platform_id)
        return found.row[_TYPE] if found else None

    def status_of(self, kind: Kind, platform_id: str) -> Status:
        """Give where a channel or an agent is in its life; NONE for what has none or is not there."""
        found = self._found(kind, platform_id)
        return Status(found.row[_STATUS]) if found else Status.NONE

    def is_system(self, kind: Kind, platform_id: str) -> bool | None:
        """Tell whether an object is a system one; None if the tenant does not see it."""
        found = self._found(kind, platform_id)
        return bool(found.row[_SYSTEM]) if found else None

    def roles_of(self, agent: str) -> Collection[str]:
        """List the roles under which an agent links something."""
        found = self._found(Kind.AGENT, agent)
        return tuple(found.links or ()) if found else ()

    @property
    def defaults(self) -> frozenset[str]:
        """The tenant's default connectors, of all types."""
        if self._defaults is None:
            self._defaults = self._reader.defaults(self._tenant)
        return self._defaults

    def _found(self, kind: Kind, platform_id: str) -> _Object | None:
        if platform_id not in self._objects:
            self.fetch((platform_id,))
        found = self._objects.get(platform_id)
        return found if found and found.row[1] == kind.value else None

    def _attachment(self, platform_id: str) -> LiveObject | None:
        if platform_id not in self._attachments:
            agent, _, channel = platform_id.partition("/")
            row = self._database.one(registry.ATTACHMENT, (self._tenant, agent, channel))
            if row is None:
                return None
            self._attachments[platform_id] = attachment_of(row)
        return self._attachments[platform_id]

    # -- what was written -------------------------------------------------------------------------------------

    def made(self, row: Row, secrets: Collection[Path]) -> None:
        """Know an object that was made, which links nothing yet."""
        self._objects[row[0]] = _Object(row, sorted(secrets, key=path_text), {})

    def linked(self, agent: str, role: str, connectors: Sequence[str]) -> None:
        """Know what an agent links under a role now."""
        found = self._objects.get(agent)
        if found:
            links = {**(found.links or {}), role: connectors}
            ordered = {one: links[one] for one in sorted(links) if links[one]}
            self._objects[agent] = _Object(found.row, found.paths, ordered)

    def switched(self, platform_id: str, status: Status, message: str) -> None:
        """Know the status of an object that was started or stopped, and is the tenant's own."""
        found = self._objects.get(platform_id)
        if found:
            self._objects[platform_id] = found.switched(status.value, message)

    def attached(self, row: Row) -> None:
        """Know an attachment that was made."""
        live = attachment_of(row)
        self._attachments[live.id] = live

    def changed(self, *platform_ids: str) -> None:
        """Read these objects anew, and who the defaults are."""
        self._defaults = None
        for one in platform_ids:
            self._objects.pop(one, None)
            self._attachments.pop(one, None)

    def gone(self) -> None:
        """Read everything anew: something was deleted, with all that hung on it."""
        self._defaults = None
        self._objects.clear()
        self._attachments.clear()
