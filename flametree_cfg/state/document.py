"""One tenant's ledger as a document: what `state export` writes and `state import` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flametree_cfg.errors import ConfigInvalid, Diagnostic, error
from flametree_cfg.model import AppliedRun, Entry, Stored, parse_address, secrets_in
from flametree_cfg.state.body import plain_json, read_operation, read_resource, write_operation, write_resource

FORMAT = "flametree-ledger"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Document:
    """An export that was understood: the ledger, and its runs with their operations as plain JSON."""

    stored: Stored
    runs: tuple[tuple[AppliedRun, list[dict[str, Any]]], ...] = ()


def write_document(stored: Stored, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
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
        }
    )
    return document


def read_document(document: object, tenant: str) -> Document:
    """
    Read an export.

    Raises:
        ConfigInvalid: no export of ours, a newer format, or another tenant's.
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
    if len(stored.entries) != len(entries) or len({run.number for run, _ in runs}) != len(runs):
        raise ValueError("an address or a run twice")
    return Document(stored, runs)


def _read_entry(plain: Mapping[str, Any]) -> Entry:
    if parse_address(plain["address"]) is None:
        raise ValueError("no address")
    entry = Entry(read_resource(plain), plain["id"], plain.get("protected", False))
    secrets = [secret for _, secret in secrets_in(entry.resource.fields)]
    if not all(isinstance(one, str) for secret in secrets for one in (secret.reference, secret.fingerprint)):
        raise ValueError("no secret")
    return entry


def _read_run(plain: Mapping[str, Any]) -> tuple[AppliedRun, list[dict[str, Any]]]:
    operations = list(plain["operations"])
    for operation in operations:
        read_operation(operation)
    return AppliedRun(**{key: value for key, value in plain.items() if key != "operations"}), operations


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
