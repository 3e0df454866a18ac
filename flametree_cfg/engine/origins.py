"""Which apply set a field: found in history, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Path
from flametree_cfg.model import LEDGER_ONLY, Action, Address, AppliedRun, Operation, at_path

Subject = tuple[Address, Path]
"""A field by its path, or with an empty path the object."""


def find_origins(tenant: str, subjects: Iterable[Subject], session: Session) -> Mapping[Subject, AppliedRun]:
    """
    Find the newest applies that set fields or made objects.

    One run's operations are in memory at a time; looking ends when all are found.

    Returns:
        Nothing for what was set before history begins.
    """
    left = {subject: subject[0] for subject in subjects}  # under the address that it had then
    found: dict[Subject, AppliedRun] = {}
    for run in session.ledger.history(tenant) if left else ():
        if not left:
            break
        operations = session.ledger.history_operations(tenant, run.number)
        for operation in reversed(operations):
            _look(operation, run, left, found)
    return found


def _look(
    operation: Operation, run: AppliedRun, left: dict[Subject, Address], found: dict[Subject, AppliedRun]
) -> None:
    for subject in [one for one, address in left.items() if address == operation.address]:
        if operation.previous is not None:
            left[subject] = operation.previous
        if _set(operation, subject[1]):
            found[subject] = run
            del left[subject]


def _set(operation: Operation, path: Sequence[str | int]) -> bool:
    if operation.action is Action.CREATE:
        return True
    if operation.action in LEDGER_ONLY:
        return operation.action is Action.BIND
    if not path or operation.before is None or operation.after is None:
        return not path
    if operation.changes:  # its sides differ in more where drift was there that it left alone
        return any(_meet(change.path, path) for change in operation.changes)
    some = path[:2] if path[0] == "settings" else path  # an account has a key in a path, and a number in a list
    before, after = (at_path(side.fields, some) for side in (operation.before, operation.after))
    return bool(before != after)


def _meet(one: Path, other: Sequence[str | int]) -> bool:
    length = min(len(one), len(other))
    return tuple(one[:length]) == tuple(other[:length])
