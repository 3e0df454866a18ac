"""A tenant with bases or variables: its layers merged and checked as one, every problem where it was written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config.declare import attachments, declare
from flametree_cfg.config.given import FROM_VARS, Given, variables_of
from flametree_cfg.config.join import join_parts
from flametree_cfg.config.layers import EXTENDS, Layer, LayerFile, Shelf, Steps, reread_layers
from flametree_cfg.config.part import Part, unknown_section
from flametree_cfg.config.placebook import speaks_of_key
from flametree_cfg.config.places import Places
from flametree_cfg.config.problem import problem, shown
from flametree_cfg.config.source import Budget
from flametree_cfg.config.variables import MARK, Fault, Filler
from flametree_cfg.config.view import SECTIONS, VARS, View, fill_body
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location, Path, Related, has_errors
from flametree_cfg.model import Address, Declaration, Kind, Value, is_key
from flametree_cfg.schema import Catalog

MERGED = "*"
"""The name of what all files say together; no file is called so."""

_TENANT = "tenant"


class Shared(Struct, frozen=True, dict=True):
    """
    How a tenant's layers are found again, to say where something stands.

    Attributes:
        folder: of the tenant, as typed.
        digest: of layers and variables as they were read.
        names: of the variables that the tenant knows or asks for.
    """

    folder: str
    bases: tuple[Steps, ...]
    digest: str
    names: tuple[str, ...]
    catalog: Catalog
    given: Given

    @cached_property
    def view(self) -> View | None:
        """The layers; None if a file changed since it was read."""
        try:
            layers = reread_layers(self.folder, self.bases, Shelf(Budget()))
        except ConfigInvalid:
            return None
        return View(layers, self.catalog, self.given) if layers.digest(self.given) == self.digest else None

    def part(self) -> Part:
        """
        Read the tenant once more.

        Raises:
            ConfigInvalid: a file changed since it was read.
        """
        if self.view is None:
            raise ConfigInvalid(problem("files-changed", Location(self.folder)))
        return merged_part(self.view).part


class LayeredPlaces(Places, frozen=True, dict=True):
    """The places of a tenant with layers: those of the layer that has the last word."""

    view: View | None = None

    def locate(self, address: str, path: Path = (), *, of_key: bool = False) -> Location | None:
        """Say where a path of a resource stands; as `Places.locate`."""
        if self.view is None:
            return Location(self.folder) if address else None
        return self.view.locate(address, path, of_key=of_key)

    def place_in(self, part: Part, address: str) -> Location:
        """Say where an address stands."""
        return self.locate(address) or Location(part.label)


class Merged(Struct, frozen=True):
    """
    What all layers say together.

    Attributes:
        part: as of one file; what was found is beside it.
        found: problems and warnings, with places.
        names: of variables.
    """

    part: Part
    found: tuple[Diagnostic, ...]
    names: tuple[str, ...]


def merged_part(view: View) -> Merged:
    """Merge, fill and judge layers; nothing is raised."""
    layers = view.layers
    folder = layers.order[-1].label
    reader = _Reader(view)
    reader.read()
    own = [_named(file, reader) for file in layers.order[-1].files]
    places = LayeredPlaces(folder, lambda: own, view=view)
    unread = [one for layer in layers.order for one in layer.problems]
    joined = join_parts(own, folder, places.place_in, (*unread, *layers.problems))
    names = tuple(name for part in own for name in part.names)[:1] if joined.name else ()
    part = Part(
        MERGED,
        folder,
        layers.digest(view.given),
        names,
        named=any(part.named for part in own),
        whole=all(file.document.whole for file in layers.files()),
        sections=frozenset(section for section, bodies in view.tree.items() if isinstance(bodies, dict)),
        declarations=reader.declarations,
        astray=tuple(reader.astray),
        found=(),
    )
    declared = {name for name, chain in view.chains.items() if any(one.source == FROM_VARS for one in chain)}
    known = declared | reader.filler.used
    return Merged(part, tuple(dict.fromkeys((*joined.found, *reader.found))), tuple(sorted(known)))


def _named(file: LayerFile, reader: _Reader) -> Part:
    """Give what one of the tenant's own files says of its name, and what is wrong with the file itself."""
    names, found = reader.name_in(file)
    whole = file.document.whole
    return Part(
        file.name,
        file.label,
        file.digest,
        names,
        file.says(_TENANT),
        whole,
        frozenset(),
        [],
        (),
        (*file.problems, *found),
    )


