"""State: what the ledger knows, and the few things a person may do to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flametree_cfg.engine.cards import tenant_of
from flametree_cfg.engine.carrying import holder_of
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import ConfigInvalid, Diagnostic, WrongUsage, error
from flametree_cfg.model import Entry, Holder, Stored, parse_address


def state_list(path: str | Path, options: Options) -> Stored:
    """Give a tenant's ledger."""
    with Session(options, [path]) as session:
        return session.ledger.read(tenant_of(path, session))


def state_show(path: str | Path, address: str, options: Options) -> Entry:
    """
    Give one entry of a tenant's ledger.

    Raises:
        WrongUsage: the ledger has no such address.
    """
    stored = state_list(path, options)
    wanted = parse_address(address)
    if wanted is None or wanted not in stored.entries:
        raise _unknown(address, path)
    return stored.entries[wanted]


def state_rm(path: str | Path, addresses: Sequence[str], options: Options) -> int:
    """
    Forget entries without touching the platform; returns the new serial.

    Raises:
        WrongUsage: the ledger has no such address; nothing was forgotten.
    """
    with Session(options, [path], create=True) as session:
        tenant = tenant_of(path, session)
        with session.ledger.lock(tenant, options.lock_wait_s, holder_of(options)) as lease:
            entries = session.ledger.read(tenant).entries
            wanted = []
            for text in addresses:
                address = parse_address(text)
                if address is None or address not in entries:
                    raise _unknown(text, path)
                wanted.append(address)
            return session.ledger.remove(lease, wanted)


def state_unlock(path: str | Path, options: Options, *, force: bool) -> Holder | None:
    """Break a lock; returns who held it, None if nobody did."""
    with Session(options, [path], create=True) as session:
        return session.ledger.unlock(tenant_of(path, session), force=force)


def state_export(path: str | Path, options: Options) -> Mapping[str, Any]:
    """Give a tenant's ledger as plain JSON."""
    with Session(options, [path]) as session:
        return session.ledger.export(tenant_of(path, session))


def state_import(path: str | Path, file: str | Path, options: Options) -> int:
    """
    Replace a tenant's ledger by an export; returns the new serial.

    Raises:
        ConfigInvalid: the file is no export of ours, or another tenant's.
    """
    document = _read_export(Path(file))
    with Session(options, [path], create=True) as session:
        tenant = tenant_of(path, session)
        if document.get("tenant") != tenant:
            raise ConfigInvalid(
                error(
                    "other-tenant",
                    "The export belongs to another tenant",
                    f"{file} is of {document.get('tenant')!r}, {path} declares {tenant!r}",
                    "name the folder of that tenant",
                )
            )
        with session.ledger.lock(tenant, options.lock_wait_s, holder_of(options)) as lease:
            return session.ledger.restore(lease, document)


def _read_export(file: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        hint = "name a file that `state export` wrote"
        raise WrongUsage(error("no-such-path", "Path does not exist", f"{file}: {problem.strerror}", hint)) from problem
    except (ValueError, RecursionError) as problem:
        raise ConfigInvalid(_no_export(file, "it is no JSON")) from problem
    if not isinstance(document, dict):
        raise ConfigInvalid(_no_export(file, "it is no JSON object"))
    return document


def _no_export(file: Path, why: str) -> Diagnostic:
    return error("bad-export", "File is no export of a ledger", f"{file}: {why}", "make one with `state export`")


def _unknown(address: str, path: str | Path) -> WrongUsage:
    return WrongUsage(
        error(
            "no-such-entry",
            "The ledger has no such address",
            address,
            f"`flametree-cfg state list {path}` lists what there is",
        )
    )
