"""Put a whole ledger's export into a ledger, tenant by tenant, and never over something newer by accident."""

from __future__ import annotations

from flametree_cfg.errors import Refused, error
from flametree_cfg.model import Holder, Stored
from flametree_cfg.state._port import Ledger
from flametree_cfg.state.export import Export, ExportUnusable


def import_all(
    ledger: Ledger, export: Export, holder: Holder, *, wait_s: float, overwrite: bool
) -> dict[str, int | None]:
    """
    Make every tenant of an export what it is there.

    All are looked at before the first is written. One that is as the export says already is left alone, so that an
    import that was interrupted can be repeated.

    Returns:
        The new serial of each tenant; None for one that was left alone.

    Raises:
        ExportUnusable: it is a public one, or a document in it is none.
        Refused: a tenant is newer here, or another one of the same name, and `overwrite` is false.
        Locked: somebody applies a tenant; those before it are imported.
    """
    if export.public:
        raise _public(export)
    for tenant in export.offsets:
        _judge(ledger.read(tenant), export.document(tenant).stored, overwrite=overwrite)
    serials: dict[str, int | None] = {}
    for tenant in export.offsets:
        found = export.document(tenant).stored
        if _is_same(ledger.read(tenant), found):
            serials[tenant] = None
            continue
        with ledger.lock(tenant, wait_s, holder) as lease:
            _judge(ledger.read(tenant), found, overwrite=overwrite)
            serials[tenant] = ledger.restore(lease, export.plain(tenant))
    return serials


def _is_same(here: Stored, there: Stored) -> bool:
    return (here.lineage, here.platform, here.entries, here.pending) == (
        there.lineage,
        there.platform,
        there.entries,
        there.pending,
    )


def _judge(here: Stored, there: Stored, *, overwrite: bool) -> None:
    if overwrite or _is_same(here, there):
        return
    if here.lineage == there.lineage and here.serial > there.serial:
        raise _refused(here, "ledger-newer", f"it is at serial {here.serial}, the export at {there.serial}")
    if here.lineage != there.lineage and (here.entries or here.pending):
        raise _refused(here, "ledger-other", "it was not made from the same beginning as the export's")


def _refused(here: Stored, code: str, why: str) -> Refused:
    summary = {
        "ledger-newer": "The ledger is newer than the export",
        "ledger-other": "The ledger is another one than the export's",
    }[code]
    hint = "`--overwrite` puts the export there all the same; `state export` keeps what is there now"
    return Refused(error(code, summary, f"tenant {here.tenant}: {why}", hint))


def _public(export: Export) -> ExportUnusable:
    return ExportUnusable(
        error(
            "export-public",
            "A public export cannot be imported",
            f"{export.path}: fingerprints, journal and history were left out",
            "import one that was made without `--public`",
        )
    )
