"""Import: take an object that exists on the platform into our care."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flametree_cfg.config import TenantReading, located
from flametree_cfg.engine.carrying import bind_platform, holder_of
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Refused, WrongUsage, error, has_errors
from flametree_cfg.model import (
    Action,
    Address,
    Declaration,
    Entry,
    Kind,
    LiveTenant,
    Operation,
    live_snapshot,
    parse_address,
)
from flametree_cfg.plan import managed_view
from flametree_cfg.schema import Catalog


def adopt(path: str | Path, address: str, platform_id: str, options: Options) -> int:
    """
    Record that a declared address is an object the platform already has; the platform is not touched.

    What differs from the YAML shows in the next plan. Secrets are sent once, since none can be read.

    Returns:
        The ledger's new serial.

    Raises:
        WrongUsage: nothing declares the address, or the platform has no such object.
        Refused: the ledger has the address, or the object, already; or their types differ.
    """
    with Session(options, [path], create=True) as session:
        reading, declaration = _declared(path, address, session)
        with session.ledger.lock(reading.name, options.lock_wait_s, holder_of(options)) as lease:
            stored = session.ledger.read(reading.name)
            _refuse_known(declaration.resource.address, platform_id, stored.entries)
            live = session.platform.read(reading.name)
            operation = _binding(declaration, platform_id, live, stored.ids(), session.catalog)
            bind_platform(session, lease)
            return session.ledger.amend(lease, [operation])


def _declared(path: str | Path, text: str, session: Session) -> tuple[TenantReading, Declaration]:
    address = parse_address(text)
    for reading, diagnostics in read_and_check([path], session):
        if has_errors(diagnostics) or reading.tenant is None:
            raise ConfigInvalid(*located(reading, diagnostics))
        if address and address.kind is not Kind.ATTACHMENT and address in reading.tenant.declarations:
            return reading, reading.tenant.declarations[address]
    raise WrongUsage(
        error(
            "not-declared",
            "Nothing declares this address",
            f"{text} under {path}",
            "write its block first: kind, key, type and name; then import",
        )
    )


def _refuse_known(address: Address, platform_id: str, entries: Mapping[Address, Entry]) -> None:
    holders = [a for a, entry in entries.items() if a == address or entry.id == platform_id]
    if holders:
        raise Refused(
            error(
                "already-known",
                "The ledger knows this already",
                f"{holders[0]} is {entries[holders[0]].id}",
                f"if that is wrong: flametree-cfg state rm PATH {holders[0]}",
                address=str(holders[0]),
            )
        )


def _binding(
    declaration: Declaration, platform_id: str, live: LiveTenant, ids: dict[Address, str], catalog: Catalog
) -> Operation:
    address = declaration.resource.address
    snapshot, objects = live_snapshot(live, {**ids, address: platform_id})
    item = objects.get(address)
    if item is None:
        raise WrongUsage(_no_such(address, platform_id, live))
    if item.fields.get("type") != declaration.resource.type:
        raise Refused(
            error(
                "other-type",
                "The object is of another type",
                f"{address} is declared as {declaration.resource.type}, {platform_id} is a {item.fields.get('type')}",
                "declare the type it has",
                address=str(address),
                path=("type",),
            )
        )
    now = managed_view(snapshot.resources[address], declaration.resource, catalog)
    return Operation(
        "",
        Action.BIND,
        address,
        type=now.type,
        after=now,
        protected=declaration.protected,
        platform_id=platform_id,
    )


def _no_such(address: Address, platform_id: str, live: LiveTenant) -> Diagnostic:
    named = [f"{o.id} ({o.fields.get('name')})" for o in live.objects if o.kind is address.kind and not o.system]
    return error(
        "no-such-object",
        "The platform has no such object",
        f"no {address.kind} with id {platform_id}",
        f"it has: {', '.join(named[:10])}" if named else f"it has no {address.kind} at all",
        address=str(address),
    )
