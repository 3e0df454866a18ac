"""One file of a tenant, read and checked by itself: what it declares, and everything wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from flametree_cfg.config.declare import attachments, declare
from flametree_cfg.config.document import Document, Unplaced
from flametree_cfg.config.placebook import PlaceBook, locate_all
from flametree_cfg.config.problem import problem, shown
from flametree_cfg.errors import Diagnostic, Location, has_errors
from flametree_cfg.model import Address, Declaration, Kind, Value, is_key
from flametree_cfg.schema import Catalog

_NAME = "tenant"
SHARING = ("extends", "vars")
"""Keys on top of a file that make the tenant's files be read together, with others."""

VARIABLE = b"${var:"
"""What makes them so too, wherever it stands."""
_KINDS: Mapping[str, Kind] = {kind.section: kind for kind in (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)}


class Part(Struct, frozen=True):
    """
    What one file says.

    Attributes:
        name: of the file, inside its folder.
        label: what to call the file in diagnostics.
        digest: hex SHA-256 of its bytes.
        names: the tenant's name, where the file says it and it is one; with its place.
        named: whether the file tries to say it.
        whole: whether reading reached the end.
        sections: which of `connectors`, `channels`, `agents` it has.
        declarations: of what is right, in document order.
        astray: addresses of what stands there but is wrong.
        found: problems and warnings, with places.
        sharing: whether the file extends bases, or has variables: then nothing else here counts.
    """

    name: str
    label: str
    digest: str
    names: tuple[tuple[str, Location], ...]
    named: bool
    whole: bool
    sections: frozenset[str]
    declarations: Sequence[Declaration]
    astray: tuple[Address, ...]
    found: tuple[Diagnostic, ...]
    sharing: bool = False


def read_part(data: bytes, name: str, label: str, catalog: Catalog) -> Part:
    """
    Read one file; whatever its bytes are, nothing is raised.

    Args:
        data: its bytes.
        name: of the file.
        label: what to call it in diagnostics.
        catalog: judges every body, fills defaults and turns references into secrets.
    """
    from flametree_cfg.config.reader import read_document  # a run from the cache does without

    document, problems = read_document(data, label, places=False)
    reader = _PartReader(document, problems, catalog)
    try:
        reader.read()
    except Unplaced:  # there is something to say
        document, problems = read_document(data, label)
        reader = _PartReader(document, problems, catalog)
        reader.read()
    return Part(
        name,
        label,
        digest_of(data),
        tuple(reader.names),
        reader.named,
        document.whole,
        frozenset(reader.sections),
        reader.declarations,
        tuple(reader.astray),
        tuple(reader.found),
        reader.sharing or VARIABLE in data,
    )


def unknown_section(key: str, document: Document) -> Diagnostic:
    """Refuse a key on top of a file."""
    from difflib import get_close_matches

    close = get_close_matches(key, (_NAME, *SHARING, *_KINDS), 1)
    hint = f"did you mean `{close[0]}`?" if close else ""
    return problem("unknown-section", document.key_place([key]), shown(key), hint)


def digest_of(data: bytes) -> str:
    """Name a file's bytes: hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


class _PartReader:
    """Goes through one document; places are looked up only for what something is to be said about."""

    def __init__(self, document: Document, problems: Sequence[Diagnostic], catalog: Catalog) -> None:
        self._document = document
        self._catalog = catalog
        self._refused = frozenset(one.location for one in problems)
        self._places: PlaceBook | None = None
        self.found = list(problems)
        self.sharing = False
        self.names: list[tuple[str, Location]] = []
        self.named = False
        self.sections: set[str] = set()
        self.declarations: list[Declaration] = []
        self.astray: list[Address] = []

    @property
    def places(self) -> PlaceBook:
        """Where everything of this file stands."""
        if self._places is None:
            self._places = PlaceBook.of(self._document)
        return self._places

    def read(self) -> None:
        top = self._document.value
        if isinstance(top, dict):
            if not top.keys().isdisjoint(SHARING):
                self.sharing = True
                return
            for key, body in top.items():
                self._top(str(key), body)
        elif top is not None:
            self.found.append(problem("not-a-mapping", self._document.at(0), "the file holds something else"))

    def _top(self, key: str, body: Value) -> None:
        if key == _NAME:
            self._tenant(body)
        elif key not in _KINDS:
            self.found.append(unknown_section(key, self._document))
        elif isinstance(body, dict):
            self.sections.add(key)
            self._section(_KINDS[key], body)
        else:
            hint = f"write `{key}: {{}}` for none, or remove the line to leave them unmanaged"
            self.found.append(problem("not-a-mapping", self._document.key_place([key]), f"`{key}`", hint))

    def _tenant(self, name: Value) -> None:
        location = self._document.place([_NAME])
        self.named = True
        if not isinstance(name, str):
            self.found.append(problem("bad-key", location, "the tenant's name is not a text"))
        elif not is_key(name):
            self.found.append(problem("bad-key", location, f"tenant {shown(name)}"))
        else:
            self.names.append((name, location))

    def _section(self, kind: Kind, section: Mapping[str, Any]) -> None:
        check = self._catalog.check
        for key, body in section.items():
            address = Address(kind, str(key))
            if not is_key(address.key):
                location = self._document.key_place([kind.section, key])
                self.found.append(problem("bad-key", location, f"{kind.value} {shown(address.key)}"))
                self._judge(address, check(kind, body))
                self.astray.append(address)
            elif (said := check(kind, body)) and has_errors(self._judge(address, said)):
                self.astray.append(address)
            else:
                self._declare(address, body)

    def _judge(self, address: Address, said: Sequence[Diagnostic]) -> list[Diagnostic]:
        if not said:
            return []
        found = locate_all(said, str(address), self.places.resources[address])
        # A value that the reader refused is a stand-in here: what the catalog thinks of that is noise.
        self.found.extend(one for one in found if one.location not in self._refused)
        return found

    def _declare(self, address: Address, body: Mapping[str, Any]) -> None:
        self.declarations.append(declare(address, body, self._catalog))
        if address.kind is Kind.AGENT:
            self.declarations.extend(attachments(address, body))
