"""Where everything of one file stands: found by address and path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config.document import Document
from flametree_cfg.errors import Diagnostic, Location, Path
from flametree_cfg.model import Address, Kind, Value, agent, at_path, attachment, parse_address, sorted_unless_ordered

_KEY_IS_WRONG = frozenset(
    {"bad-key", "key-not-allowed", "settings-not-allowed", "lifecycle-not-own", "deprecated-setting"}
)
"""Codes that speak of a key, not of what stands behind it; besides `unknown-key`, `unknown-setting` …"""


_KINDS: Mapping[str, Kind] = {kind.section: kind for kind in (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)}


class Place(NamedTuple):
    """One resource in a file: the slots of its key and of its value."""

    document: Document
    key_slot: int
    value_slot: int
    body: Value


class PlaceBook(Struct, frozen=True):
    """
    The places of one file.

    Attributes:
        resources: by address, attachments among them.
        document: for what belongs to no resource, such as `tenant:`.
    """

    resources: dict[Address, Place]
    document: Document

    @classmethod
    def of(cls, document: Document) -> PlaceBook:
        """Note where every resource of a file stands, whether it is right or wrong."""
        places: dict[Address, Place] = {}
        for section, _, section_slot in document.children(document.value, 0):
            kind, bodies = _KINDS.get(str(section)), document.value[section]
            for key, key_slot, value_slot in document.children(bodies, section_slot) if kind else ():
                place = Place(document, key_slot, value_slot, bodies[key])
                if kind and isinstance(bodies, dict):
                    places.setdefault(Address(kind, str(key)), place)
                    if kind is Kind.AGENT:
                        places.update(_attachments(str(key), place))
        return cls(places, document)

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
            path = as_written(path, place.body)
        return locate_in(place, path, of_key=of_key)

    def _at_top(self, path: Path) -> Location | None:
        top = self.document.value
        return self.document.key_place(path[:1]) if path and isinstance(top, dict) and path[0] in top else None


def _attachments(agent_key: str, place: Place) -> Iterator[tuple[Address, Place]]:
    document, _, value_slot, body = place
    channels = body.get("channels") if isinstance(body, dict) else None
    if not isinstance(channels, dict):
        return
    slot = next(value for key, _, value in document.children(body, value_slot) if key == "channels")
    for key, key_slot, own_slot in document.children(channels, slot):
        yield attachment(agent_key, str(key)), Place(document, key_slot, own_slot, channels[key])


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


def as_written(path: Path, body: Value) -> Path:
    """Undo the sorting of a role's keys, so that the third one of the model is found where it stands."""
    match path:
        case ("connectors", str(role), int(index), *_):
            keys = at_path(body, ("connectors", role))
            ordered = sorted_unless_ordered(role, keys) if _all_text(keys) else []
            return ("connectors", role, keys.index(ordered[index])) if index < len(ordered) else path
    return path


def _all_text(keys: Value) -> bool:
    return isinstance(keys, list) and all(isinstance(key, str) for key in keys)
