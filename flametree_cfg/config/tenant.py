"""Tenants as declared: the files of a folder, merged, checked against the catalog, every problem with its place."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flametree_cfg.config.merge import Merge
from flametree_cfg.config.placebook import PlaceBook
from flametree_cfg.config.problem import problem
from flametree_cfg.config.reader import read_document
from flametree_cfg.config.source import Budget, printable
from flametree_cfg.config.tree import Listing, one_tenant, tenants_below
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location, Related, by_place, has_errors
from flametree_cfg.errors import Path as ValuePath
from flametree_cfg.model import Tenant
from flametree_cfg.schema import Catalog

Locate = Callable[[str, ValuePath], Location | None]


@dataclass(frozen=True, slots=True)
class TenantReading:
    """
    What reading one folder gave.

    Attributes:
        folder: as the person would type it.
        name: of the tenant; empty where no file says it.
        tenant: None if anything is wrong: half a desired state would delete the other half.
        diagnostics: sorted by place, warnings among them.
        places: where everything stands.
    """

    folder: str
    name: str
    tenant: Tenant | None
    diagnostics: tuple[Diagnostic, ...]
    places: PlaceBook

    @property
    def locate(self) -> Locate:
        """Find the place of an address (as text) and a path; None for what no file declares."""
        return self.places.locate


def read_tree(paths: Iterable[str | Path], catalog: Catalog) -> list[TenantReading]:
    """
    Read every tenant that the paths stand for, in the order given, those below one path sorted.

    A bad tenant does not stop the others; a path that cannot be read gives a reading without a name. A tenant that
    two paths lead to is read once. Nothing is raised.
    """
    budget = Budget()
    readings: dict[str, TenantReading] = {}
    for path in map(str, paths):
        for reading in _below(path, catalog, budget, readings.keys()):
            readings.setdefault(_identity(reading.folder), reading)
    return _without_twins(list(readings.values()))


def read_tenant(folder: str | Path, catalog: Catalog) -> TenantReading:
    """Read the folder of one tenant; nothing is raised."""
    return _read(str(folder), catalog, Budget())


def located(reading: TenantReading, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """
    Put places on diagnostics that others found, and on what they relate to.

    By address and path, else the nearest ancestor; what has a place keeps it, what belongs to nothing gets none.
    """
    return by_place(reading.places.located(found) for found in diagnostics)


def _below(path: str, catalog: Catalog, budget: Budget, known: Container[str]) -> list[TenantReading]:
    """Read what one path stands for, but what is known already."""
    try:
        folders = [folder for folder in tenants_below(path) if _identity(folder) not in known]
    except ConfigInvalid as invalid:
        return [_unread(path, invalid)]
    readings = [_read(folder, catalog, budget) for folder in folders]
    if len(readings) > 1 and all(_is_empty(reading) for reading in readings):
        nothing = problem("no-tenants", Location(printable(path)), f"{len(readings)} folders, none with *.yaml files")
        return [_unread(path, ConfigInvalid(nothing))]
    return readings


def _identity(folder: str) -> str:
    return os.path.normpath(Path(folder).absolute())  # `../acme` and `.` may be one folder


def _is_empty(reading: TenantReading) -> bool:
    return any(found.code == "empty-tenant" for found in reading.diagnostics)


def _read(folder: str, catalog: Catalog, budget: Budget) -> TenantReading:
    try:
        with one_tenant(folder) as listing:
            return _read_listing(listing, catalog, budget)
    except ConfigInvalid as invalid:
        return _unread(folder, invalid)


def _read_listing(listing: Listing, catalog: Catalog, budget: Budget) -> TenantReading:
    merge = Merge(catalog, list(listing.problems))
    for name in listing.files:
        try:
            data = listing.folder.read(name, budget)
        except ConfigInvalid as invalid:
            merge.unread(invalid.diagnostics)
            continue
        merge.add(*read_document(data, listing.folder.label_of(name)))
    return _reading(listing.folder.label, merge)


def _reading(folder: str, merge: Merge) -> TenantReading:
    name = merge.finish(folder)
    places = PlaceBook(merge.places, merge.documents)
    diagnostics = by_place(merge.found)
    if has_errors(diagnostics):
        return TenantReading(folder, name, None, diagnostics, places)
    files = tuple(document.file for document in merge.documents)
    tenant = Tenant(name, merge.declarations, frozenset(merge.sections), folder, files)
    return TenantReading(folder, name, tenant, diagnostics, places)


def _unread(path: str, invalid: ConfigInvalid) -> TenantReading:
    return TenantReading(printable(path), "", None, tuple(invalid.diagnostics), PlaceBook({}, []))


def _without_twins(readings: Sequence[TenantReading]) -> list[TenantReading]:
    """Refuse two folders of one tenant: each would delete what only the other declares."""
    by_name: dict[str, list[TenantReading]] = {}
    for reading in readings:
        by_name.setdefault(reading.name, []).append(reading)
    return [
        _refused_twin(reading, twins) if reading.name and len(twins := by_name[reading.name]) > 1 else reading
        for reading in readings
    ]


def _refused_twin(reading: TenantReading, twins: Sequence[TenantReading]) -> TenantReading:
    others = tuple(Related("also here", location=_name_place(twin)) for twin in twins if twin is not reading)
    found = problem("tenant-twice", _name_place(reading), f"tenant `{reading.name}`", related=others)
    return replace(reading, tenant=None, diagnostics=by_place((*reading.diagnostics, found)))


def _name_place(reading: TenantReading) -> Location:
    return reading.places.locate("", ("tenant",)) or Location(reading.folder)
