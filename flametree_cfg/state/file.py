"""A ledger to read only, in a file that `state export` wrote: `file:PATH`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from msgspec.structs import replace

from flametree_cfg.errors import WrongUsage, error
from flametree_cfg.model import (
    Address,
    AppliedRun,
    Batch,
    ChainCheck,
    Entry,
    Holder,
    Lease,
    Operation,
    Outcome,
    Stored,
    Undone,
)
from flametree_cfg.state import history, refusal
from flametree_cfg.state.body import read_operation
from flametree_cfg.state.document import Document, write_document
from flametree_cfg.state.export import Export, read_export
from flametree_cfg.state.world import World


def open_url(rest: str, world: World, *, read_only: bool = False) -> FileLedger:  # noqa: ARG001  # nothing in a file depends on the world, and it is read only
    """Open the export at a path; nothing is touched before the first call."""
    return FileLedger(Path(rest).expanduser())


class FileLedger:
    """A `Ledger` (see `_port.py`, which says what each method does) that nothing can be written to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _export(self) -> Export:
        return read_export(self._path)

    def tenants(self) -> Sequence[str]:
        """List the tenants it knows, sorted."""
        return sorted(self._export.offsets)

    def read(self, tenant: str) -> Stored:
        """Read one tenant."""
        found = self._document(tenant)
        if found is None:
            return Stored(tenant, "", 0, "", {})
        entries = found.stored.entries
        return replace(found.stored, entries={address: entries[address] for address in sorted(entries, key=str)})

    def stamp(self, tenant: str) -> str:
        """Name the state of the file, which holds the tenant's."""
        found = self._document(tenant)
        return "" if found is None or found.stored.pending else f"file {self._export.digest}"

    def sweep(self, tenant: str) -> Iterator[Entry]:
        """Give all entries."""
        yield from self.read(tenant).entries.values()

    def read_some(self, tenant: str, addresses: Collection[Address]) -> Stored:
        """Read one tenant with only some of its entries."""
        stored = self.read(tenant)
        return replace(stored, entries={one: entry for one, entry in stored.entries.items() if one in addresses})

    def addresses(self, tenant: str, ids: Collection[str]) -> Mapping[str, Address]:
        """Tell which of ours these platform ids are."""
        return {entry.id: one for one, entry in self.read(tenant).entries.items() if entry.id and entry.id in ids}

    def holder(self, tenant: str) -> Holder | None:  # noqa: ARG002  # the port's signature
        """Tell that nobody holds a lock: there is nothing to hold."""
        return None

    def history(self, tenant: str, newest: int = 0) -> Sequence[AppliedRun]:
        """List runs, newest first; a public export has none."""
        found = self._document(tenant)
        runs = [kept.run for kept in found.runs] if found else []
        return tuple(sorted(runs, key=lambda run: -run.number))[: newest or None]

    def history_operations(self, tenant: str, number: int) -> Sequence[Operation]:
        """Give the operations of one run, in order."""
        found = self._document(tenant)
        for kept in found.runs if found else ():
            if kept.run.number == number:
                return tuple(map(read_operation, kept.operations))
        raise refusal.no_such_run(tenant, number)

    def newest_link(self, tenant: str) -> str:
        """Give the link of the last run."""
        return self.check_history(tenant).newest

    def check_history(self, tenant: str) -> ChainCheck:
        """Give what following the links gave; an export whose links break is none, and refused."""
        found = self._document(tenant)
        if found is None or found.found is None:
            return ChainCheck(tenant, 0, "", {})
        return found.found

    def entries_after(self, tenant: str, number: int) -> Mapping[Address, Entry]:
        """Tell what the entries were right after a run."""
        return history.go_back(self.check_history(tenant), self.undone(tenant), number, self.read(tenant).entries)

    def undone(self, tenant: str) -> Iterator[Undone]:
        """Go back from now, newest first."""
        found = self._document(tenant)
        if found is not None:
            yield from history.undone_of(found.runs, found.past)

    def export(self, tenant: str) -> Mapping[str, Any]:
        """Give one tenant's ledger as plain JSON."""
        if tenant not in self._export.offsets:
            return write_document(self.read(tenant), ())
        return self._export.plain(tenant)

    def close(self) -> None:
        """Do nothing: the file is open only while it is read."""

    def lock(self, tenant: str, wait_s: float, holder: Holder) -> AbstractContextManager[Lease]:  # noqa: ARG002
        """Refuse: nobody writes here."""
        raise _read_only(self._path)

    def unlock(self, tenant: str, *, force: bool) -> Holder | None:  # noqa: ARG002
        """Refuse: nobody writes here."""
        raise _read_only(self._path)

    def bind_platform(self, lease: Lease, identity: str) -> None:  # noqa: ARG002
        """Refuse: nobody writes here."""
        self._refuse()

    def begin(self, lease: Lease, run: AppliedRun, operations: Sequence[Operation]) -> None:  # noqa: ARG002
        """Refuse: nobody writes here."""
        self._refuse()

    def conclude(self, lease: Lease) -> None:  # noqa: ARG002
        """Refuse: nobody writes here."""
        self._refuse()

    def intend(self, lease: Lease, batch: Batch) -> None:  # noqa: ARG002
        """Refuse: nobody writes here."""
        self._refuse()

    def record(self, lease: Lease, outcomes: Sequence[Outcome]) -> int:  # noqa: ARG002
        """Refuse: nobody writes here."""
        self._refuse()

    def abandon(self, lease: Lease, operation_ids: Sequence[str]) -> None:  # noqa: ARG002
        """Refuse: nobody writes here."""
        self._refuse()

    def amend(self, lease: Lease, operations: Sequence[Operation]) -> int:  # noqa: ARG002
        """Refuse: nobody writes here."""
        self._refuse()

    def remember(self, lease: Lease, run: AppliedRun, operations: Sequence[Operation]) -> int:  # noqa: ARG002
        """Refuse: nobody writes here."""
        self._refuse()

    def remove(self, lease: Lease, addresses: Sequence[Address]) -> int:  # noqa: ARG002
        """Refuse: nobody writes here."""
        self._refuse()

    def restore(self, lease: Lease, document: Mapping[str, Any]) -> int:  # noqa: ARG002
        """Refuse: nobody writes here."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise _read_only(self._path)

    def _document(self, tenant: str) -> Document | None:
        return self._export.document(tenant) if tenant in self._export.offsets else None


def _read_only(path: Path) -> WrongUsage:
    return WrongUsage(
        error(
            "state-read-only",
            "This state can only be read",
            f"{path} is an export; `plan --no-refresh` and what else only reads can use it",
            "name the ledger itself with --state, or import the file there with `state import`",
        )
    )
