"""The door to the ledger: what we applied, and the lock."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from flametree_cfg.model import (
    Address,
    AppliedRun,
    Batch,
    ChainCheck,
    Entry,
    EntryText,
    Holder,
    Lease,
    Operation,
    Outcome,
    Stored,
    Undone,
)


class Ledger(Protocol):
    """What every ledger can do; one contract suite in tests runs over every implementation of this room."""

    def tenants(self) -> Sequence[str]:
        """List the tenants it knows, sorted."""
        ...

    def read(self, tenant: str) -> Stored:
        """
        Read one tenant, in one consistent view; creates nothing, not even the file.

        Returns:
            For an unknown tenant: lineage "", serial 0, no entries.

        Raises:
            StorageFailed: unreadable, corrupt, not ours, or of a newer format; never treated as empty.
        """
        ...

    def stamp(self, tenant: str) -> str:
        """
        Name the state of what `read` gives of this tenant, from its head row alone.

        Returns:
            Empty for an unknown tenant and while journal lines are open: then never rely on it.

        Raises:
            StorageFailed: as `read`, as far as the head row tells.
        """
        ...

    def sweep(self, tenant: str) -> Iterator[Entry]:
        """
        Read the entries that `read` reads, in the same order and one consistent view, without ever holding them all.

        The view is held until the iterator is closed or at its end, and nothing is written here meanwhile.

        Raises:
            StorageFailed: as `read`; that a row is lost shows at the end, and what was given until then is worth
                nothing.
        """
        ...

    def texts(self, tenant: str) -> Iterator[Sequence[EntryText]]:
        """
        Read what `sweep` reads, some hundred entries at a time, without making anything of their fields.

        Raises:
            StorageFailed: as `sweep`.
        """
        ...

    def read_some(self, tenant: str, addresses: Collection[Address]) -> Stored:
        """
        Read what `read` reads, but of the entries only those of these addresses, where there are any.

        Raises:
            StorageFailed: as `read`; but a lost row looks like an entry that never was, since only all together are
                counted.
        """
        ...

    def addresses(self, tenant: str, ids: Collection[str]) -> Mapping[str, Address]:
        """
        Tell which of ours these platform ids are; others are absent.

        Raises:
            StorageFailed: one of their entries is damaged.
        """
        ...

    def lock(self, tenant: str, wait_s: float, holder: Holder) -> AbstractContextManager[Lease]:
        """
        Hold the tenant's lock: makes the lineage on first use, renews the lease while held, takes over a dead one.

        Raises:
            Locked: still held after `wait_s` seconds; names who, host, pid, since and command.
        """
        ...

    def holder(self, tenant: str) -> Holder | None:
        """Tell who holds the lock now."""
        ...

    def unlock(self, tenant: str, *, force: bool) -> Holder | None:
        """
        Break a lock.

        Raises:
            Refused: its holder is alive on this host and `force` is false.
        """
        ...

    def bind_platform(self, lease: Lease, identity: str) -> None:
        """
        Say which platform the ids belong to.

        Raises:
            PlanStale: they belong to another one.
        """
        ...

    def begin(self, lease: Lease, run: AppliedRun, operations: Sequence[Operation]) -> None:
        """
        Say what is about to be carried out: the first write of it notes it, `remember` takes the note away.

        Nothing is written here.
        """
        ...

    def conclude(self, lease: Lease) -> None:
        """
        Append to history, as `interrupted`, what a run did that was begun and never remembered; if it did anything.

        Call it when no journal line of that run is open.

        Raises:
            StorageFailed: its note is damaged.
        """
        ...

    def intend(self, lease: Lease, batch: Batch) -> None:
        """Journal operations, durably, before the platform hears of them."""
        ...

    def record(self, lease: Lease, outcomes: Sequence[Outcome]) -> int:
        """
        Record what came of journaled operations: entries change as each operation's `after` (and effects) say.

        Compare-and-set on epoch; the serial grows by one.

        Returns:
            The new serial.

        Raises:
            Locked: the lease was lost; nothing was written.
        """
        ...

    def abandon(self, lease: Lease, operation_ids: Sequence[str]) -> None:
        """Strike journaled operations that the platform never executed."""
        ...

    def amend(self, lease: Lease, operations: Sequence[Operation]) -> int:
        """Record ledger-only operations (`LEDGER_ONLY`) in one transaction; returns the new serial."""
        ...

    def remember(self, lease: Lease, run: AppliedRun, operations: Sequence[Operation]) -> int:
        """Append a run to history (its `number` is assigned here and returned)."""
        ...

    def history(self, tenant: str, newest: int = 0) -> Sequence[AppliedRun]:
        """List the newest runs, newest first; with 0 all that are kept."""
        ...

    def history_operations(self, tenant: str, number: int) -> Sequence[Operation]:
        """Give the operations of one run, in order."""
        ...

    def newest_link(self, tenant: str) -> str:
        """Give the link of the last run, to be kept elsewhere; empty where nothing was ever applied."""
        ...

    def check_history(self, tenant: str) -> ChainCheck:
        """
        Follow the links of all runs that are kept, and say where they break first.

        It proves nothing against somebody who made every link anew: only a link that was kept elsewhere does.
        """
        ...

    def entries_after(self, tenant: str, number: int) -> Mapping[Address, Entry]:
        """
        Tell what the entries were right after a run.

        Raises:
            WrongUsage: there is no such run, or it is no longer kept.
            StorageFailed: history is not as it was written.
        """
        ...

    def undone(self, tenant: str) -> Iterator[Undone]:
        """
        Go back from now, newest first: what changed since the last run, then what each run changed.

        The view is held until the iterator is closed or at its end.

        Raises:
            StorageFailed: a row is damaged or lost.
        """
        ...

    def remove(self, lease: Lease, addresses: Sequence[Address]) -> int:
        """Forget entries without touching the platform (`state rm`); returns the new serial."""
        ...

    def export(self, tenant: str) -> Mapping[str, Any]:
        """Give one tenant's ledger as plain JSON with `format_version`; no secret values are in a ledger."""
        ...

    def restore(self, lease: Lease, document: Mapping[str, Any]) -> int:
        """
        Replace one tenant's ledger by an export; the serial goes up, the export's lineage is taken.

        Raises:
            ConfigInvalid: no export of ours, a newer format, or another tenant's.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
