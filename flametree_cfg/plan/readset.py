"""Whether what a plan read still holds, asked before anything is written; the platform asks again as it writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from flametree_cfg.diff import patch
from flametree_cfg.errors import Diagnostic, error
from flametree_cfg.invariants import World
from flametree_cfg.model import (
    Action,
    Address,
    Check,
    Kind,
    Operation,
    Precondition,
    Resource,
    Value,
    agent,
    at_path,
    parse_address,
    readdress,
    value_hash,
)
from flametree_cfg.schema import Catalog

_EMPTY: tuple[Value, ...] = (None, "", [], {})  # one value to whoever compares: unset
_SEEN_BEFORE = frozenset({Action.BIND, Action.UPDATE, Action.DELETE, Action.MAKE_DEFAULT, Action.STOP, Action.START})


def moved(operations: Sequence[Operation], live: Iterable[Resource], catalog: Catalog) -> tuple[Diagnostic, ...]:
    """
    Say what is not as it was when operations were planned.

    Each is judged by what the ones before it leave; only what they read counts.

    Args:
        operations: in order; none of them carried out yet.
        live: what the platform has now, under the addresses of the ledger.
        catalog: knows which settings are lists of accounts.
    """
    world = World.of(live)
    found: list[Diagnostic] = []
    for operation in operations:
        if operation.action is Action.MOVE and operation.previous:
            _move(world, operation.previous, operation.address)
            continue
        if operation.action in _SEEN_BEFORE and operation.address not in world:
            found.append(_moved(operation.address, f"{operation.address} is gone"))
            continue
        found += [
            _moved(operation.address, said)
            for one in operation.preconditions
            for said in _broken(one, operation, world, catalog)
        ]
        _carry_out(operation, world, catalog)
    return tuple(dict.fromkeys(found))


def before_and_after(
    operations: Sequence[Operation], live: Iterable[Resource], catalog: Catalog
) -> tuple[Mapping[Address, Resource], Mapping[Address, Resource]]:
    """
    Give the platform before and after operations, both under the addresses that they use.

    Args:
        operations: in order; none of them carried out yet.
        live: what the platform has now, under the addresses of the ledger.
        catalog: knows which settings are lists of accounts.
    """
    moves = {one.previous: one.address for one in operations if one.action is Action.MOVE and one.previous}
    before = [readdress(resource, moves) for resource in live] if moves else list(live)
    world = World.of(before)
    for operation in operations:
        _carry_out(operation, world, catalog)
    return {resource.address: resource for resource in before}, world.resources


def _move(world: World, before: Address, after: Address) -> None:
    resource = world.remove(before)
    if resource is not None:
        world.put(Resource(after, resource.fields, resource.external, resource.system))


def _broken(one: Precondition, operation: Operation, world: World, catalog: Catalog) -> Iterator[str]:
    subject = parse_address(one.subject)
    match one.check:
        case Check.FIELD if subject is not None:
            yield from _field(one, subject, world, catalog)
        case Check.ABSENT_NAME:
            for namesake in world.named(Kind(one.subject), one.path) - {operation.address}:
                yield f"{namesake} has the name that {operation.address} is to get"
        case Check.DEFAULT_SLOT:
            yield from _slot(one, world.default_of(one.subject), f"the default {one.subject}")
        case Check.INBOUND_SLOT if subject is not None:
            attachment = min(world.inbound_of(subject), default=None)
            holder = None if attachment is None else agent(attachment.agent_key)
            yield from _slot(one, holder, f"the inbound agent of {subject}")
        case Check.LINKS if subject is not None:
            if subject.kind is Kind.CONNECTOR:
                users = {str(user) for user in world.agents_linking(subject)}
            else:
                users = {str(agent(each.agent_key)) for each in world.attachments_of(subject)}
            if users != {text for text in one.expect.split(",") if text}:
                yield f"{subject} is used otherwise than the plan read"


def _field(one: Precondition, subject: Address, world: World, catalog: Catalog) -> Iterator[str]:
    resource = world.get(subject)
    if resource is None:
        yield f"{subject} is gone"
        return
    path = [step.replace("~1", "/").replace("~0", "~") for step in one.path.split("/")]
    value = _at(resource, path, catalog)
    same = [value_hash(empty) for empty in _EMPTY] if value in _EMPTY else [value_hash(value)]
    if one.expect not in same:
        yield f"`{'.'.join(path)}` of {subject} is not what the plan read"


def _at(resource: Resource, path: Sequence[str], catalog: Catalog) -> Value:
    """Follow a path; accounts are named by their key, links are given as sorted addresses."""
    if path[0] == "connectors" and len(path) == 2:
        linked = at_path(resource.fields, path)
        keys = linked if isinstance(linked, list) else [] if linked is None else [linked]
        return sorted(str(Address(Kind.CONNECTOR, key)) for key in keys) or None
    spec = catalog.get(resource.address.kind, resource.type)
    if spec and spec.accounts and list(path[:2]) == ["settings", spec.accounts.setting] and len(path) > 2:
        listed = at_path(resource.fields, path[:2]) or []
        account = next((one for one in listed if str(one.get(spec.accounts.key)) == path[2]), None)
        return at_path(account, path[3:])
    return at_path(resource.fields, path)


def _slot(one: Precondition, holder: Address | None, slot: str) -> Iterator[str]:
    if str(holder or "") != one.expect:
        yield f"{slot} is {holder or 'nobody'}, not {one.expect or 'nobody'}"


def _carry_out(operation: Operation, world: World, catalog: Catalog) -> None:
    now = world.get(operation.address)
    match operation.action:
        case Action.CREATE if operation.after is not None:
            world.put(operation.after)
        case Action.DELETE:
            world.remove(operation.address)
        case Action.UPDATE | Action.MAKE_DEFAULT | Action.STOP | Action.START if now is not None:
            world.put(patch(now, operation.changes, catalog))
    for effect in operation.effects:
        target = world.get(effect.address)
        if target is not None and not effect.path:
            world.remove(effect.address)
        elif target is not None:
            _take_effect(target, effect.path, effect.after, world)


def _take_effect(target: Resource, path: Sequence[str | int], after: Value, world: World) -> None:
    if len(path) == 1:
        world.put(target.with_fields(**{str(path[0]): after}))
    else:
        field, member = str(path[0]), str(path[1])
        world.put(target.with_fields(**{field: {**(target.fields.get(field) or {}), member: after}}))


def _moved(address: Address, detail: str) -> Diagnostic:
    return error(
        "plan-stale",
        "The platform moved since the plan was made",
        detail,
        "plan again and look at what is different; nothing was written",
        address=str(address),
    )
