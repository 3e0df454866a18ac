"""What operations make of the ledger's entries. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec.structs import replace

from flametree_cfg.model import Action, Address, Effect, Entry, Operation, Outcome, readdress
from flametree_cfg.state import refusal

Entries = dict[Address, Entry]


def touched(operations: Iterable[Operation]) -> set[Address]:
    """List the addresses whose entries operations may read or write, where no key moves."""
    found: set[Address] = set()
    for operation in operations:
        found.add(operation.address)
        found.update(effect.address for effect in operation.effects)
    return found


def moves_keys(operations: Iterable[Operation]) -> bool:
    """Tell whether a key moves: then any entry may refer to it, and all are needed."""
    return any(_moved(operation) for operation in operations)


def after_outcomes(entries: Mapping[Address, Entry], done: Sequence[tuple[Operation, Outcome]]) -> Entries:
    """
    Apply what the platform did.

    Args:
        entries: all that `touched` names, or all of the tenant where a key moves.
        done: operations in order, each with its outcome; only those that were done.

    Returns:
        The entries afterwards.
    """
    result = dict(entries)
    for operation, outcome in done:
        if _moved(operation):
            _move(result, [operation])
        _apply(result, operation, outcome.id)
        for effect in operation.effects:
            _take_effect(result, effect)
    return result


def after_amendment(entries: Mapping[Address, Entry], operations: Sequence[Operation]) -> Entries:
    """
    Apply operations that only the ledger hears of.

    Moves that stand together happen at once, so that two keys can change places.

    Raises:
        PlanStale: a key would move onto one that is taken.
    """
    result = dict(entries)
    for moving, group in groupby(operations, key=lambda one: one.action is Action.MOVE):
        if moving:
            _move(result, list(group))
            continue
        for operation in group:
            if operation.action is Action.FORGET:
                result.pop(operation.address, None)
            elif operation.action in (Action.PROTECT, Action.UNPROTECT):
                _protect(result, operation)
            else:
                _apply(result, operation, operation.platform_id)
    return result


def _moved(operation: Operation) -> bool:
    return operation.previous is not None and operation.previous != operation.address


def _move(entries: Entries, operations: Sequence[Operation]) -> None:
    """
    Rename keys: the entries themselves, every reference to them, and the attachments that follow.

    A key that has moved already (the crash came after) is left alone.
    """
    moves = {
        one.previous: one.address
        for one in operations
        if one.previous is not None and one.previous in entries and one.previous != one.address
    }
    if not moves:
        return
    for target in moves.values():
        if target in entries and target not in moves:
            raise refusal.address_taken(target)
    protected = {one.address: one.protected for one in operations if one.action is Action.MOVE}
    renamed: Entries = {}
    for entry in entries.values():
        resource = readdress(entry.resource, moves)
        keep = protected.get(resource.address, entry.protected)
        renamed[resource.address] = replace(entry, resource=resource, protected=keep)
    entries.clear()
    entries.update(renamed)


def _protect(entries: Entries, operation: Operation) -> None:
    entry = entries.get(operation.address)
    if entry is not None:
        entries[operation.address] = replace(entry, protected=operation.action is Action.PROTECT)


def _apply(entries: Entries, operation: Operation, platform_id: str) -> None:
    if operation.action is Action.DELETE:
        entries.pop(operation.address, None)
    elif operation.after is not None:
        known = entries.get(operation.address)
        found = platform_id or (known.id if known else "")
        entries[operation.address] = Entry(operation.after, found, operation.protected)


def _take_effect(entries: Entries, effect: Effect) -> None:
    """Change one field of an entry we have; an empty path with nothing after it means that the object is gone."""
    entry = entries.get(effect.address)
    if entry is None:
        return
    if not effect.path:
        if effect.after is None:
            del entries[effect.address]
        return
    fields = _changed(entry.resource.fields, effect, 0)
    entries[effect.address] = replace(entry, resource=replace(entry.resource, fields=fields))


def _changed(value: Any, effect: Effect, depth: int) -> Any:
    """Copy a value with the effect's place in it changed; what the path does not meet stays as it is."""
    step = effect.path[depth]
    last = depth == len(effect.path) - 1
    if isinstance(value, Mapping):
        if step not in value:
            return value  # not managed: a role that the entry does not record stays unrecorded
        inner = effect.after if last else _changed(value.get(step), effect, depth + 1)
        if inner is None and not _is_role(effect, depth):
            return {key: item for key, item in value.items() if key != step}
        return {**value, step: inner}
    if isinstance(value, list | tuple) and isinstance(step, int):
        if last and effect.after is None:
            return _without(value, step, effect.before)
        return [
            (effect.after if last else _changed(item, effect, depth + 1)) if index == step else item
            for index, item in enumerate(value)
        ]
    return value


def _is_role(effect: Effect, depth: int) -> bool:
    """Tell whether the step names a role: one that lost its connector is still managed, and empty."""
    return depth == 1 and effect.path[0] == "connectors"


def _without(items: Sequence[Any], index: int, gone: Any) -> list[Any]:
    """Take one item out of a list, by what it was rather than by where: earlier effects may have shifted it."""
    if gone in items:
        index = items.index(gone)
    return [item for at, item in enumerate(items) if at != index]
