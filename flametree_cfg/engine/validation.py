"""Validate: read, check invariants, put places on what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from flametree_cfg.config import TenantReading, keep_reading, located, read_tree
from flametree_cfg.engine.options import Options, TenantResult
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Diagnostic, ExitCode, by_place, has_errors
from flametree_cfg.invariants import adjust, check_tenant
from flametree_cfg.schema import Catalog


def validate(paths: Sequence[str | Path], options: Options) -> list[TenantResult]:
    """
    Say everything that is wrong with the tenants under `paths`; one result a folder, sorted by folder.

    Touches neither ledger nor platform, resolves no secret.

    Raises:
        ConfigInvalid: the paths themselves, or the catalog, are no good.
    """
    with Session(options, paths) as session:
        return [
            TenantResult(
                reading.folder,
                reading.name,
                diagnostics,
                ExitCode.INVALID if has_errors(diagnostics) else ExitCode.OK,
                reading.count if reading.valid else 0,
            )
            for reading, diagnostics in read_and_check(paths, session)
        ]


def read_and_check(
    paths: Sequence[str | Path], session: Session
) -> Iterator[tuple[TenantReading, tuple[Diagnostic, ...]]]:
    """Read every tenant and judge it; an error among the diagnostics means that its `tenant` must not be used."""
    for reading in read_tree([Path(path) for path in paths], session.catalog, session.cache):
        yield reading, judge(reading, session.catalog, session.options)


def judge(reading: TenantReading, catalog: Catalog, options: Options) -> tuple[Diagnostic, ...]:
    """Add what the invariants say to what reading said; severities adjusted, sorted by place."""
    found: Iterable[Diagnostic] = reading.diagnostics
    if reading.valid and not reading.judged and reading.tenant is not None:
        said = check_tenant(reading.tenant, catalog)
        found = [*reading.diagnostics, *located(reading, said)]
        keep_reading(replace(reading, judged=not said))
    return by_place(adjust(found, options.errors, options.warnings))
