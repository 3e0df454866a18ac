"""Take a whole ledger out to a file, and bring one in: from one database to another, or back from a backup."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flametree_cfg.engine.cards import tenant_of
from flametree_cfg.engine.carrying import holder_of
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.state import import_all, published, read_export, write_export


def ledger_export(file: str | Path, options: Options, *, public: bool = False) -> tuple[str, ...]:
    """
    Write the ledgers of all tenants to a file; gives the tenants.

    Args:
        file: made 0600, whole or not at all.
        options: the operator's.
        public: leave out fingerprints, journal and history, so that it may be published.
    """
    with Session(options) as session:
        return write_export(session.ledger, Path(file), public=public)


def ledger_import(file: str | Path, options: Options, *, overwrite: bool = False) -> Mapping[str, int | None]:
    """
    Make the ledgers of all tenants what they are in an export; gives the new serials, None for what was so already.

    Raises:
        ExportUnusable: the file is damaged, newer, public or no export.
        Refused: a tenant is newer here or another one, and `overwrite` is false.
    """
    export = read_export(Path(file))
    with Session(options, create=True) as session:
        return import_all(session.ledger, export, holder_of(options), wait_s=options.lock_wait_s, overwrite=overwrite)


def state_public(path: str | Path, options: Options) -> Mapping[str, Any]:
    """Give one tenant's ledger as plain JSON that may be published."""
    with Session(options, [path]) as session:
        return published(session.ledger.export(tenant_of(path, session)))
