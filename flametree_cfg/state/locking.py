"""Take a tenant's lock, keep it, break it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flametree_cfg.errors import FlametreeError, StorageFailed
from flametree_cfg.model import Holder, Lease
from flametree_cfg.sql import Database, StorageBusy, crash
from flametree_cfg.sql import ledger as statements
from flametree_cfg.state import lease as leases
from flametree_cfg.state import refusal, rows
from flametree_cfg.state.connections import Connections
from flametree_cfg.state.presence import Presence, presence_at
from flametree_cfg.state.world import World

_TRIES = 3  # even without waiting: somebody may just be asking whether the lock is held


@contextmanager
def locked(connections: Connections, world: World, tenant: str, wait_s: float, holder: Holder) -> Iterator[Lease]:
    """
    Hold a tenant's lock.

    Two locks in one: a presence, which the system ends at once when its holder is killed, and a lease in the
    database, which outlives nobody for longer than its time and whose epoch stops the writes of whoever lost it.

    Raises:
        Locked: still held by another after `wait_s` seconds.
        StorageFailed: the database cannot be written.
    """
    database = connections.writing()
    presence = presence_at(database, tenant)
    crash.point("before-lock")
    lease = _take(database, world, presence, tenant, wait_s, holder)
    try:
        crash.point("after-lock")
        with _renewed(connections, world, lease):
            yield lease
    finally:
        crash.point("before-unlock")
        # What was recorded is recorded; a row that cannot be freed is taken over as soon as we do not show any more.
        with suppress(StorageFailed), database.writing(tenant):
            database.execute(statements.FREE_LOCK, (lease.tenant, lease.epoch))
        with suppress(StorageFailed):
            presence.leave(lease.epoch)
        crash.point("after-unlock")


def current_holder(database: Database, world: World, tenant: str) -> Holder | None:
    """Tell who holds a lock that is alive; None for an unknown tenant."""
    with database.reading():
        if rows.read_head(database, tenant) is None:
            return None
        row = leases.read_lock(database, tenant)
    clock, now = leases.clock_of(database, world)
    if not row.held or leases.is_expired(row, clock, now):
        return None
    if row.by_file and not database.network and not presence_at(database, tenant).shows(row):
        return None
    return row.holder


def break_lock(database: Database, world: World, tenant: str, *, force: bool) -> Holder | None:
    """
    Take the lock from whoever holds it; its epoch moves on, so that nothing more is written under it.

    Returns:
        Who held it; None if nobody did.

    Raises:
        Refused: its holder is known to be alive, and `force` is false.
    """
    presence = presence_at(database, tenant)
    with database.writing(tenant):
        if rows.read_head(database, tenant) is None:
            return None
        row = leases.read_lock(database, tenant)
        if not force and _is_alive(row, world, presence):
            raise refusal.holder_alive(tenant, row.holder)
        if row.held:
            database.execute(statements.BREAK_LOCK, (tenant,))
    if force:
        presence.banish()
    return row.holder if row.held else None


def _take(database: Database, world: World, presence: Presence, tenant: str, wait_s: float, holder: Holder) -> Lease:
    deadline = world.monotonic() + wait_s
    tries = 0
    while True:
        found = _try(database, world, presence, tenant, holder)
        if isinstance(found, Lease):
            return found
        tries += 1
        left = deadline - world.monotonic()
        if left <= 0 and tries >= _TRIES:
            raise refusal.held(tenant, found, wait_s)
        world.sleep(min(world.poll_s, max(left, 0.01)))


def _try(database: Database, world: World, presence: Presence, tenant: str, holder: Holder) -> Lease | Holder:
    """Try once; give the lease, or who has the lock."""
    row = None
    presence.arrive()
    try:
        with database.writing(tenant):
            _make_tenant(database, world, tenant)
            row = leases.read_lock(database, tenant)
            clock, now = leases.clock_of(database, world)
            if presence.finds_free(row) or (row.held and leases.is_expired(row, clock, now)):
                shown = presence.stay(row.epoch + 1)
                return leases.take(database, world, tenant, holder, row, by_file=shown)
    except BaseException as problem:
        with suppress(StorageFailed):
            presence.leave(row.epoch + 1 if row else 0)
        if isinstance(problem, StorageBusy):  # somebody writes this tenant for long, or was stopped while doing so
            return refusal.NOBODY
        raise
    presence.leave()
    return row.holder if row.held else refusal.NOBODY


def _make_tenant(database: Database, world: World, tenant: str) -> None:
    if rows.read_head(database, tenant) is None:
        rows.add_head(database, rows.Head(tenant, world.new_id(), 0))


@contextmanager
def _renewed(connections: Connections, world: World, lease: Lease) -> Iterator[None]:
    """Put the end of the lease off from a thread of its own, as long as the block runs."""
    stop = threading.Event()
    thread = threading.Thread(
        target=_renew_until, args=(stop, connections, world, lease), name=f"lease-{lease.tenant}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _renew_until(stop: threading.Event, connections: Connections, world: World, lease: Lease) -> None:
    database: Database | None = None
    try:
        while not stop.wait(world.lease_s / 4):
            try:
                database = database or connections.another()
                with database.writing(lease.tenant):
                    if not leases.renew(database, world, lease):
                        return
            except FlametreeError:  # the next round, over a new connection, or the next write, will tell
                if database is not None:
                    database.close()
                database = None
    finally:
        if database is not None:
            database.close()


def _is_alive(row: leases.LockRow, world: World, presence: Presence) -> bool:
    if row.by_file or not row.held:
        return presence.shows(row)
    return row.holder.host == world.host() and _runs(row.holder.pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
