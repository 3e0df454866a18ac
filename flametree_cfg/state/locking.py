"""Take a tenant's lock, keep it, break it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flametree_cfg.errors import StorageFailed
from flametree_cfg.model import Holder, Lease
from flametree_cfg.sql import Database, crash
from flametree_cfg.sql import ledger as statements
from flametree_cfg.state import lease as leases
from flametree_cfg.state import refusal, rows
from flametree_cfg.state.connections import Connections
from flametree_cfg.state.lockfile import LockFile, is_held, lock_path
from flametree_cfg.state.world import World

_TRIES = 3  # even without waiting: somebody may just be asking whether the lock is held


@contextmanager
def locked(connections: Connections, world: World, tenant: str, wait_s: float, holder: Holder) -> Iterator[Lease]:
    """
    Hold a tenant's lock.

    Two locks in one: the lock file, which the system frees at once when its holder is killed, and a lease in the
    database, which outlives nobody for longer than its time and whose epoch stops the writes of whoever lost it.

    Raises:
        Locked: still held by another after `wait_s` seconds.
        StorageFailed: the database cannot be written.
    """
    database = connections.writing()
    file = LockFile(lock_path(database.path, tenant))
    crash.point("before-lock")
    lease = _take(database, world, file, tenant, wait_s, holder)
    try:
        crash.point("after-lock")
        with _renewed(connections, world, lease):
            yield lease
    finally:
        crash.point("before-unlock")
        # What was recorded is recorded; a row that cannot be freed is taken over as soon as the file is free.
        with suppress(StorageFailed), database.writing():
            database.execute(statements.FREE_LOCK, (lease.tenant, lease.epoch))
        file.free()
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
    if row.by_file and not database.network and not is_held(lock_path(database.path, tenant)):
        return None
    return row.holder


def break_lock(database: Database, world: World, tenant: str, *, force: bool) -> Holder | None:
    """
    Take the lock from whoever holds it; its epoch moves on, so that nothing more is written under it.

    Returns:
        Who held it; None if nobody did.

    Raises:
        Refused: its holder is alive on this machine, and `force` is false.
    """
    path = lock_path(database.path, tenant)
    with database.writing():
        if rows.read_head(database, tenant) is None:
            return None
        row = leases.read_lock(database, tenant)
        if not force and _is_alive(row, world, file_held=is_held(path)):
            raise refusal.holder_alive(tenant, row.holder)
        if row.held:
            database.execute(statements.BREAK_LOCK, (tenant,))
    if force:
        path.unlink(missing_ok=True)  # its holder keeps a lock on a file without a name, which stops nobody
    return row.holder if row.held else None


def _take(database: Database, world: World, file: LockFile, tenant: str, wait_s: float, holder: Holder) -> Lease:
    deadline = world.monotonic() + wait_s
    tries = 0
    while True:
        found = _try(database, world, file, tenant, holder)
        if isinstance(found, Lease):
            return found
        tries += 1
        left = deadline - world.monotonic()
        if left <= 0 and tries >= _TRIES:
            raise refusal.held(tenant, found, wait_s)
        world.sleep(min(world.poll_s, max(left, 0.01)))


def _try(database: Database, world: World, file: LockFile, tenant: str, holder: Holder) -> Lease | Holder:
    """Try once; give the lease, or who has the lock."""
    by_file = file.take()
    try:
        with database.writing():
            _make_tenant(database, world, tenant)
            row = leases.read_lock(database, tenant)
            clock, now = leases.clock_of(database, world)
            if row.held:
                dead = by_file and row.by_file and not database.network
                busy = not dead and not leases.is_expired(row, clock, now)
            else:
                busy = not by_file  # taken a moment ago and not yet written down, or about to be free
            if not busy:
                return leases.take(database, world, tenant, holder, row, by_file=by_file)
    except BaseException:
        file.free()
        raise
    file.free()
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
            with suppress(StorageFailed):  # the next round, or the next write, will tell
                database = database or connections.another(read_only=False)
                with database.writing():
                    if not leases.renew(database, world, lease):
                        return
    finally:
        if database is not None:
            database.close()


def _is_alive(row: leases.LockRow, world: World, *, file_held: bool) -> bool:
    if row.by_file or not row.held:
        return file_held
    return row.holder.host == world.host() and _runs(row.holder.pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
