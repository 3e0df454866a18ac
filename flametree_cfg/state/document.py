"""One tenant's ledger as a document: what `state export` writes and `state import` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from flametree_cfg.errors import ConfigInvalid, Diagnostic, error
from flametree_cfg.model import AppliedRun, ChainCheck, Entry, Stored, parse_address, secrets_in
from flametree_cfg.state.body import plain_json, read_operation, read_resource, write_operation, write_resource
from flametree_cfg.state.history import KeptRun, check_kept
from flametree_cfg.state.past import read_before

FORMAT = "flametree-ledger"
FORMAT_VERSION = 1


class Document(Struct, frozen=True):
    """
    An export that was understood.

    Attributes:
        runs: oldest first.
        dropped, anchor: the last run that history let go, and its link.
        past: what entries that changed since the last run were, as plain JSON.
        found: what following the links gave.
    """

    stored: Stored
    runs: tuple[KeptRun, ...] = ()
    dropped: int = 0
    anchor: str = ""
    past: tuple[Any, ...] = ()
    found: ChainCheck | None = None


def write_chain(dropped: int, anchor: str, link: str, past: Sequence[Any]) -> dict[str, Any]:
    """Write what holds the runs of a tenant together."""
    return {"dropped": dropped, "anchor": anchor, "link": link, "past": list(past)}


def write_document(
    stored: Stored, runs: Sequence[Mapping[str, Any]], chain: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Write a tenant's ledger: references and fingerprints, no secret values, for there are none in it."""
    document: dict[str, Any] = plain_json(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "tenant": stored.tenant,
            "lineage": stored.lineage,
            "serial": stored.serial,
            "platform": stored.platform,
            "entries": [_write_entry(stored.entries[address]) for address in sorted(stored.entries)],
            "pending": [write_operation(operation) for operation in stored.pending],
            "history": list(runs),
            "chain": dict(chain or write_chain(0, "", "", ())),
        }
    )
    return document


def read_document(document: object, tenant: str) -> Document:
    """
    Read an export.

    Raises:
        ConfigInvalid: no export of ours, a newer format, another tenant's, or its history is not as it was written.
    """
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise ConfigInvalid(_not_an_export(f"`format` is not {FORMAT}"))
    version = document.get("format_version")
    if not isinstance(version, int) or version < 1:
        raise ConfigInvalid(_not_an_export("`format_version` is no number"))
    if version > FORMAT_VERSION:
        raise ConfigInvalid(_newer(version))
    if document.get("tenant") != tenant:
        raise ConfigInvalid(_other_tenant(tenant))
    from flametree_cfg.state.shapes import faults

    try:
        wrong = faults(document)
        if wrong:
            raise ConfigInvalid(_not_an_export("; ".join(wrong)))
        return _read(document, tenant)
    except (KeyError, ValueError, TypeError, RecursionError) as problem:
        raise ConfigInvalid(_not_an_export("an address is none, or stands twice")) from problem


def _write_entry(entry: Entry) -> dict[str, Any]:
    return {"id": entry.id, "protected": entry.protected, **write_resource(entry.resource)}


def _read(document: Mapping[str, Any], tenant: str) -> Document:
    entries = [_read_entry(plain) for plain in document["entries"]]
    stored = Stored(
        tenant=tenant,
        lineage=document["lineage"],
        serial=document["serial"],
        platform=document["platform"],
        entries={entry.resource.address: entry for entry in entries},
        pending=tuple(read_operation(plain) for plain in document.get("pending", ())),
    )
    runs = tuple(_read_run(plain) for plain in document.get("history", ()))
    if len(stored.entries) != len(entries) or len({kept.run.number for kept in runs}) != len(runs):
        raise ValueError("an address or a run twice")
    return _chained(stored, runs, document.get("chain"))


def _chained(stored: Stored, runs: tuple[KeptRun, ...], chain: Mapping[str, Any] | None) -> Document:
    """Follow the links; an export from before there were any gets them when it is imported."""
    if chain is None and not any(kept.link or kept.undo is not None for kept in runs):
        return Document(stored, runs, runs[0].run.number - 1 if runs else 0)
    plain = chain or write_chain(0, "", "", ())
    found = check_kept(stored.tenant, runs, plain["dropped"], plain["anchor"], plain["link"])
    if found.broken:
        raise ConfigInvalid(_broken(found))
    for before in (*(kept.undo for kept in runs if kept.undo is not None), plain["past"]):
        read_before(before)
    return Document(stored, runs, plain["dropped"], plain["anchor"], tuple(plain["past"]), found)


def _read_entry(plain: Mapping[str, Any]) -> Entry:
    if parse_address(plain["address"]) is None:
        raise ValueError("no address")
    entry = Entry(read_resource(plain), plain["id"], plain.get("protected", False))
    secrets = [secret for _, secret in secrets_in(entry.resource.fields)]
    if not all(isinstance(one, str) for secret in secrets for one in (secret.reference, secret.fingerprint)):
        raise ValueError("no secret")
    return entry


def _read_run(plain: Mapping[str, Any]) -> KeptRun:
    operations = list(plain["operations"])
    for operation in operations:
        read_operation(operation)
    beside = {"operations", "undo", "link"}
    run = AppliedRun(**{key: value for key, value in plain.items() if key not in beside})
    return KeptRun(run, operations, plain.get("undo"), plain.get("link", ""))


def _broken(found: ChainCheck) -> Diagnostic:
    return error(
        "export-chain-broken",
        "The history in the export is not as it was written",
        f"tenant {found.tenant}, run {found.broken}: {found.why}",
        "take another copy of it; nothing was imported",
    )


def _not_an_export(detail: str) -> Diagnostic:
    return error(
        "not-an-export",
        "Not an export of a ledger",
        detail,
        "give a file that `flametree-cfg state export` wrote",
    )


def _newer(version: int) -> Diagnostic:
    return error(
        "export-newer",
        "The export has a newer format",
        f"format {version}, this version knows up to {FORMAT_VERSION}",
        "use the newer flametree-cfg that wrote it",
    )


def _other_tenant(tenant: str) -> Diagnostic:
    return error(
        "export-other-tenant",
        "The export is another tenant's",
        f"it does not name {tenant}",
        "import it into the tenant it names",
    )
