"""Several files become one tenant: names agree, no key stands twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from flametree_cfg.config.part import Part
from flametree_cfg.config.problem import problem
from flametree_cfg.errors import Diagnostic, Location, Related
from flametree_cfg.model import Address, Declaration, Kind

PlaceIn = Callable[[Part, str], Location]
"""Finds where an address (as text) stands in one file."""


class Joined(Struct, frozen=True):
    """What the files say together; `found` holds every problem, in no order."""

    name: str
    declarations: Mapping[Address, Declaration]
    found: list[Diagnostic]


def join_parts(parts: Sequence[Part], folder: str, place_in: PlaceIn, unread: Iterable[Diagnostic] = ()) -> Joined:
    """
    Bring files together.

    Args:
        parts: in the order of their names.
        folder: what to call the tenant's folder.
        place_in: where something stands.
        unread: what is wrong with files that could not be read at all.
    """
    found = [*unread]
    whole = not found and all(part.whole for part in parts)
    declarations: dict[Address, Declaration] = {}
    count = 0
    for part in parts:
        found += part.found
        declarations.update([(declaration.resource.address, declaration) for declaration in part.declarations])
        count += len(part.declarations) + len(part.astray)
    if count > len(declarations):
        found = _without_twins(parts, found, place_in)
    return Joined(_name(parts, folder, found, whole=whole), declarations, found)


def _name(parts: Sequence[Part], folder: str, found: list[Diagnostic], *, whole: bool) -> str:
    """Give the tenant's name; empty if unknown."""
    names = [name for part in parts for name in part.names]
    if not names:
        if whole and not any(part.named for part in parts):  # a file that could not be read may be the one that says it
            first = parts[0].label if parts else folder
            found.append(problem("no-tenant-name", Location(first, 1, 1), f"folder {folder}"))
        return ""
    name, first_place = names[0]
    for other, place in names[1:]:
        if other != name:
            related = (Related(f"`{name}`", location=first_place),)
            found.append(problem("tenant-mismatch", place, f"`{other}` is not `{name}`", related=related))
    return name


def _without_twins(parts: Sequence[Part], found: list[Diagnostic], place_in: PlaceIn) -> list[Diagnostic]:
    """Refuse a key that stands in two files; what else is wrong with the second one is left out."""
    first: dict[Address, Part] = {}
    twins: list[Diagnostic] = []
    for part in parts:
        for address in [*(declaration.resource.address for declaration in part.declarations), *part.astray]:
            other = first.setdefault(address, part)
            if other is not part and address.kind is not Kind.ATTACHMENT:
                text = str(address)
                related = (Related("first", text, location=place_in(other, text)),)
                place = place_in(part, text)
                twins.append(problem("duplicate-key", place, text, address=text, related=related))
                found = [one for one in found if (one.address, _file(one)) != (text, place.file)]
    return found + twins


def _file(found: Diagnostic) -> str:
    return found.location.file if found.location else ""
