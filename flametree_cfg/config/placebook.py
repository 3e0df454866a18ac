"""Where everything of a tenant stands: found by address and path, in whichever file it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from flametree_cfg.config.document import Document
from flametree_cfg.errors import Diagnostic, Location, Path
from flametree_cfg.model import Address, Kind, Value, agent, at_path, parse_address, sorted_unless_ordered

_KEY_IS_WRONG = frozenset(
    {"bad-key", "key-not-allowed", "settings-not-allowed", "lifecycle-not-own", "deprecated-setting"}
)
"""Codes that speak of a key, not of what stands behind it; besides `unknown-key`, `unknown-setting` …"""


class Place(NamedTuple):
    """One resource in a file: the slots of its key and of its value."""

    document: Document
    key_slot: int
    value_slot: int
    body: Value


@dataclass(frozen=True, slots=True)
class PlaceBook:
    """
    The places of one tenant.

    Attributes:
        resources: by address, attachments among them.
        documents: for what belongs to no resource, such as `tenant:`.
    """

    resources: dict[Address, Place]
    documents: list[Document]

    def locate(self, address: str, path: Path = (), *, of_key: bool = False) -> Location | None:
        """
        Say where a path of a resource stands; where it ends early, the nearest ancestor.

        Args:
            address: as text; empty for the top of the files (`("tenant",)`, `("connectors",)`).
            path: inside the resource as the model has it: keys under a role count as sorted.
            of_key: the key instead of the value.
        """
        if not address:
            return self._at_top(path)
        parsed = parse_address(address)
        if parsed is None:
            return None
        place = self.resources.get(parsed)
        if place is None and parsed.kind is Kind.ATTACHMENT:
            place, path = self.resources.get(agent(parsed.agent_key)), ("channels",)
        if place is None:
            return None
        if parsed.kind is Kind.AGENT:
            path = _as_written(path, place.body)
        return locate_in(place, path, of_key=of_key)

    def located(self, found: Diagnostic) -> Diagnostic:
        """Put places on a diagnostic and on what it relates to; what has one keeps it."""
        related = tuple(
            one if one.location else replace(one, location=self.locate(one.address, one.path) if one.address else None)
            for one in found.related
        )
        location = found.location
        if location is None and (found.address or found.path):
            location = self.locate(found.address, found.path, of_key=speaks_of_key(found.code))
        return replace(found, location=location, related=related)

    def _at_top(self, path: Path) -> Location | None:
        for document in self.documents:
            if path and isinstance(document.value, dict) and path[0] in document.value:
                return document.key_place(path[:1])
        return None


def speaks_of_key(code: str) -> bool:
    """Tell whether a code is about a key itself."""
    return code in _KEY_IS_WRONG or (code.startswith("unknown-") and code != "unknown-type")


def locate_in(place: Place, path: Path, *, of_key: bool = False) -> Location:
    """
    Say where a path below one resource stands, as written.

    A scalar's place is its own; of a list or a mapping the key is shown, which stands where people look for it.
    Something that is missing has the place of what it is missing from.
    """
    document, key_slot, value_slot, body = place
    if not path:
        return document.at(key_slot)
    there = at_path(body, path)
    if not of_key and there is not None and not isinstance(there, dict | list):
        return document.place(path, value_slot, body)
    found = document.key_place(path, value_slot, body)
    return found if path[0] in body else document.at(key_slot)


def locate_all(diagnostics: Iterable[Diagnostic], address: str, place: Place) -> list[Diagnostic]:
    """Put address and place on what the catalog said of one body."""
    return [
        replace(found, address=address, location=locate_in(place, found.path, of_key=speaks_of_key(found.code)))
        for found in diagnostics
    ]


def _as_written(path: Path, body: Value) -> Path:
    """Undo the sorting of a role's keys, so that the third one of the model is found where it stands."""
    match path:
        case ("connectors", str(role), int(index), *_):
            keys = at_path(body, ("connectors", role))
            ordered = sorted_unless_ordered(role, keys) if _all_text(keys) else []
            return ("connectors", role, keys.index(ordered[index])) if index < len(ordered) else path
    return path


def _all_text(keys: Value) -> bool:
    return isinstance(keys, list) and all(isinstance(key, str) for key in keys)
