"""The runs of a tenant: the newest ones, numbered for ever."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from flametree_cfg.model import AppliedRun, Operation
from flametree_cfg.sql import Database
from flametree_cfg.sql import ledger as statements
from flametree_cfg.state import refusal
from flametree_cfg.state.body import checksum, read_operation, write_json, write_operation
from flametree_cfg.state.rows import Head, damaged

KEPT_RUNS = 200  # of a tenant: enough to look back, and the file does not grow for ever


def add_run(database: Database, head: Head, run: AppliedRun, operations: Sequence[Operation]) -> Head:
    """
    Append a run under the next number, forget the oldest, and the journal lines that are closed.

    Returns:
        The tenant's row with the number in `runs`, yet to be written.
    """
    head = replace(head, runs=head.runs + 1)
    numbered = replace(run, tenant=head.tenant, number=head.runs, serial=run.serial or head.serial)
    _add(database, numbered, _pack(write_operation(operation) for operation in operations))
    database.execute(statements.DROP_RUNS, (head.tenant, head.runs - KEPT_RUNS))
    database.execute(statements.FORGET_CLOSED_LINES, (head.tenant,))
    return head


def read_runs(database: Database, tenant: str) -> tuple[AppliedRun, ...]:
    """List the runs that are kept, newest first."""
    return tuple(_run(database, tenant, *row) for row in database.query(statements.RUNS, (tenant,)))


def read_run_operations(database: Database, tenant: str, number: int) -> tuple[Operation, ...]:
    """
    Give the operations of one run.

    Raises:
        WrongUsage: no such run is kept.
    """
    row = database.one(statements.RUN, (tenant, number))
    if row is None:
        raise refusal.no_such_run(tenant, number)
    return tuple(read_operation(plain) for plain in _unpack(database, tenant, number, *row))


def write_runs(database: Database, tenant: str) -> list[dict[str, Any]]:
    """Give all runs as plain JSON, oldest first, each with its operations."""
    found = []
    for number, body, operations, total, kept in database.query(statements.ALL_RUNS, (tenant,)):
        run = asdict(_run(database, tenant, number, body, total, kept))
        found.append({**run, "operations": _unpack(database, tenant, number, operations, total)})
    return found


def restore_runs(database: Database, tenant: str, runs: Iterable[tuple[AppliedRun, list[dict[str, Any]]]]) -> None:
    """Put back the runs of an export, under the numbers they had."""
    for run, operations in runs:
        _add(database, replace(run, tenant=tenant), _pack(operations))


def _add(database: Database, run: AppliedRun, operations: str) -> None:
    body = write_json(asdict(run))
    total = checksum(run.tenant, run.number, operations)
    kept = checksum(run.tenant, run.number, body, total)
    database.execute(statements.ADD_RUN, (run.tenant, run.number, body, operations, total, kept))


def _run(database: Database, tenant: str, number: int, body: str, total: int, kept: int) -> AppliedRun:
    if checksum(tenant, number, body, total) != kept:
        raise damaged(database, tenant, f"run {number} is")
    return AppliedRun(**json.loads(body))


def _pack(operations: Iterable[dict[str, Any]]) -> str:
    """Write operations small: a first apply of ten thousand resources is 15 MB of JSON, and stays for long."""
    packer = zlib.compressobj(1)
    parts = []
    for number, operation in enumerate(operations):  # one by one, so that they are never all in memory
        parts.append(packer.compress(b"," if number else b"["))
        parts.append(packer.compress(write_json(operation).encode()))
    parts.append(packer.compress(b"]" if parts else b"[]"))
    return base64.b64encode(b"".join(parts) + packer.flush()).decode("ascii")


def _unpack(database: Database, tenant: str, number: int, operations: str, total: int) -> list[dict[str, Any]]:
    if checksum(tenant, number, operations) != total:
        raise damaged(database, tenant, f"run {number} is")
    found: list[dict[str, Any]] = json.loads(zlib.decompress(base64.b64decode(operations)))
    return found
