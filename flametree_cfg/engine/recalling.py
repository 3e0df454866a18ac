"""History: what was applied, what it left, and whether the record of it is still what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from flametree_cfg.diff import Change, compare
from flametree_cfg.engine.cards import tenant_of
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Diagnostic, StorageFailed, WrongUsage, error
from flametree_cfg.model import (
    Action,
    Address,
    AppliedRun,
    ChainCheck,
    Entry,
    FieldChange,
    Operation,
    Resource,
    readdress,
)
from flametree_cfg.schema import Catalog

Entries = Mapping[Address, Entry]


def history(path: str | Path, options: Options) -> tuple[Sequence[AppliedRun], str]:
    """List the applies of a tenant, newest first; with the link of the newest."""
    with Session(options, [path]) as session:
        tenant = tenant_of(path, session)
        return session.ledger.history(tenant), session.ledger.newest_link(tenant)


def history_show(path: str | Path, number: int, options: Options) -> tuple[AppliedRun, Sequence[Operation]]:
    """
    Give one apply and its operations.

    Raises:
        WrongUsage: there is no such apply.
    """
    with Session(options, [path]) as session:
        tenant = tenant_of(path, session)
        return run_of(session, tenant, number, path), session.ledger.history_operations(tenant, number)


def run_of(session: Session, tenant: str, number: int, path: str | Path) -> AppliedRun:
    """
    Give the line of one apply.

    Raises:
        WrongUsage: history has no such apply.
    """
    for run in session.ledger.history(tenant):
        if run.number == number:
            return run
    raise _no_such_run(tenant, number, path)


def entries_after(session: Session, tenant: str, number: int, path: str | Path) -> Entries:
    """
    Give what the entries were right after one apply.

    Raises:
        WrongUsage: history has no such apply, or what it left is no longer kept.
        StorageFailed: history is not as it was written.
    """
    try:
        return session.ledger.entries_after(tenant, number)
    except WrongUsage as refused:
        if refused.diagnostics[0].code != "no-such-run":
            raise
        raise _no_such_run(tenant, number, path) from refused


def _no_such_run(tenant: str, number: int, path: str | Path) -> WrongUsage:
    hint = f"flametree-cfg history list {path}"
    said = f"the history of {tenant} has no run {number}"
    return WrongUsage(error("no-such-run", "History has no such apply", said, hint))


def history_diff(path: str | Path, before: int, after: int | None, options: Options) -> tuple[str, tuple[Change, ...]]:
    """
    Say what differs between the objects after two applies.

    Args:
        path: of the tenant.
        before, after: numbers of applies; None for what the ledger knows now.

    Returns:
        The tenant, and one change an object, sorted by address.

    Raises:
        WrongUsage: there is no such apply, or what it left is no longer kept.
        StorageFailed: history is not as it was written.
    """
    with Session(options, [path]) as session:
        tenant = tenant_of(path, session)
        first = entries_after(session, tenant, before, path)
        if after is None:
            second: Entries = session.ledger.read(tenant).entries
        else:
            second = entries_after(session, tenant, after, path)
        return tenant, tuple(differences(first, second, session.catalog))


def differences(before: Entries, after: Entries, catalog: Catalog) -> Iterator[Change]:
    """Compare two states of the ledger; an object whose key changed is found by its id."""
    moves = dict(renamed(before, after))
    origin = {new: old for old, new in moves.items()}
    for address in sorted({*before, *after} - moves.keys()):
        first, second = before.get(origin.get(address, address)), after.get(address)
        if first is None:
            if second is not None:
                yield Change(address, Action.CREATE, None, second.resource)
        elif second is None:
            yield Change(address, Action.DELETE, first.resource, None)
        else:
            change = _change(first, second, moves, catalog)
            if change.fields or change.replaced or address in origin:
                yield replace(change, previous=origin.get(address))


def renamed(before: Entries, after: Entries) -> Iterator[tuple[Address, Address]]:
    """Find objects that have another key: address before, address after."""
    came = {(a.kind, entry.id): a for a, entry in after.items() if a not in before and entry.id}
    for address, entry in before.items():
        if address not in after and (address.kind, entry.id) in came:
            yield address, came[address.kind, entry.id]


def _change(before: Entry, after: Entry, moves: Mapping[Address, Address], catalog: Catalog) -> Change:
    one, other = readdress(before.resource, moves), after.resource
    fields = list(compare(one, other, _either(one, other), catalog).fields)
    flags = {
        "protected": (before.protected, after.protected),
        "external": (one.external, other.external),
        "system": (one.system, other.system),
    }
    fields += [FieldChange((name,), *sides) for name, sides in flags.items() if sides[0] is not sides[1]]
    action = Action.UPDATE if fields else Action.MOVE
    made_anew = bool(before.id and after.id) and before.id != after.id
    return Change(other.address, action, one, other, tuple(fields), replaced=made_anew)


def _either(one: Resource, other: Resource) -> Resource:
    """Name every field that one of two knows."""
    fields = {**one.fields, **other.fields}
    roles = {**(one.fields.get("connectors") or {}), **(other.fields.get("connectors") or {})}
    return replace(other, fields={**fields, "connectors": roles} if roles else fields)


def history_verify(path: str | Path, link: str, options: Options) -> ChainCheck:
    """
    Follow the links of a tenant's history.

    Args:
        path: of the tenant.
        link: one that was kept elsewhere, which has to be among them; empty for none.
        options: the operator's.

    Raises:
        StorageFailed: a run was edited, cut or moved; or all links were made anew since `link` was kept.
    """
    with Session(options, [path]) as session:
        found = session.ledger.check_history(tenant_of(path, session))
    if found.broken:
        raise StorageFailed(_broken(found))
    if link and link not in (found.anchor, *found.links.values()):
        raise StorageFailed(_other_chain(found, link))
    return found


def _broken(found: ChainCheck) -> Diagnostic:
    whole = f"up to run {max(found.links)} it is as it was written" if found.links else "no run before it is kept"
    return error(
        "history-broken",
        "History is not as it was written",
        f"run {found.broken} of tenant {found.tenant!r}: {found.why}; {whole}",
        "restore the ledger from a backup that verifies, and find out who wrote to it",
    )


def _other_chain(found: ChainCheck, link: str) -> Diagnostic:
    kept = f"{min(found.links)} to {max(found.links)}" if found.links else "none"
    return error(
        "history-other-chain",
        "History does not have the link that was kept",
        f"{link} is of no run of tenant {found.tenant!r} (kept: {kept})",
        "it is of a run that is no longer kept, or of another ledger; or somebody made the whole chain anew",
    )
