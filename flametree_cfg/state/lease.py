"""The lock's row: who holds a tenant, under which epoch, until when."""

from __future__ import annotations

from msgspec import Struct

from flametree_cfg.model import Holder, Lease
from flametree_cfg.sql import Database
from flametree_cfg.sql import ledger as statements
from flametree_cfg.state.rows import damaged
from flametree_cfg.state.world import World, timestamp

_WALL = "wall"
_SERVER = "server"


class LockRow(Struct, frozen=True):
    """
    The row as it stands.

    Attributes:
        by_file: whether its holder shows by a lock file or a session too (see `presence`); not to show is death then.
        clock: which clock `expires` (seconds) is of.
    """

    epoch: int
    held: bool
    by_file: bool
    clock: str
    expires: float
    holder: Holder


def read_lock(database: Database, tenant: str) -> LockRow:
    """
    Read a known tenant's lock.

    Raises:
        StorageFailed: its row is lost or damaged.
    """
    row = database.one(statements.LOCK, (tenant,))
    try:
        epoch, held, by_file, clock, expires, who, host, pid, command, since = row or ()
        holder = Holder(str(who), str(host), int(pid), str(command), str(since))
        return LockRow(int(epoch), bool(held), bool(by_file), str(clock), float(expires), holder)
    except (ValueError, TypeError) as problem:
        raise damaged(database, tenant, "its lock is") from problem


def clock_of(database: Database, world: World) -> tuple[str, float]:
    """
    Name the clock that leases in this database go by, and tell its time in seconds.

    The server's, where there is one. Else the machine's own steady clock, which all its processes share; on a network
    filesystem, where several machines meet, only the time of day is common to them.
    """
    served = database.now()
    if served is not None:
        return _SERVER, served
    if database.network:
        return _WALL, world.now().timestamp()
    return world.boot(), world.monotonic()


def is_expired(row: LockRow, clock: str, now: float) -> bool:
    """Tell whether the lease ran out; one from before the machine's last start did."""
    return row.clock != clock or row.expires <= now


def take(database: Database, world: World, tenant: str, holder: Holder, before: LockRow, *, by_file: bool) -> Lease:
    """Write ourselves into the row, under a new epoch."""
    clock, now = clock_of(database, world)
    if not holder.since:
        holder = Holder(holder.who, holder.host, holder.pid, holder.command, timestamp(world))
    values = (holder.who, holder.host, holder.pid, holder.command, holder.since)
    database.execute(statements.TAKE_LOCK, (int(by_file), clock, now + world.lease_s, *values, tenant, before.epoch))
    return Lease(tenant, before.epoch + 1, holder)


def renew(database: Database, world: World, lease: Lease) -> bool:
    """Put the end of the lease off; tell whether it is still ours."""
    clock, now = clock_of(database, world)
    return database.execute(statements.RENEW_LOCK, (clock, now + world.lease_s, lease.tenant, lease.epoch)) == 1
