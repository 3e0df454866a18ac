"""The folders a tenant is made of: its own and the bases it extends, in the order in which they are merged."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from flametree_cfg.config.document import Document
from flametree_cfg.config.given import Given
from flametree_cfg.config.part import digest_of
from flametree_cfg.config.placebook import PlaceBook
from flametree_cfg.config.problem import problem, shown
from flametree_cfg.config.reader import read_document
from flametree_cfg.config.source import Budget, Folder, open_below, open_folder, printable
from flametree_cfg.config.tree import listing_of
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location, Related
from flametree_cfg.errors import Path as ValuePath
from flametree_cfg.model import Hiding

EXTENDS = "extends"
MAX_BASES = 50  # of one tenant: people write three

Steps = tuple[str, ...]
"""A folder, by the names that lead to it from the folder of tenants."""


class LayerFile(Hiding, frozen=True, dict=True):
    """One file of a layer, parsed when it is first looked into."""

    never_shown = frozenset({"data"})

    name: str
    label: str
    data: bytes

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 of its bytes."""
        return digest_of(self.data)

    @cached_property
    def _quick(self) -> tuple[Document, tuple[Diagnostic, ...]]:
        return read_document(self.data, self.label, places=False)

    @property
    def document(self) -> Document:
        """Its values."""
        return self._quick[0]

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """What is wrong with it as a file."""
        return self._quick[1]

    @cached_property
    def placed(self) -> Document:
        """Its values and where they stand."""
        return read_document(self.data, self.label)[0]

    @cached_property
    def book(self) -> PlaceBook:
        """Where its resources stand."""
        return PlaceBook.of(self.placed)

    def top(self, key: str) -> object:
        """Give what stands under a key on top; None where nothing does."""
        value = self.document.value
        return value.get(key) if isinstance(value, dict) else None

    def has(self, section: str, key: str) -> bool:
        """Tell whether a section has a key."""
        bodies = self.top(section)
        return isinstance(bodies, dict) and key in bodies

    def says(self, key: str) -> bool:
        """Tell whether a key stands on top."""
        return isinstance(self.document.value, dict) and key in self.document.value


class Layer(Struct, frozen=True, dict=True):
    """
    One folder of YAML.

    Attributes:
        steps: that lead to it.
        label: as the person would type it.
        problems: of names in it that may not be there.
    """

    steps: Steps
    label: str
    files: tuple[LayerFile, ...]
    problems: tuple[Diagnostic, ...] = ()


class Layers(Struct, frozen=True):
    """
    A tenant's folders.

    Attributes:
        order: bases first, the tenant last; each of them once.
        problems: with what `extends` says.
    """

    order: tuple[Layer, ...]
    problems: tuple[Diagnostic, ...] = ()

    @property
    def bases(self) -> tuple[Steps, ...]:
        """The bases, in the order in which they are merged."""
        return tuple(layer.steps for layer in self.order[:-1])

    def files(self) -> Iterator[LayerFile]:
        """List all files, in the order in which they are merged."""
        return (file for layer in self.order for file in layer.files)

    def digest(self, given: Given) -> str:
        """Name everything that the merged tenant follows from: files, their order, variables."""
        said = [[*layer.steps, [[file.name, file.digest] for file in layer.files]] for layer in self.order[:-1]]
        own = [[file.name, file.digest] for file in self.order[-1].files]
        return hashlib.sha256(json.dumps([said, own, given.key()]).encode()).hexdigest()

    def names(self) -> dict[str, str]:
        """Name every file independently of where the person stands, by its label."""
        return {file.label: json.dumps([*layer.steps, file.name]) for layer in self.order for file in layer.files}


class Shelf:
    """
    The bases that one run has read; many tenants share few.

    Args:
        budget: of the run. The bytes of a base count for every tenant that extends it, since each has them merged.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._known: dict[tuple[str, Steps], Layer] = {}

    def base(self, root: str, steps: Steps) -> Layer:
        """
        Read a base.

        Args:
            root: path of the folder of tenants.

        Raises:
            ConfigInvalid: no such folder, a symbolic link on the way, no YAML in it, or too much to read.
        """
        at = (os.path.normpath(Path(root).absolute()), steps)
        known = self._known.get(at)
        if known is None:
            known = self._known[at] = _read(root, steps, self._budget)
        else:
            for file in known.files:
                self._budget.spend_again(len(file.data), file.label)
        return known

    def tenant(self, path: str) -> Layer:
        """
        Read a tenant's own folder.

        Raises:
            ConfigInvalid: as `base`.
        """
        with open_folder(path) as folder:
            return _layer(folder, (_name_of(path),), self._budget)


def root_of(path: str) -> str:
    """Give the folder of tenants that a tenant's folder stands in: nothing outside of it is read."""
    return os.path.join(path, "..")  # noqa: PTH118  # paths stay as typed


def read_layers(path: str, shelf: Shelf) -> Layers:
    """
    Read a tenant's folder and all it extends.

    Args:
        path: of the tenant's folder.

    Raises:
        ConfigInvalid: the tenant's own folder cannot be read.
    """
    walk = _Walk(root_of(path), shelf)
    walk.visit(shelf.tenant(path), ())
    return Layers(tuple(walk.order), tuple(walk.problems))


