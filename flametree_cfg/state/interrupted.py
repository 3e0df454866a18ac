"""
Runs that were killed: noted with their first write, in history with the next run's.

The note stands among the journal's closed lines under the name of its run, so whatever remembers a run takes it away in
the same transaction: of a run there is a note or a line, whenever somebody is killed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import asdict, replace

from flametree_cfg.model import LEDGER_ONLY, Action, Address, AppliedRun, Entry, Lease, Operation, OutcomeStatus
from flametree_cfg.sql import Database
from flametree_cfg.sql import ledger as statements
from flametree_cfg.sql.chain import checksum
from flametree_cfg.state import history
from flametree_cfg.state.body import read_operation, write_json
from flametree_cfg.state.packing import Packed, unpack
from flametree_cfg.state.rows import Head, damaged, read_some_entries


class Begun(Struct, frozen=True):
    """
    A run that is being carried out under a lease.

    Attributes:
        packed: its operations, once for the note and for history.
        noted: it has written something, and this with it.
    """

    lease: Lease
    run: AppliedRun
    operations: Sequence[Operation]
    packed: Packed
    noted: bool = False


def packed_of(begun: Begun | None, operations: Sequence[Operation]) -> Packed:
    """Give operations packed; those of the run that was begun are already."""
    if begun is not None and begun.operations is operations:
        return begun.packed
    return history.pack_operations(operations)


def note(database: Database, begun: Begun | None, lease: Lease) -> Begun | None:
    """Note, in the transaction of its first write, what is about to be carried out; gives what is so afterwards."""
    if begun is None or begun.noted or begun.lease != lease:
        return begun
    tenant, run = lease.tenant, begun.run.run
    body = write_json({"run": asdict(begun.run), "operations": begun.packed.text})
    database.execute(statements.ADD_NOTE, (tenant, run, run, body, checksum(tenant, run, body)))
    return replace(begun, noted=True)


def is_noted(database: Database, tenant: str) -> bool:
    """Tell whether a run was begun and never remembered."""
    return database.one(statements.ANY_NOTE, (tenant,)) is not None


def conclude(database: Database, head: Head) -> Head:
    """
    Write history's line of a run that was killed: what it did, and that it was interrupted; then forget the note.

    The journal's lines of it are settled before. One that did nothing has no line.

    Returns:
        The tenant's row, yet to be written.

    Raises:
        StorageFailed: the note is not as it was written.
    """
    notes = database.query(statements.NOTES, (head.tenant,))
    if not notes:
        return head
    closed = database.query(statements.CLOSED_LINES, (head.tenant,))
    done = {one for one, outcome in closed if outcome == OutcomeStatus.DONE.value}
    for name, body, kept in notes:
        run, operations = _read(database, head.tenant, name, body, kept)
        forgotten = [one.address for one in operations if one.action is Action.FORGET]
        entries = read_some_entries(database, head.tenant, forgotten).entries
        did = [one for one in operations if _happened(one, run.run, done, entries)]
        if did:
            summary = f"{run.summary}; {len(did)} of {len(operations)} done"
            line = replace(run, result="interrupted", summary=summary, serial=0)
            head = history.add_run(database, head, line, history.pack_operations(did))
    database.execute(statements.FORGET_CLOSED_LINES, (head.tenant,))
    return head


def _happened(operation: Operation, run: str, done: set[str], entries: Mapping[Address, Entry]) -> bool:
    """Tell whether a run came to an operation: what is for the ledger alone goes with the note, forgetting last."""
    if operation.action is Action.FORGET:
        return operation.address not in entries
    return operation.action in LEDGER_ONLY or f"{run}-{operation.id}" in done


def _read(database: Database, tenant: str, name: str, body: str, kept: int) -> tuple[AppliedRun, list[Operation]]:
    if checksum(tenant, name, body) != kept:
        raise damaged(database, tenant, f"the note of run {name} is")
    plain = json.loads(body)
    return AppliedRun(**plain["run"]), [read_operation(one) for one in unpack(plain["operations"])]
