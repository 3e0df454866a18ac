"""Import: take an object that exists on the platform into our care."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flametree_cfg.config import TenantReading, located
from flametree_cfg.engine.carrying import bind_platform, holder_of
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.sight import of_this_platform
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
from flametree_cfg.plan.importing import why_not
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
            live = of_this_platform(session.platform.read(reading.name), stored, session)
            _refuse(declaration, platform_id, stored.entries, live, session.catalog)
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


def _refuse(
    declaration: Declaration, platform_id: str, entries: Mapping[Address, Entry], live: LiveTenant, catalog: Catalog
) -> None:
    if declaration.resource.external:
        raise Refused(_not_ours(declaration.resource.address))
    found = tuple(why_not(declaration, platform_id, entries, live, catalog))
    if any(one.code == "no-such-object" for one in found):
        raise WrongUsage(*found)
    if found:
        raise Refused(*found)


def _not_ours(address: Address) -> Diagnostic:
    return error(
        "external-edited",
        "External objects are not taken over",
        f"{address} is declared as external: it is found by type and name",
        "plan finds it by itself; take `external` out to have it in our care",
        address=str(address),
    )


def _binding(
    declaration: Declaration, platform_id: str, live: LiveTenant, ids: dict[Address, str], catalog: Catalog
) -> Operation:
    address = declaration.resource.address
    snapshot, _ = live_snapshot(live, {**ids, address: platform_id})
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