class _Reader:
    """Goes through layers, then through what they say together."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._catalog = view.catalog
        self._refused: frozenset[Location | None] = frozenset(
            one.location for file in view.layers.files() for one in file.problems
        )
        self.filler: Filler = view.filler()
        self.found: list[Diagnostic] = []
        self.declarations: list[Declaration] = []
        self.astray: list[Address] = []

    def read(self) -> None:
        """Read it all."""
        for layer in self._view.layers.order[:-1]:
            for file in layer.files:
                self.found.extend(file.problems)
                if file.says(_TENANT):
                    self.found.append(problem("tenant-in-base", file.placed.key_place([_TENANT])))
        for layer in self._view.layers.order:
            self.found.extend(_twins(layer))
            for file in layer.files:
                self.found.extend(self._tops(file))
        for section, bodies in self._view.tree.items() if self._is_whole() else ():
            for key, body in bodies.items() if isinstance(bodies, dict) else ():
                self._resource(Address(SECTIONS[section], str(key)), body)

    def _is_whole(self) -> bool:
        """Tell whether all layers are there: of parts nobody can say what is missing or unknown."""
        layers = self._view.layers
        broken = layers.problems or any(layer.problems for layer in layers.order)
        return not broken and all(file.document.whole for file in layers.files())

    def name_in(self, file: LayerFile) -> tuple[tuple[tuple[str, Location], ...], tuple[Diagnostic, ...]]:
        """Give the tenant's name as a file says it, or what is wrong with that."""
        if not file.says(_TENANT):
            return (), ()
        name, place = file.top(_TENANT), file.placed.place([_TENANT])
        if isinstance(name, str) and is_key(name):
            return ((name, place),), ()
        wrong = f"tenant {shown(name)}" if isinstance(name, str) else "the tenant's name is not a text"
        return (), (problem("bad-key", place, wrong),)

    def _tops(self, file: LayerFile) -> Iterator[Diagnostic]:
        """Judge the top of one file."""
        top = file.document.value
        if not isinstance(top, dict):
            if top is not None:
                yield problem("not-a-mapping", file.placed.at(0), "the file holds something else")
            return
        for key, body in top.items():
            if key == VARS:
                found = variables_of(file.placed, body, (VARS,), FROM_VARS)
                yield from (one for one in found if isinstance(one, Diagnostic))
            elif key not in (_TENANT, EXTENDS, *SECTIONS):
                yield unknown_section(key, file.placed)
            elif key in SECTIONS and not isinstance(body, dict) and not self._removes(key, body):
                hint = f"write `{key}: {{}}` for none, or remove the line to leave them unmanaged"
                yield problem("not-a-mapping", file.placed.key_place([key]), f"`{key}`", hint)

    def _removes(self, section: str, body: Value) -> bool:
        """Tell whether null takes a section away: something is below that has it."""
        return body is None and (section not in self._view.tree or self._view.tree[section] is not None)

    def _resource(self, address: Address, body: Value) -> None:
        filled = fill_body(address.kind, body, self.filler, self._catalog)
        faults, self.filler.faults = self.filler.faults, []
        found = [self._fault(address, fault) for fault in faults]
        if not is_key(address.key):
            code = "variable-in-key" if MARK in address.key else "bad-key"
            detail = f"{address.kind.value} {shown(address.key)}"
            found.append(problem(code, self._place(address, (), of_key=True), detail))
        told = {fault.path for fault in faults}
        said = [one for one in self._catalog.check(address.kind, filled) if one.path not in told]
        found += [self._judged(address, one) for one in said]
        self.found.extend(one for one in found if one.location not in self._refused)
        if has_errors(found):
            self.astray.append(address)
            return
        self.declarations.append(declare(address, filled, self._catalog))
        if address.kind is Kind.AGENT:
            self.declarations.extend(attachments(address, filled))

    def _fault(self, address: Address, fault: Fault) -> Diagnostic:
        hint = ""
        if fault.code == "unknown-variable":
            from difflib import get_close_matches

            near = get_close_matches(fault.name, self._view.chains, 1)
            hint = f"did you mean `{near[0]}`?" if near else ""
        place = self._place(address, fault.path, of_key=fault.code == "variable-in-key")
        found = problem(fault.code, place, shown(fault.name) if fault.name else "", hint, address=str(address))
        return replace(found, path=fault.path)

    def _judged(self, address: Address, found: Diagnostic) -> Diagnostic:
        """Put a place on what the catalog says, and beside it those of the variables that made the value."""
        made = [self._view.chains[name][-1] for name in self._names(address, found.path) if name in self._view.chains]
        related = tuple(Related(f"${{var:{one.name}}}, set by {one.source}", location=one.place) for one in made)
        place = self._place(address, found.path, of_key=speaks_of_key(found.code))
        return replace(found, address=str(address), location=place, related=(*found.related, *related))

    def _names(self, address: Address, path: Path) -> tuple[str, ...]:
        return self._view.variables(address, path, model=False) if path else ()

    def _place(self, address: Address, path: Path, *, of_key: bool) -> Location:
        found = self._view.locate(str(address), path, of_key=of_key, model=False)
        return found or self._section_place(address)

    def _section_place(self, address: Address) -> Location:
        """Give a place to a key that is no address."""
        for layer in reversed(self._view.layers.order):
            for file in layer.files:
                if file.has(address.kind.section, address.key):
                    return file.placed.key_place([address.kind.section, address.key])
        return Location(self._view.layers.order[-1].label)


def _twins(layer: Layer) -> Iterator[Diagnostic]:
    """Refuse a key, or a variable, that stands in two files of one layer."""
    first: dict[tuple[str, str], LayerFile] = {}
    for file in layer.files:
        for section in (*SECTIONS, VARS):
            bodies = file.top(section)
            for key in bodies if isinstance(bodies, dict) else ():
                other = first.setdefault((section, key), file)
                if other is not file:
                    text = f"{SECTIONS[section].value}.{key}" if section in SECTIONS else f"variable {shown(key)}"
                    at = (section, key)
                    related = (Related("first", location=other.placed.key_place(at)),)
                    yield problem("duplicate-key", file.placed.key_place(at), text, related=related)
