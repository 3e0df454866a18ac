"""Where everything of a tenant stands: looked up when something is to be said about it, by reading that file again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.config.part import Part, digest_of
from flametree_cfg.config.placebook import PlaceBook, speaks_of_key
from flametree_cfg.config.source import Budget, open_folder
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location, Path
from flametree_cfg.model import Address, Kind, agent, parse_address


class Places(Struct, frozen=True, dict=True, eq=False):
    """
    The places of one tenant.

    Holding every place of ten thousand resources would cost more memory than the resources; most runs ask for none.
    A file that changed since it was read gives itself as the place, without line and column.

    Attributes:
        folder: as the person would type it.
        parts: gives the files as read, in order.
    """

    folder: str
    parts: Callable[[], Sequence[Part]]
    _books: dict[str, PlaceBook | None] = field(default_factory=dict)

    def locate(self, address: str, path: Path = (), *, of_key: bool = False) -> Location | None:
        """
        Say where a path of a resource stands; where it ends early, the nearest ancestor.

        Args:
            address: as text; empty for the top of the files (`("tenant",)`, `("connectors",)`).
            path: inside the resource as the model has it: keys under a role count as sorted.
            of_key: the key instead of the value.

        Returns:
            None for what no file declares.
        """
        if not address:
            found = (self._in(part, address, path, of_key=of_key) for part in self.parts() if path)
            return next((location for location in found if location), None)
        parsed = parse_address(address)
        part = self._part_of.get(parsed) if parsed else None
        if part is None and parsed and parsed.kind is Kind.ATTACHMENT:
            part = self._part_of.get(agent(parsed.agent_key))
        return self._in(part, address, path, of_key=of_key) if part else None

    def place_in(self, part: Part, address: str) -> Location:
        """Say where an address stands in one of the files."""
        return self._in(part, address, (), of_key=False) or Location(part.label)

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

    @cached_property
    def _part_of(self) -> Mapping[Address, Part]:
        found: dict[Address, Part] = {}
        for part in reversed(self.parts()):  # of two that declare one, the first is meant
            found.update(dict.fromkeys(part.astray, part))
            found.update((declaration.resource.address, part) for declaration in part.declarations)
        return found

    def _in(self, part: Part, address: str, path: Path, *, of_key: bool) -> Location | None:
        if part.name not in self._books:
            self._books[part.name] = self._book(part)
        book = self._books[part.name]
        if book is not None:
            return book.locate(address, path, of_key=of_key)
        return Location(part.label) if address else None

    def _book(self, part: Part) -> PlaceBook | None:
        try:
            with open_folder(self.folder) as folder:
                data = folder.read(part.name, Budget())
        except ConfigInvalid:
            return None
        from flametree_cfg.config.reader import read_document  # loads libyaml

        return PlaceBook.of(read_document(data, part.label)[0]) if digest_of(data) == part.digest else None
