"""From rows of the registry to what a platform reports."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from flametree_cfg.errors import Path
from flametree_cfg.model import MASKED, UP, Health, Kind, LiveObject, Status, Value, sorted_unless_ordered
from flametree_cfg.platform.embedded.fields import put_secret
from flametree_cfg.platform.embedded.form import form_reader
from flametree_cfg.schema import Accounts, Catalog, Lifecycle
from flametree_cfg.sql import Database, registry

Row = tuple[Any, ...]
Links = Mapping[str, Mapping[str, Sequence[str]]]
"""Agent id to role to connector ids, in their order."""

Paths = Mapping[str, Sequence[Path]]
"""Object id to the paths of its secrets."""

CHUNK = 400  # ids in one statement: every database takes so many values

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_KINDS = {kind.value: kind for kind in Kind}
_STATUSES = {status.value: status for status in Status}
_HEALTHS = {health.value: health for health in Health}


def has_own_lifecycle(catalog: Catalog, kind: Kind, type_name: str) -> bool:
    """
    Tell whether an object is started and stopped by itself; a channel of an unknown type is taken to be.

    Source: domain.md R19.
    """
    if kind is not Kind.CHANNEL:
        return kind is Kind.AGENT
    spec = catalog.get(kind, type_name)
    return spec is None or spec.lifecycle is Lifecycle.OWN


def path_text(path: Path) -> str:
    """Write the path of a secret as it stands in the database and is sealed with."""
    return _encode(path)


@lru_cache(maxsize=4096)  # most objects of a type have the same paths
def path_from_text(text: str) -> Path:
    """Undo `path_text`."""
    return tuple(json.loads(text))


class _Type(Struct, frozen=True):
    """What reading an object needs to know of its type."""

    accounts: Accounts | None
    read: Callable[[Mapping[str, Value]], dict[str, Value]]
    own_lifecycle: bool


class Reader:
    """
    Reads live objects inside the caller's transaction.

    References are platform ids. Under `connectors` stand only roles that link something: one id where the role takes
    one, else a list, in link order where the role has one, sorted otherwise. Secrets are `MASKED`.
    """

    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self._catalog = catalog
        self._known: dict[tuple[str, str], _Type] = {}

    def tenant(self, tenant: str) -> Iterator[LiveObject]:
        """
        Read everything of a tenant and the system connectors it sees, one query a table, some hundred at a time.

        In order of ids: its own objects, system ones, attachments.
        """
        stream, filled = self._database.stream, self._catalog.live_settings
        defaults = self.defaults(tenant)
        links = _Sorted(stream(registry.LINKS, (tenant,)))
        paths = _Sorted(stream(registry.SEALED_PATHS, (tenant,)))
        for rows in stream(registry.OBJECTS, (tenant,)):
            last = rows[-1][0]
            known = paths_of(paths.until(last), self._database)
            yield from self.objects(rows, known, links_of(links.until(last)), defaults, filled)
        paths = _Sorted(stream(registry.SYSTEM_SEALED_PATHS, (tenant,)))
        for rows in stream(registry.SYSTEM_OBJECTS, (tenant,)):
            yield from self.objects(rows, paths_of(paths.until(rows[-1][0]), self._database), {}, defaults, filled)
        for rows in stream(registry.ATTACHMENTS, (tenant,)):
            yield from map(attachment_of, rows)

    def some(self, tenant: str, platform_ids: Collection[str]) -> Iterator[LiveObject]:
        """Read some objects that a tenant sees, in the order of `tenant`; what is not there is left out."""
        query, filled = self._database.query, self._catalog.live_settings
        objects = [one for one in platform_ids if "/" not in one]
        defaults = self.defaults(tenant) if objects else frozenset()
        foreign: list[LiveObject] = []
        for chunk in chunks(objects):
            rows = query(registry.some_objects(len(chunk)), (tenant, *chunk))
            paths = paths_of(query(registry.some_sealed_paths(len(chunk)), chunk), self._database)
            links = links_of(query(registry.some_links(len(chunk)), (tenant, *chunk)))
            for one in self.objects(rows, paths, links, defaults, filled):
                if one.system and tenant != registry.PUBLIC_TENANT:
                    foreign.append(one)
                else:
                    yield one
        yield from foreign
        attachments = {one for one in platform_ids if "/" in one}
        for chunk in chunks({one.partition("/")[0] for one in attachments}):
            for live in map(attachment_of, query(registry.some_attachments(len(chunk)), (tenant, *chunk))):
                if live.id in attachments:
                    yield live

    def defaults(self, tenant: str) -> frozenset[str]:
        """List a tenant's default connectors, of all types."""
        return frozenset(owner for (owner,) in self._database.query(registry.DEFAULTS, (tenant,)))

    def objects(
        self,
        rows: Sequence[Row],
        paths: Paths,
        links: Links,
        defaults: frozenset[str],
        fill: Callable[[Kind, str, Mapping[str, Value]], Mapping[str, Value]],
    ) -> list[LiveObject]:
        """Build objects from their rows; the loop is flat because ten thousand objects go through it."""
        objects = []
        known, agent, connector = self._known, Kind.AGENT, Kind.CONNECTOR
        documents = zip(rows, self._parsed(rows, 6), self._parsed(rows, 7), self._parsed(rows, 8), strict=True)
        for row, settings, environment, extra in documents:
            platform_id, kind_text, type_name, name, description, system = row[:6]
            kind, status = _KINDS[kind_text], _STATUSES[row[9]]
            found = known.get((kind_text, type_name)) or self._type(kind, type_name)
            fields = {"type": type_name, "name": name, "description": description, **extra}
            if kind is agent:
                fields.setdefault("instructions", "")
                fields["connectors"] = self._roles(links.get(platform_id, {}))
            else:
                fields["settings"] = found.read(settings) if found.accounts else settings
            if kind is connector:
                fields["default"] = platform_id in defaults
            else:
                fields["environment"] = environment
            if found.own_lifecycle:
                fields["running"] = status in UP
            for path in paths.get(platform_id, ()):
                put_secret(fields, path, MASKED, found.accounts)
            if kind is not agent:
                fields["settings"] = fill(kind, type_name, fields["settings"])
            objects.append(
                LiveObject(
                    kind,
                    platform_id,
                    fields,
                    row[14],
                    bool(system),
                    status,
                    _HEALTHS[row[11]],
                    row[10],
                    row[12],
                    row[13],
                )
            )
        return objects

    def _parsed(self, rows: Sequence[Row], column: int) -> list[dict[str, Value]]:
        """
        Parse a column of JSON objects at once: one call is twice as fast as one a row.

        Raises:
            StorageFailed: one of them is none, which we never wrote.
        """
        if len(rows) == 1 and rows[0][column] == "{}":
            return [{}]
        try:
            parsed: list[dict[str, Value]] = json.loads(f"[{','.join([row[column] for row in rows])}]")
        except (ValueError, TypeError, RecursionError):
            parsed = []
        if len(parsed) != len(rows) or not all(isinstance(one, dict) for one in parsed):
            raise self._database.damaged(f"{_first_bad(rows, column)} is not as it was written")
        return parsed

    def _type(self, kind: Kind, type_name: str) -> _Type:
        spec = self._catalog.get(kind, type_name)
        found = _Type(
            spec.accounts if spec else None, form_reader(spec), has_own_lifecycle(self._catalog, kind, type_name)
        )
        self._known[kind.value, type_name] = found
        return found

    def _roles(self, linked: Mapping[str, Sequence[str]]) -> dict[str, Value]:
        roles = self._catalog.roles
        return {
            role: ids[0]
            if len(ids) == 1 and role in roles and not roles[role].many
            else sorted_unless_ordered(role, list(ids))
            for role, ids in linked.items()
        }