def reread_layers(path: str, bases: Sequence[Steps], shelf: Shelf) -> Layers:
    """
    Read a tenant's folder and the bases it is known to have had.

    Raises:
        ConfigInvalid: one cannot be read.
    """
    root = root_of(path)
    return Layers((*(shelf.base(root, steps) for steps in bases), shelf.tenant(path)))


def _name_of(path: str) -> str:
    return os.path.basename(os.path.realpath(path))  # noqa: PTH119  # `.` has a name too


def _read(root: str, steps: Steps, budget: Budget) -> Layer:
    with ExitStack() as stack:
        folder = stack.enter_context(open_folder(root))
        for step in steps:
            folder = stack.enter_context(open_below(folder, step))
        return _layer(folder, steps, budget)


def _layer(folder: Folder, steps: Steps, budget: Budget) -> Layer:
    listing = listing_of(folder)
    files: list[LayerFile] = []
    problems = list(listing.problems)
    for name in listing.files:
        try:
            files.append(LayerFile(name, folder.label_of(name), folder.read(name, budget)))
        except ConfigInvalid as invalid:
            problems.extend(invalid.diagnostics)
    return Layer(steps, folder.label, tuple(files), tuple(problems))


class _Wanted(Struct, frozen=True):
    """One entry of an `extends`; its place is looked up only for what something is to be said about."""

    text: str
    file: LayerFile
    path: ValuePath

    @property
    def place(self) -> Location:
        """Where it stands."""
        return self.file.placed.place(self.path)


Trail = tuple[tuple[Steps, _Wanted], ...]
"""Folders that led to a base, each with the entry that led on."""


class _Walk:
    """Goes through bases, those of a base before itself."""

    def __init__(self, root: str, shelf: Shelf) -> None:
        self._root = root
        self._shelf = shelf
        self._done: set[Steps] = set()
        self.order: list[Layer] = []
        self.problems: list[Diagnostic] = []

    def visit(self, layer: Layer, trail: Trail) -> None:
        """Add what a layer extends, then itself; `trail` leads here."""
        listed: dict[Steps, _Wanted] = {}
        for wanted in _wanted(layer, self.problems):
            steps = _resolved(layer.steps, wanted.text)
            if fault := _fault(steps):
                self._refuse(fault, wanted)
            elif steps in listed:
                self._refuse("base-twice", wanted, (Related("first", location=listed[steps].place),))
            else:
                listed[steps] = wanted
                self._follow(steps, wanted, (*trail, (layer.steps, wanted)))
        self._done.add(layer.steps)
        self.order.append(layer)

    def _follow(self, steps: Steps, wanted: _Wanted, trail: Trail) -> None:
        """Add one base, unless it is there already."""
        if any(steps == one for one, _ in trail):
            self._refuse("extends-cycle", wanted, _circle(steps, trail))
        elif len(self._done) + len(trail) > MAX_BASES:
            self._refuse("too-many-bases", wanted)
        elif steps not in self._done:
            try:
                base = self._shelf.base(self._root, steps)
            except ConfigInvalid as invalid:
                self.problems.extend(_because(found, wanted) for found in invalid.diagnostics)
                return
            self.visit(base, trail)

    def _refuse(self, code: str, wanted: _Wanted, related: tuple[Related, ...] = ()) -> None:
        self.problems.append(problem(code, wanted.place, shown(printable(wanted.text)), related=related))


def _wanted(layer: Layer, problems: list[Diagnostic]) -> Iterator[_Wanted]:
    """List what a layer extends, in order."""
    said = [file for file in layer.files if file.says(EXTENDS)]
    for other in said[1:]:
        related = (Related("first", location=said[0].placed.key_place([EXTENDS])),)
        problems.append(problem("extends-twice", other.placed.key_place([EXTENDS]), other.name, related=related))
    for file in said[:1]:
        value = file.top(EXTENDS)
        for index, text in enumerate(value if isinstance(value, list) else [value]):
            wanted = _Wanted(str(text), file, (EXTENDS, index) if isinstance(value, list) else (EXTENDS,))
            if isinstance(text, str) and text:
                yield wanted
            else:
                problems.append(problem("bad-extends", wanted.place))


def _resolved(steps: Steps, text: str) -> Steps:
    """Follow a relative path from a folder; empty where it leads out of the folder of tenants, or to itself."""
    if text.startswith("/") or "\0" in text:
        return ()
    here = list(steps)
    for step in text.split("/"):
        if step == "..":
            if not here:
                return ()
            here.pop()
        elif step not in ("", "."):
            here.append(step)
    return tuple(here)


def _fault(steps: Steps) -> str:
    """Say what is wrong with a base's place; empty if nothing is."""
    if not steps or any(step.startswith(".") for step in steps):
        return "base-outside"
    return "" if any(step.startswith("_") for step in steps) else "base-not-shared"


def _circle(steps: Steps, trail: Trail) -> tuple[Related, ...]:
    """Give the other places of a circle, which ends where `steps` is wanted again."""
    first = next(index for index, (one, _) in enumerate(trail) if one == steps)
    return tuple(Related("/".join(one), location=wanted.place) for one, wanted in trail[first:-1])


def _because(found: Diagnostic, wanted: _Wanted) -> Diagnostic:
    """Say at an `extends` why its base cannot be read."""
    about = f"{found.location.file}" if found.location else printable(wanted.text)
    detail = f"{about}: {found.detail}" if found.detail else about
    return problem(found.code, wanted.place, detail)
