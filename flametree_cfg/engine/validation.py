"""Validate: read, check invariants, put places on what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from flametree_cfg.config import TenantReading, has_ignores, keep_reading, located, read_tree
from flametree_cfg.engine.options import Options, TenantResult
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import ConfigInvalid, Diagnostic, ExitCode, by_place, has_errors
from flametree_cfg.model import Tenant
from flametree_cfg.schema import Catalog

_BY_NAME = "connector-named-not-used"  # looks at every generic connector at once


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
                reading,
            )
            for reading, found in read_and_check(paths, session)
            for diagnostics in [_with_ignores(reading, found)]
        ]


def _with_ignores(reading: TenantReading, found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Add what is wrong with the list of ignored drift, where there is one."""
    if not has_ignores(reading.folder):
        return found
    from flametree_cfg.config.ignorefile import read_ignores

    return by_place((*found, *read_ignores(reading.folder)[1]))


def read_and_check(
    paths: Sequence[str | Path], session: Session
) -> Iterator[tuple[TenantReading, tuple[Diagnostic, ...]]]:
    """Read every tenant and judge it; an error among the diagnostics means that its `tenant` must not be used."""
    folders = [Path(path) for path in paths]
    for reading in read_tree(folders, session.catalog, session.cache, session.given, session.meanwhile):
        try:
            diagnostics = judge(reading, session.catalog, session.options)
        except ConfigInvalid as changed:  # its files, since the run began: the others go on
            diagnostics = by_place([*reading.diagnostics, *changed.diagnostics])
        yield reading, diagnostics


def judge(reading: TenantReading, catalog: Catalog, options: Options) -> tuple[Diagnostic, ...]:
    """Add what the invariants say to what reading said; severities adjusted, sorted by place."""
    found: Sequence[Diagnostic] = (*reading.diagnostics, *_judged(reading, catalog))
    if found or options.errors or options.warnings:
        from flametree_cfg.invariants import adjust

        found = adjust(found, options.errors, options.warnings)
    return by_place(found)


def _judged(reading: TenantReading, catalog: Catalog) -> tuple[Diagnostic, ...]:
    """Say what the invariants find, in as much of the tenant as changed since they found nothing."""
    if not reading.valid or reading.judged:
        return ()
    if _right_as_before(reading, catalog):
        keep_reading(reading, reading.outline.sections, judged=True)
        return ()
    tenant = reading.tenant
    assert tenant is not None  # noqa: S101  # it is valid
    from flametree_cfg.invariants import check_tenant

    said = check_tenant(tenant, catalog)
    keep_reading(reading, tenant.sections, judged=not said)
    return located(reading, said)


def _right_as_before(reading: TenantReading, catalog: Catalog) -> bool:
    """Tell whether nothing is wrong with what changed, and all it may concern, in a tenant that was right before."""
    changed = reading.changed_since(reading.base) if reading.base else None
    if changed is None or reading.outline.sections != reading.base_sections:
        return False
    if any(declaration.previously for declaration in changed.after.values()):
        return False
    if not reading.outline.claimed().isdisjoint(changed.addresses):
        return False
    versions = {
        address: [side[address].resource for side in (changed.before, changed.after) if address in side]
        for address in changed.addresses
    }
    from flametree_cfg.plan import near

    found = near(versions, (), reading.outline.sketches(), catalog, told=False)
    if found is None:
        return False
    from flametree_cfg.invariants import check_tenant

    declarations = reading.outline.declarations(found.addresses)
    part = Tenant(reading.name, declarations, reading.outline.sections, reading.folder)
    return not check_tenant(part, catalog, without=() if found.generic else (_BY_NAME,))
