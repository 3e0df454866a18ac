"""Find what a plan does to agents and channels: pure, from what is before and what is after."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from flametree_cfg.impact.renames import likely_renames
from flametree_cfg.impact.restarts import OUTGOING
from flametree_cfg.impact.types import DefaultMove, Impact, InboundMove, Loss, Mention, ModelChange, Restart
from flametree_cfg.impact.world import Resources, Sides, linked_in, roles_of, settled
from flametree_cfg.invariants.mentions import agents_naming
from flametree_cfg.model import Action, Address, Kind, Operation, Resource, agent, channel, folded
from flametree_cfg.schema import Catalog

_SWITCHES = frozenset({Action.STOP, Action.START, Action.DELETE})
_NO_REASONS: Mapping[Address, tuple[str, ...]] = {}


def find_impact(
    before: Resources,
    after: Resources,
    operations: Collection[Operation],
    catalog: Catalog,
    reasons: Mapping[Address, tuple[str, ...]] = _NO_REASONS,
) -> Impact:
    """
    Say what operations do besides what they change.

    Args:
        before: every resource, ours and foreign, under the addresses that the operations use.
        after: the same once they are carried out.
        operations: all of them.
        catalog: says what is a model.
        reasons: why things restart, where that is known.
    """
    touched = {operation.address for operation in operations}
    touched.update([effect.address for operation in operations if operation.effects for effect in operation.effects])
    sides = Sides(before, after, touched, catalog)
    restarts, stopped = _switched(operations)
    inbound = tuple(_inbound(sides))
    models = tuple(_models(sides))
    losses = tuple(_losses(sides))
    agents = sides.by_kind[Kind.AGENT]
    deleted = sorted(one for one in agents if one in before and one not in after and OUTGOING not in one.key)
    ends = [end for move in inbound for end in (move.before, move.after) if end is not None]
    served = [*(one.agent for one in models), *(one.agent for one in losses)]
    noticed = [*deleted, *restarts, *stopped, *served, *ends]
    return Impact(
        _restarts(restarts, reasons, after),
        tuple(stopped),
        models,
        inbound,
        tuple(_defaults(sides)),
        losses,
        tuple(_mentions(sides)),
        likely_renames(sides),
        tuple(deleted),
        tuple(sorted({one for one in noticed if one.kind is Kind.AGENT and one in before})),
    )


def _restarts(
    restarted: Collection[Address], reasons: Mapping[Address, tuple[str, ...]], after: Resources
) -> tuple[Restart, ...]:
    without: dict[Address, list[Address]] = {one: [] for one in restarted if one.kind is Kind.CHANNEL}
    for address in sorted(after) if without else ():
        holders = without.get(channel(address.channel_key)) if address.kind is Kind.ATTACHMENT else None
        holder = after.get(agent(address.agent_key))
        if holders is not None and holder is not None and holder.fields.get("running"):
            holders.append(holder.address)
    return tuple(Restart(one, reasons.get(one, ()), tuple(without.get(one, ()))) for one in restarted)


def _switched(operations: Iterable[Operation]) -> tuple[list[Address], list[Address]]:
    """List what stops and starts again, and what only stops and stays."""
    stopped, restarted, gone = set[Address](), set[Address](), set[Address]()
    for operation in [one for one in operations if one.action in _SWITCHES]:
        match operation.action:
            case Action.STOP:
                stopped.add(operation.address)
            case Action.START if operation.address in stopped:
                restarted.add(operation.address)
            case Action.DELETE:
                gone.add(operation.address)
    return sorted(restarted), sorted(stopped - restarted - gone)


def _defaults(sides: Sides) -> Iterator[DefaultMove]:
    """A slot that changes hands touches who lets it go and who takes it, so nothing else is looked at."""
    held: dict[str, list[Address | None]] = {}
    for address in sides.by_kind[Kind.CONNECTOR]:
        for place, side in enumerate((sides.before, sides.after)):
            resource = side.get(address)
            if resource is not None and resource.fields.get("default"):
                held.setdefault(resource.type, [None, None])[place] = settled(address)
    for type_name, (before, after) in sorted(held.items()):
        if before != after:
            yield DefaultMove(type_name, before, after, tuple(sorted(_served_by_default(sides, type_name))))


def _served_by_default(sides: Sides, type_name: str) -> Iterator[Address]:
    roles = [role for role, types in sides.roles.items() if type_name in types]
    for address in _staying_agents(sides) if roles else ():
        resource = sides.after[address]
        if any(not any(one in sides.after for one in linked_in(resource, role)) for role in roles):
            yield address


def _staying_agents(sides: Sides) -> Iterator[Address]:
    return (address for address in sides.before if address.kind is Kind.AGENT and address in sides.after)


def _models(sides: Sides) -> Iterator[ModelChange]:
    concerned = _staying_agents(sides) if _moves_models(sides) else iter(sides.by_kind[Kind.AGENT])
    for address in sorted(concerned):
        before, after = sides.before.get(address), sides.after.get(address)
        if before is None or after is None:
            continue
        for role in sides.roles:
            had, has = sides.models(before, role, after=False), sides.models(after, role, after=True)
            if [one[:2] for one in had] != [one[:2] for one in has]:
                yield ModelChange(address, role, had, has)


def _moves_models(sides: Sides) -> bool:
    """Tell whether a connector that agents were served by may serve them otherwise, or another one may."""
    for address in sides.by_kind[Kind.CONNECTOR] if sides.before else ():
        before, after = sides.before.get(address), sides.after.get(address)
        if after is None or any(one is not None and one.fields.get("default") for one in (before, after)):
            return True
        if before is not None and before.settings.get("model_name") != after.settings.get("model_name"):
            return True
    return False


def _inbound(sides: Sides) -> Iterator[InboundMove]:
    """As with defaults: who answers, and who did, was touched."""
    before, after = _answering(sides, sides.before), _answering(sides, sides.after)
    new = {one.key for one in sides.by_kind[Kind.CHANNEL] if one in sides.after and one not in sides.before}
    new = {key for key in new if channel(key + OUTGOING) not in sides.before}
    for key in sorted({*before, *after, *new}):
        had, has = before.get(key), after.get(key)
        if channel(key) in sides.after and (had != has or (key in new and has is None)):
            yield InboundMove(channel(key), had, has)


def _answering(sides: Sides, side: Resources) -> Mapping[str, Address]:
    found = {}
    for address in map(settled, _inbound_in(sides, side)):
        found[address.channel_key] = agent(address.agent_key)
    return found


def _inbound_in(sides: Sides, side: Resources) -> Iterator[Address]:
    for address in sides.by_kind[Kind.ATTACHMENT]:
        resource = side.get(address)
        if resource is not None and resource.fields.get("inbound"):
            yield address


def _gone(sides: Sides) -> Iterator[Resource]:
    for address in sides.by_kind[Kind.CONNECTOR] if sides.before else ():
        if address in sides.before and settled(address) not in sides.after:
            yield sides.before[address]


def _losses(sides: Sides) -> Iterator[Loss]:
    """Who linked a connector that goes was touched: the platform unlinks it (domain.md R7), if the plan does not."""
    gone = {resource.address for resource in _gone(sides)}
    for address in sorted(sides.by_kind[Kind.AGENT]) if gone else ():
        if address not in sides.before or address not in sides.after:
            continue
        now = roles_of(sides.after[address])
        for role, linked in roles_of(sides.before[address]).items():
            for lost in sorted(linked & gone):
                yield Loss(lost, address, role, tuple(sorted(now.get(role, frozenset()) - linked)))


def _mentions(sides: Sides) -> Iterator[Mention]:
    """Look into instructions for names that nothing bears any more."""
    old = {one.name: (one.address, "") for one in _gone(sides) if one.name}
    for address in sides.by_kind[Kind.CONNECTOR] if sides.before else ():
        before, after = sides.before.get(address), sides.after.get(address)
        if before and after and before.name and folded(before.name) != folded(after.name):
            old[before.name] = (address, after.name)
    if not old:
        return
    borne = {folded(one.name) for address, one in sides.after.items() if address.kind is Kind.CONNECTOR}
    names = {name: found[0] for name, found in old.items() if folded(name) not in borne}
    agents = [one for address, one in sides.after.items() if address.kind is Kind.AGENT] if names else []
    now = {address: (name, name_now) for name, (address, name_now) in old.items()}
    for address, named in sorted(agents_naming(names, agents)):
        yield Mention(address, named, *now[named])
