"""Several files become one tenant: names agree, no key stands twice, every body is checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from flametree_cfg.config.declare import attachments, declare
from flametree_cfg.config.document import Document
from flametree_cfg.config.placebook import Place, locate_all
from flametree_cfg.config.problem import problem, shown
from flametree_cfg.errors import Diagnostic, Location, Related, has_errors
from flametree_cfg.model import Address, Declaration, Kind, is_key
from flametree_cfg.schema import Catalog

_NAME = "tenant"
_KINDS: Mapping[str, Kind] = {kind.section: kind for kind in (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)}


class Merge:
    """
    Takes the files of one folder one by one; what it found is in its attributes.

    Attributes:
        found: every problem so far, in no order.
        places: of every resource, also of those that are wrong.
        declarations: of those that are right.
    """

    def __init__(self, catalog: Catalog, found: list[Diagnostic]) -> None:
        self._catalog = catalog
        self._names: list[tuple[str, Location]] = []
        self._whole = not found
        self._named = False
        self._refused: frozenset[Location | None] = frozenset()
        self.found = found
        self.places: dict[Address, Place] = {}
        self.declarations: dict[Address, Declaration] = {}
        self.documents: list[Document] = []
        self.sections: set[str] = set()

    def unread(self, reasons: Iterable[Diagnostic]) -> None:
        """Note a file that could not be read at all."""
        self.found.extend(reasons)
        self._whole = False

    def add(self, document: Document, problems: Sequence[Diagnostic]) -> None:
        """Add one file and what was wrong with it."""
        self.found.extend(problems)
        self._refused = frozenset(one.location for one in problems)
        self.documents.append(document)
        self._whole = self._whole and document.whole
        top = document.value
        if isinstance(top, dict):
            for key, key_slot, value_slot in document.children(top, 0):
                self._top(str(key), Place(document, key_slot, value_slot, top[key]))
        elif top is not None:
            self.found.append(problem("not-a-mapping", document.at(0), "the file holds something else"))

    def finish(self, folder: str) -> str:
        """Judge what only all files together tell; returns the tenant's name, empty if unknown."""
        if not self._names:
            if self._whole and not self._named:  # a file that could not be read may be the one that says it
                first = self.documents[0].file if self.documents else folder
                self.found.append(problem("no-tenant-name", Location(first, 1, 1), f"folder {folder}"))
            return ""
        name, first_place = self._names[0]
        for other, place in self._names[1:]:
            if other != name:
                related = (Related(f"`{name}`", location=first_place),)
                self.found.append(problem("tenant-mismatch", place, f"`{other}` is not `{name}`", related=related))
        return name

    def _top(self, key: str, place: Place) -> None:
        if key == _NAME:
            self._tenant(place)
        elif key not in _KINDS:
            close = get_close_matches(key, (_NAME, *_KINDS), 1)
            hint = f"did you mean `{close[0]}`?" if close else ""
            self.found.append(problem("unknown-section", place.document.at(place.key_slot), shown(key), hint))
        elif isinstance(place.body, dict):
            self.sections.add(key)
            self._section(_KINDS[key], place)
        else:
            hint = f"write `{key}: {{}}` for none, or remove the line to leave them unmanaged"
            self.found.append(problem("not-a-mapping", place.document.at(place.key_slot), f"`{key}`", hint))

    def _tenant(self, place: Place) -> None:
        location = place.document.at(place.value_slot)
        self._named = True
        if not isinstance(place.body, str):
            self.found.append(problem("bad-key", location, "the tenant's name is not a text"))
        elif not is_key(place.body):
            self.found.append(problem("bad-key", location, f"tenant {shown(place.body)}"))
        else:
            self._names.append((place.body, location))

    def _section(self, kind: Kind, section: Place) -> None:
        document = section.document
        for key, key_slot, value_slot in document.children(section.body, section.value_slot):
            self._resource(Address(kind, str(key)), Place(document, key_slot, value_slot, section.body[key]))

    def _resource(self, address: Address, place: Place) -> None:
        text = f"{address.kind.value}.{address.key}"
        if not is_key(address.key):
            location = place.document.at(place.key_slot)
            self.found.append(problem("bad-key", location, f"{address.kind.value} {shown(address.key)}"))
        elif address in self.places:
            self._duplicate(text, place, self.places[address])
            return
        self.places[address] = place
        found = locate_all(self._catalog.check(address.kind, place.body), text, place)
        # A value that the reader refused is a stand-in here: what the catalog thinks of that is noise.
        self.found.extend(one for one in found if one.location not in self._refused)
        if not has_errors(found):
            self._declare(address, place)

    def _declare(self, address: Address, place: Place) -> None:
        self.declarations[address] = declare(address, place.body, place, self._catalog)
        if address.kind is Kind.AGENT:
            for declaration, own_place in attachments(address, place.body, place):
                self.declarations[declaration.resource.address] = declaration
                self.places[declaration.resource.address] = own_place

    def _duplicate(self, text: str, place: Place, first: Place) -> None:
        related = (Related("first", text, location=first.document.at(first.key_slot)),)
        location = place.document.at(place.key_slot)
        self.found.append(problem("duplicate-key", location, text, address=text, related=related))
