"""Tenants as declared: the files of a folder, merged, checked against the catalog, every problem with its place."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config import cache as kept
from flametree_cfg.config.cachefile import CacheFolder
from flametree_cfg.config.join import join_parts
from flametree_cfg.config.outline import Changed, Outline, changed_since, outline_of, read_outline
from flametree_cfg.config.parts import FileMark, Parts, content_of, marks_of, read_parts
from flametree_cfg.config.places import Places
from flametree_cfg.config.problem import problem
from flametree_cfg.config.source import Budget, printable
from flametree_cfg.config.tree import Listing, one_tenant, tenants_below
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location, Related, by_place, has_errors
from flametree_cfg.errors import Path as ValuePath
from flametree_cfg.model import Tenant, parse_address
from flametree_cfg.schema import Catalog

if TYPE_CHECKING:
    from flametree_cfg.config.given import Given
    from flametree_cfg.config.layered import Shared
    from flametree_cfg.config.sharing import SharedReader

Locate = Callable[[str, ValuePath], Location | None]

Meanwhile = Callable[[str, str], None]
"""What to do while another process reads the files of a tenant: told its folder, and its name as it was."""


class TenantReading(Struct, frozen=True, dict=True):
    """
    What reading one folder gave.

    Attributes:
        folder: as the person would type it.
        name: what the platform calls the tenant; empty where no file says it.
        diagnostics: sorted by place, warnings among them.
        parts: what its files say.
        valid: whether nothing is wrong.
        count: of declarations, attachments among them.
        judged: whether the invariants are known to find nothing.
        base: an earlier state of the files in which they are known to have found nothing; empty if there is none.
        base_sections: that those files had.
        given: stands for what the files say; None if they stand for themselves.
        seen: the outline, where it was read already.
        shared: finds bases and variables; None for a tenant that has neither.
        declared: the tenant's name as its files say it, where `--tenant-id` gives another; else empty.
    """

    folder: str
    name: str
    diagnostics: tuple[Diagnostic, ...]
    parts: Parts
    valid: bool
    count: int = 0
    judged: bool = False
    base: kept.Base = ()
    base_sections: frozenset[str] = frozenset()
    given: Tenant | None = None
    seen: Outline | None = None
    shared: Shared | None = None
    declared: str = ""

    @cached_property
    def tenant(self) -> Tenant | None:
        """
        The tenant; None if anything is wrong: half a desired state would delete the other half.

        Raises:
            ConfigInvalid: a file changed since the run began.
        """
        if self.given is not None or not self.valid:
            return self.given
        parts = self.parts.all()
        declarations = {
            declaration.resource.address: declaration for part in parts for declaration in part.declarations
        }
        sections = frozenset().union(*(part.sections for part in parts))
        return Tenant(self.name, declarations, sections, self.folder, tuple(self.parts.names))

    @cached_property
    def outline(self) -> Outline:
        """
        What the files declare, in outline; of a valid reading only.

        Raises:
            ConfigInvalid: a file changed since the run began.
        """
        return self.seen or outline_of(self.parts)

    def changed_since(self, base: kept.Base) -> Changed | None:
        """
        Compare with what the files said before; None where that is not known any more.

        Raises:
            ConfigInvalid: a file changed since the run began.
        """
        return changed_since(self.parts, [FileMark(name, name, digest) for name, digest in base])

    @cached_property
    def places(self) -> Places:
        """Where everything stands; of what was merged, in the layer that has the last word."""
        if self.shared is not None:
            from flametree_cfg.config.layered import LayeredPlaces

            return LayeredPlaces(self.folder, self.parts.all, view=self.shared.view)
        return Places(self.folder, self.parts.all)

    @property
    def locate(self) -> Locate:
        """
        Find the place of an address (as text) and a path; None for what no file declares.

        It is the place where the value is set, in a base's file if that has the last word.
        """
        return self.places.locate

    def variables(self, address: str, path: ValuePath) -> tuple[str, ...]:
        """
        Name the variables that a value is made of; none where it is written out.

        Whoever would write another value into its place would take the variable away for all that share the file.
        """
        wanted = parse_address(address)
        view = self.shared and self.shared.view
        return view.variables(wanted, path) if view and wanted else ()


def read_tree(
    paths: Iterable[str | Path],
    catalog: Catalog,
    cache: CacheFolder | None = None,
    given: Given | None = None,
    meanwhile: Meanwhile | None = None,
) -> list[TenantReading]:
    """
    Read every tenant that the paths stand for, in the order given, those below one path sorted.

    A bad tenant does not stop the others; a path that cannot be read gives a reading without a name. A tenant that
    two paths lead to is read once.

    Args:
        given: variables from outside, and a name for the tenant; None for none.
        meanwhile: raises nothing.

    Raises:
        WrongUsage: a name is given for several tenants, or a variable that none of them knows; else nothing is raised.
    """
    run = _Run(catalog, cache, given, meanwhile)
    readings: dict[str, TenantReading] = {}
    for path in map(str, paths):
        for reading in run.below(path, readings.keys()):
            readings.setdefault(_identity(reading.folder), reading)
    found = _without_twins(list(readings.values()))
    if given is None:
        return found
    from flametree_cfg.config.given import as_given

    return as_given(found, given)


def each_reading(
    paths: Iterable[str | Path], catalog: Catalog, cache: CacheFolder | None = None, given: Given | None = None
) -> Iterator[TenantReading]:
    """
    Read tenants as `read_tree` does, one at a time, so that memory never holds two.

    Nobody looks here whether two folders declare one tenant. With anything given all are read first, since only then
    it is known whether that was meant for any of them.
    """
    if given is not None:
        yield from read_tree(paths, catalog, cache, given)
        return
    run = _Run(catalog, cache)
    seen: set[str] = set()
    for path in map(str, paths):
        try:
            folders = [folder for folder in tenants_below(path) if _identity(folder) not in seen]
        except ConfigInvalid as invalid:
            folders = []
            if (identity := _identity(path)) not in seen:
                seen.add(identity)
                yield _unread(path, invalid, catalog)
        for folder in folders:
            seen.add(_identity(folder))
            yield run.read(folder)


def read_tenant(folder: str | Path, catalog: Catalog) -> TenantReading:
    """Read the folder of one tenant; nothing is raised."""
    return _Run(catalog).read(str(folder))


def keep_reading(reading: TenantReading, sections: frozenset[str], *, judged: bool) -> None:
    """
    Keep for the next run what reading gave.

    Args:
        reading: nothing is kept of one that is not valid.
        sections: that its files have.
        judged: whether the invariants found nothing.
    """
    parts = reading.parts
    if parts.cache is None or not reading.valid or reading.given is not None:
        return
    found = kept.relabelled(reading.diagnostics, parts.names)
    base, of_base = reading.base, reading.base_sections
    if parts.keep() and judged:
        base, of_base = marks_by_name(reading), sections
    shared = reading.shared
    shares = (shared.bases, shared.names) if shared else (None, ())
    name = reading.declared or reading.name
    verdict = kept.Verdict(parts.content, name, reading.count, found, judged, base, of_base, *shares)
    kept.keep_verdict(parts.cache, parts.cache_name, verdict)


def marks_by_name(reading: TenantReading) -> kept.Base:
    """Name the files that were read and their contents, to compare with later."""
    return tuple((mark.name, mark.digest) for mark in reading.parts.marks)


def located(reading: TenantReading, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """
    Put places on diagnostics that others found, and on what they relate to.

    By address and path, else the nearest ancestor; what has a place keeps it, what belongs to nothing gets none.
    """
    return by_place(reading.places.located(found) for found in diagnostics)


def _identity(folder: str) -> str:
    return os.path.normpath(Path(folder).absolute())  # `../acme` and `.` may be one folder


def _is_empty(reading: TenantReading) -> bool:
    return any(found.code == "empty-tenant" for found in reading.diagnostics)


class _Run:
    """Reads the tenants of one run; what they share is read once."""

    def __init__(
        self,
        catalog: Catalog,
        cache: CacheFolder | None = None,
        given: Given | None = None,
        meanwhile: Meanwhile | None = None,
    ) -> None:
        self._catalog = catalog
        self._cache = cache
        self._given = given
        self._meanwhile = meanwhile
        self._budget = Budget()

    def below(self, path: str, known: Container[str]) -> list[TenantReading]:
        """Read what one path stands for, but what is known already."""
        try:
            folders = [folder for folder in tenants_below(path) if _identity(folder) not in known]
        except ConfigInvalid as invalid:
            return [_unread(path, invalid, self._catalog)]
        readings = [self.read(folder) for folder in folders]
        if len(readings) > 1 and all(_is_empty(reading) for reading in readings):
            nothing = problem(
                "no-tenants", Location(printable(path)), f"{len(readings)} folders, none with *.yaml files"
            )
            return [_unread(path, ConfigInvalid(nothing), self._catalog)]
        return readings

    def read(self, folder: str) -> TenantReading:
        """Read one tenant; nothing is raised."""
        try:
            with one_tenant(folder) as listing:
                if self._cache is None or listing.problems:
                    return self._anew(listing)
                return self._cached(listing, self._cache)
        except ConfigInvalid as invalid:
            return _unread(folder, invalid, self._catalog)

    def _anew(self, listing: Listing, cache: CacheFolder | None = None) -> TenantReading:
        """Read without looking into the cache; what was read may be kept there."""
        spent = self._budget.spent()
        parts = read_parts(listing.folder, listing.files, self._catalog, self._budget)
        name = kept.cache_name(listing.folder.label) if cache else ""
        if parts.sharing:
            self._budget.back_to(spent)
            return self._shared.read(listing.folder.label, cache, name)
        return _reading(replace(parts, cache=cache, cache_name=name), listing)

    def _cached(self, listing: Listing, cache: CacheFolder) -> TenantReading:
        """Read only what the cache does not know; a tenant with anything wrong is read without it."""
        name = kept.cache_name(listing.folder.label)
        verdict = kept.read_verdict(cache, name)
        if verdict is None:
            return self._anew(listing, cache)
        if verdict.bases is not None:
            known = self._shared.known(listing.folder.label, cache, name, verdict)
            reading = known or self._anew(listing, cache)
            return reading if known else replace(reading, base=verdict.base, base_sections=verdict.sections)
        spent = self._budget.spent()
        try:
            marks = marks_of(listing.folder, listing.files, self._budget)
        except ConfigInvalid:
            self._budget.back_to(spent)
            return self._anew(listing)
        parts = Parts(listing.folder.label, marks, self._catalog, cache, name)
        if verdict.content == content_of(marks):
            return as_before(parts, verdict)
        parts = parts.reading_beside(listing.folder, {digest for _, digest in verdict.base})
        if parts.beside and self._meanwhile:
            self._meanwhile(listing.folder.label, verdict.name)
        reading = _nearly_as_before(parts, listing) or self._changed(parts, listing, spent)
        return replace(reading, base=verdict.base, base_sections=verdict.sections)

    def _changed(self, parts: Parts, listing: Listing, spent: tuple[int, int]) -> TenantReading:
        """Read what the cache does not know; where it turns out to share, all of it anew."""
        if any(part.sharing for part in parts.all()):
            self._budget.back_to(spent)
            return self._shared.read(listing.folder.label, parts.cache, parts.cache_name)
        return _reading(parts, listing)

    @cached_property
    def _shared(self) -> SharedReader:
        from flametree_cfg.config.sharing import SharedReader

        return SharedReader(self._catalog, self._budget, self._given)


def as_before(parts: Parts, verdict: kept.Verdict) -> TenantReading:
    """Give what an earlier run found in the very same files."""
    found = kept.relabelled(verdict.found, {name: label for label, name in parts.names.items()})
    return TenantReading(
        parts.folder,
        verdict.name,
        found,
        parts,
        valid=True,
        count=verdict.count,
        judged=verdict.judged,
        base=verdict.base,
        base_sections=verdict.sections,
    )


def _nearly_as_before(parts: Parts, listing: Listing) -> TenantReading | None:
    """Read in outline where few files changed; None where many did, or anything is wrong."""
    if not parts.nearly_kept:
        return None
    outline, joined = read_outline(parts)
    if joined is None:
        return None
    name, count, found = joined
    return TenantReading(listing.folder.label, name, by_place(found), parts, valid=True, count=count, seen=outline)


def _reading(parts: Parts, listing: Listing) -> TenantReading:
    folder = listing.folder.label
    places = Places(folder, parts.all)
    joined = join_parts(parts.all(), folder, places.place_in, (*listing.problems, *parts.unread))
    diagnostics = by_place(joined.found)
    valid = not has_errors(diagnostics)
    return TenantReading(folder, joined.name, diagnostics, parts, valid, len(joined.declarations))


def _unread(path: str, invalid: ConfigInvalid, catalog: Catalog) -> TenantReading:
    return TenantReading(printable(path), "", tuple(invalid.diagnostics), Parts(path, (), catalog), valid=False)


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
    return replace(reading, valid=False, diagnostics=by_place((*reading.diagnostics, found)))


def _name_place(reading: TenantReading) -> Location:
    return reading.places.locate("", ("tenant",)) or Location(reading.folder)