def unfilled(_kind: Kind, _type: str, settings: Mapping[str, Value]) -> Mapping[str, Value]:
    """Leave settings without the schema's defaults."""
    return settings


def _first_bad(rows: Sequence[Row], column: int) -> str:
    """Name the first object whose column is no JSON object; never what stands there."""
    for row in rows:
        try:
            if isinstance(json.loads(row[column]), dict):
                continue
        except (ValueError, TypeError, RecursionError):
            pass
        return f"{row[1]} {row[0]}"
    return "an object"


class _Sorted:
    """Rows in order of their first column, given out part by part."""

    def __init__(self, chunks: Iterable[Sequence[Row]]) -> None:
        self._rows = itertools.chain.from_iterable(chunks)
        self._next = next(self._rows, None)

    def until(self, last: str) -> Iterator[Row]:
        """Give the rows up to this key that were not given out yet."""
        row = self._next
        while row is not None and row[0] <= last:
            yield row
            row = next(self._rows, None)
        self._next = row


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Sort ids into lists that one statement takes."""
    listed = sorted(ids)
    return (listed[first : first + CHUNK] for first in range(0, len(listed), CHUNK))


def paths_of(rows: Iterable[Row], database: Database) -> Paths:
    """
    Collect secrets' paths by object.

    Raises:
        StorageFailed: one of them is no path.
    """
    paths: dict[str, list[Path]] = defaultdict(list)
    for owner, path in rows:
        try:
            paths[owner].append(path_from_text(path))
        except (ValueError, TypeError, RecursionError) as problem:
            raise database.damaged(f"the path of a secret of {owner} is not as it was written") from problem
    return paths


def links_of(rows: Iterable[Row]) -> Links:
    """Collect links by agent and role, in their order."""
    links: dict[str, dict[str, list[str]]] = {}
    for agent, role, connector in rows:
        links.setdefault(agent, {}).setdefault(role, []).append(connector)
    return links


_ATTACHMENT = Kind.ATTACHMENT  # a member of an enum takes longer to look up than an attachment to make


def attachment_of(row: Row) -> LiveObject:
    """Give an attachment from its row: agent, channel, inbound, version."""
    agent, channel, inbound, version = row
    fields = {"agent": agent, "channel": channel, "inbound": inbound == 1}
    return LiveObject(_ATTACHMENT, f"{agent}/{channel}", fields, version)
