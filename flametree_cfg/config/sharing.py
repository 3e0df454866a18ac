"""Tenants that share bases or variables: read, or found as an earlier run left them."""

from __future__ import annotations

from msgspec.structs import replace

from flametree_cfg.config import cache as kept
from flametree_cfg.config.cachefile import CacheFolder
from flametree_cfg.config.given import NOTHING_GIVEN, Given
from flametree_cfg.config.layered import MERGED, Shared, merged_part
from flametree_cfg.config.layers import Layers, Shelf, read_layers, reread_layers
from flametree_cfg.config.parts import FileMark, Parts
from flametree_cfg.config.problem import problem
from flametree_cfg.config.source import Budget
from flametree_cfg.config.tenant import TenantReading, as_before, marks_by_name
from flametree_cfg.config.view import View
from flametree_cfg.errors import ConfigInvalid, Location, by_place, has_errors
from flametree_cfg.schema import Catalog


class SharedReader:
    """Reads such tenants of one run; a base that many extend is read once."""

    def __init__(self, catalog: Catalog, budget: Budget, given: Given | None) -> None:
        self._catalog = catalog
        self._budget = budget
        self._shelf = Shelf(budget)
        self._given = given or NOTHING_GIVEN

    def read(self, folder: str, cache: CacheFolder | None, name: str) -> TenantReading:
        """
        Read a tenant and all it extends.

        Args:
            folder: of the tenant, as typed.
            cache: where what was read may be kept.
            name: of the tenant in it.

        Raises:
            ConfigInvalid: its own folder cannot be read.
        """
        layers = read_layers(folder, self._shelf)
        merged = merged_part(View(layers, self._catalog, self._given))
        shared = self._shared(folder, layers, merged.names)
        parts = self._parts(shared, layers, cache, name)
        ready = replace(parts, _ready={MERGED: merged.part})
        found = by_place(merged.found)
        tenant = merged.part.names[0][0] if merged.part.names else ""
        count = len(merged.part.declarations)
        return TenantReading(folder, tenant, found, ready, not has_errors(found), count, shared=shared)

    def known(self, folder: str, cache: CacheFolder, name: str, verdict: kept.Verdict) -> TenantReading | None:
        """Give a tenant as an earlier run left it; None where files, bases or variables are not the same."""
        spent = self._budget.spent()
        try:
            layers = reread_layers(folder, verdict.bases or (), self._shelf)
        except ConfigInvalid:
            self._budget.back_to(spent)
            return None
        if any(layer.problems for layer in layers.order):
            return None
        shared = self._shared(folder, layers, verdict.variables)
        parts = self._parts(shared, layers, cache, name)
        if parts.content == verdict.content:
            return replace(as_before(parts, verdict), shared=shared)
        self._budget.back_to(spent)
        return None

    def _shared(self, folder: str, layers: Layers, names: tuple[str, ...]) -> Shared:
        return Shared(folder, layers.bases, layers.digest(self._given), names, self._catalog, self._given)

    def _parts(self, shared: Shared, layers: Layers, cache: CacheFolder | None, name: str) -> Parts:
        """Give the one part that all files are, under the digest of all that it follows from."""
        mark = FileMark(MERGED, shared.folder, shared.digest)
        return Parts(shared.folder, (mark,), self._catalog, cache, name, together=shared.part, layers=layers.names())


def view_of(reading: TenantReading, catalog: Catalog) -> View:
    """
    See a tenant with its layers, and one that shares nothing as its only layer.

    Raises:
        ConfigInvalid: a file changed since it was read.
    """
    if reading.shared is not None:
        view = reading.shared.view
    else:
        layers = read_layers(reading.folder, Shelf(Budget()))
        same = {file.name: file.digest for file in layers.files()} == dict(marks_by_name(reading))
        view = View(layers, catalog, NOTHING_GIVEN) if same else None
    if view is None:
        raise ConfigInvalid(problem("files-changed", Location(reading.folder)))
    return view
