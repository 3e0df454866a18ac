"""Plan to send secrets again whose values changed behind the same references, and nothing else."""

from __future__ import annotations

from collections.abc import Collection

from flametree_cfg.engine.prints import printed_declaration, printer, references_in
from flametree_cfg.engine.session import Session
from flametree_cfg.model import Address, Declaration, Tenant, live_snapshot
from flametree_cfg.plan import Plan, Selection, make_plan, managed_view


def rewriting_plan(tenant: str, folder: str, addresses: Collection[Address], session: Session) -> Plan:
    """
    Plan to send secrets of some resources again.

    Whatever else differs is left as it is: every resource is wanted as the platform has it, with the references that
    the ledger knows.

    Args:
        tenant: whose.
        folder: of the tenant, for `${file:…}`.
        addresses: whose secrets.
    """
    from flametree_cfg.diff import fill_secrets

    stored, live = session.ledger.read(tenant), session.platform.read(tenant)
    now, _ = live_snapshot(live, stored.ids())
    declared: dict[Address, Declaration] = {}
    for address, entry in stored.entries.items():
        seen = now.resources.get(address)
        if seen is not None:
            filled = fill_secrets(seen, entry.resource, session.catalog)
            kept = managed_view(filled, entry.resource, session.catalog)
            declared[address] = Declaration(kept, (), entry.protected, attachments=False)
    listed = [declared[address] for address in addresses if address in declared]
    resolved = session.resolve(references_in(listed), folder)
    printed = printer(session.fingerprints(resolved.values, stored.lineage))
    declared |= {one.resource.address: printed_declaration(one, printed) for one in listed}
    wanted = Tenant(tenant, declared, frozenset(), folder, ())
    return make_plan(wanted, stored, live, session.catalog, Selection(frozenset(addresses)))
