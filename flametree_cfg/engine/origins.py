"""Which apply set a field: found in history, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Path
from flametree_cfg.model import LEDGER_ONLY, Action, Address, AppliedRun, Operation

Subject = tuple[Address, Path]
"""A field by its path, or with an empty path the object."""

_REFERRING = frozenset({"connectors", "agent", "channel"})  # fields that name other objects, whose keys may move


def find_origins(tenant: str, subjects: Iterable[Subject], session: Session) -> Mapping[Subject, AppliedRun]:
    """
    Find the newest applies that set fields or made objects.

    One run's operations are in memory at a time; looking ends when all are found.

    Returns:
        Nothing for what was set before history begins.
    """
    left: dict[Address, list[Subject]] = defaultdict(list)  # under the address that it had then
    for subject in subjects:
        left[subject[0]].append(subject)
    found: dict[Subject, AppliedRun] = {}
    for run in session.ledger.history(tenant) if left else ():
        if not left:
            break
        for operation in reversed(session.ledger.history_operations(tenant, run.number)):
            for address in {operation.address, *(effect.address for effect in operation.effects)} & left.keys():
                _look(operation, address, run, left, found)
    return found


def _look(
    operation: Operation,
    address: Address,
    run: AppliedRun,
    left: dict[Address, list[Subject]],
    found: dict[Subject, AppliedRun],
) -> None:
    for subject in left.pop(address):
        if _concerns(operation, address, subject[1]):
            found[subject] = run
        else:
            left[operation.previous or address if address == operation.address else address].append(subject)


def _concerns(operation: Operation, address: Address, path: Path) -> bool:
    if operation.action in LEDGER_ONLY and operation.action is not Action.BIND:
        return False
    return set_by(operation, address, path) if path else address == operation.address


def set_by(operation: Operation, address: Address, path: Path) -> bool:
    """Tell whether an operation set a field of an object, or made the platform do so."""
    if operation.action is Action.MOVE and path[0] in _REFERRING:
        return True
    if any(one.address == address and _touch(path, one.path) for one in operation.effects):
        return True
    return address in (operation.address, operation.previous) and set_by_itself(operation, path)


def set_by_itself(operation: Operation, path: Path) -> bool:
    """Tell whether an operation set a field of its own object."""
    if operation.action in (Action.CREATE, Action.BIND):
        return True
    if operation.action in (Action.PROTECT, Action.UNPROTECT):
        return path == ("protected",)
    return any(_touch(path, change.path) for change in operation.changes)


def _touch(path: Path, other: Path) -> bool:
    return _begins(path, other) or _begins(other, path)


def _begins(path: Path, start: Path) -> bool:
    return path[: len(start)] == start
