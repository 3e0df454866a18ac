"""What to tell a person when the ledger says no; one function per situation."""

from __future__ import annotations

from flametree_cfg.errors import Locked, PlanStale, Refused, StorageFailed, WrongUsage, error
from flametree_cfg.model import Address, ChainCheck, Holder, Lease

NOBODY = Holder("", "", 0, "")
"""Stands for a holder who has not written a name yet."""


def held(tenant: str, holder: Holder, wait_s: float) -> Locked:
    """Say who has the lock we waited for."""
    return Locked(
        error(
            "locked",
            "Another run holds the tenant",
            f"{_told(tenant, holder)}; waited {wait_s:g} s",
            "wait for it to end; if it never will, `flametree-cfg state unlock` breaks its lock",
        )
    )


def lost(lease: Lease) -> Locked:
    """Say that somebody else took the lock from us."""
    return Locked(
        error(
            "lease-lost",
            "The lock was lost",
            f"another run took over {lease.tenant}, or its lock was broken; this write was not made",
            "run the same command again: it looks at what was done and continues",
        )
    )


def holder_alive(tenant: str, holder: Holder) -> Refused:
    """Say that the lock to break is in use."""
    return Refused(
        error(
            "lock-alive",
            "The lock's holder is still running",
            _told(tenant, holder),
            "wait for it or stop it; `--force` breaks the lock all the same, and that run writes nothing more",
        )
    )


def _told(tenant: str, holder: Holder) -> str:
    if holder == NOBODY:
        return f"{tenant} is just being taken or freed by another process"
    return (
        f"{tenant} is held by {holder.who} on {holder.host} (process {holder.pid}) since {holder.since}: "
        f"{holder.command}"
    )


def other_platform(tenant: str, bound: str, identity: str) -> PlanStale:
    """Say that the ids in the ledger mean nothing here."""
    return PlanStale(
        error(
            "other-platform",
            "The ledger belongs to another platform",
            f"{tenant} was applied to platform {bound}, this is platform {identity}",
            "use the platform it was applied to, or another --state for this one",
        )
    )


def address_taken(address: Address) -> PlanStale:
    """Say that a key would move onto another one."""
    return PlanStale(
        error(
            "address-taken",
            "An address is taken",
            f"the ledger has another {address} already",
            "plan again",
            address=str(address),
        )
    )


def journaled(operation_id: str) -> StorageFailed:
    """Say that an operation's id was used before."""
    return StorageFailed(
        error(
            "operation-repeated",
            "An operation was journaled before",
            f"operation {operation_id} has an outcome already",
            "plan again; an operation is never carried out twice",
        )
    )


def not_journaled(operation_id: str) -> StorageFailed:
    """Say that an outcome belongs to nothing."""
    return StorageFailed(
        error(
            "operation-unknown",
            "An operation was never journaled",
            f"there is no operation {operation_id} to record an outcome of",
            "plan again; please report it if it happens twice",
        )
    )


def unknown_address(tenant: str, address: Address) -> WrongUsage:
    """Say that there is no such entry."""
    return WrongUsage(
        error(
            "unknown-address",
            "No such resource in the ledger",
            f"the ledger of {tenant} has no {address}",
            "`flametree-cfg state list` shows what it has",
            address=str(address),
        )
    )


def no_such_run(tenant: str, number: int) -> WrongUsage:
    """Say that history has no run of that number."""
    return WrongUsage(
        error(
            "no-such-run",
            "History has no such apply",
            f"the history of {tenant} has no run {number}",
            "`flametree-cfg history list PATH` shows the runs that are kept",
        )
    )


def no_longer_kept(tenant: str, number: int, oldest: int) -> WrongUsage:
    """Say how far back history goes."""
    return WrongUsage(
        error(
            "run-not-kept",
            "What this run left is no longer kept",
            f"the history of {tenant} leads back to run {oldest}, not to run {number}",
            f"name run {oldest} or a later one; what the files said then is in their repository",
        )
    )


def history_broken(found: ChainCheck) -> StorageFailed:
    """Say where history stops being what was written."""
    return StorageFailed(
        error(
            "history-broken",
            "History is not as it was written",
            f"run {found.broken} of {found.tenant}: {found.why}",
            f"what is linked up to run {max(found.links, default=found.dropped)} holds; nothing after that can be "
            "trusted: restore the ledger from a backup, or find out who wrote to it",
        )
    )


def unknown_scheme(url: str) -> WrongUsage:
    """Say that no ledger of that kind exists."""
    return WrongUsage(
        error(
            "unknown-state",
            "No such kind of state",
            f"{url.partition(':')[0] if ':' in url else url!r} is not a kind of state this version knows",
            "write `sqlite:PATH`, `postgresql://USER@HOST/DATABASE` or `file:EXPORT`",
        )
    )
