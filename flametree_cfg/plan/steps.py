"""Turn changes into steps, in the order that is preferred: referred before referring, deletions last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from flametree_cfg.diff import Change, compare
from flametree_cfg.graph import ordered
from flametree_cfg.impact import agents_to_restart, channel_restarts
from flametree_cfg.model import Action, Address, FieldChange, Kind, Operation, Resource, channel
from flametree_cfg.plan.order import Step
from flametree_cfg.plan.sides import Sides
from flametree_cfg.plan.simulation import Simulation
from flametree_cfg.schema import Catalog

_SWITCHES = frozenset({"default", "running"})
"""Fields that have steps of their own."""

Changes = Mapping[Address, Change]


def plan_phases(sides: Sides, changes: Changes, catalog: Catalog) -> Iterator[Sequence[Step]]:
    """
    List the phases: first configuration, then what starts again, then what goes.

    Within the first: connectors and channels, new defaults, agents, released defaults, attachments, stops. A default is
    made before agents that rely on it let go of their own connector, and released after agents took one.
    """
    delete = Action.DELETE
    made = [change for change in map(changes.__getitem__, sorted(changes)) if change.action is not delete]
    connectors, channels, agents = (
        [change for change in made if change.address.kind is kind]
        for kind in (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)
    )
    gone = [change.before for change in changes.values() if change.action is delete and change.before]
    yield [
        *(_write(change, sides, catalog) for change in connectors),
        *(_write(change, sides, catalog) for change in channels),
        *(_make_default(change) for change in connectors if _wants_default(change)),
        *(_write(change, sides, catalog) for change in agents),
        *(_release_default(change) for change in connectors if _drops_default(change)),
        *_attachments(changes),
        *(_stop(change.address) for change in made if change.after and change.after.fields.get("running") is False),
    ]
    yield [
        *(_restart(address, sides) for address in agents_to_restart(changes.values(), sides.live, catalog)),
        *(_start(change.address) for change in agents if _wants_running(change)),
        *(_start(change.address) for change in channels if _wants_running(change)),
    ]
    yield [_delete(resource.address) for resource in reversed(ordered(gone))]


def _write(change: Change, sides: Sides, catalog: Catalog) -> Step:
    desired = sides.desired[change.address].resource
    restarts = channel_restarts(change, sides.live, catalog)

    def build(simulation: Simulation) -> Sequence[Operation]:
        if simulation.world.get(change.address) is None:
            return [simulation.create(desired)]
        wanted = _remaining(simulation, desired)
        if not wanted:
            return []
        if not restarts:
            return [simulation.update(change.address, wanted)]
        part_of = f"restart {change.address}"
        stopped = simulation.switch(change.address, running=False, part_of=part_of)
        written = simulation.update(change.address, wanted, part_of=part_of)
        again = desired.fields.get("running") is not False
        started = simulation.switch(change.address, running=True, part_of=part_of) if again else None
        return [operation for operation in (stopped, written, started) if operation]

    return Step(change.address, build)


def _remaining(simulation: Simulation, desired: Resource) -> list[FieldChange]:
    """Compare with the World as it is now, so that a helper name is seen; switches have steps of their own."""
    now = simulation.world.get(desired.address)
    if now is None:
        return []
    fields = compare(now, desired, _without_identity(desired), simulation.catalog).fields
    return [change for change in fields if change.path[0] not in _SWITCHES]


def _without_identity(desired: Resource) -> Resource:
    if not (desired.external or desired.system):
        return desired
    kept = {key: value for key, value in desired.fields.items() if key not in ("type", "name")}
    return Resource(desired.address, kept, desired.external, desired.system)


def _wants_default(change: Change) -> bool:
    return bool(
        change.after
        and change.after.fields.get("default") is True
        and not (change.before and change.before.fields.get("default"))
    )


def _drops_default(change: Change) -> bool:
    return bool(
        change.after
        and change.before
        and change.after.fields.get("default") is False
        and change.before.fields.get("default")
    )


def _wants_running(change: Change) -> bool:
    return bool(change.after and change.after.fields.get("running"))


def _make_default(change: Change) -> Step:
    def build(simulation: Simulation) -> Sequence[Operation] | None:
        if simulation.world.get(change.address) is None:
            return None  # its creation was put off
        return [simulation.make_default(change.address)]

    return Step(change.address, build)


def _release_default(change: Change) -> Step:
    def build(simulation: Simulation) -> Sequence[Operation]:
        now = simulation.world.get(change.address)
        if now is None or not now.fields.get("default"):
            return []  # its successor released it
        return [simulation.update(change.address, [FieldChange(("default",), before=True, after=False)])]

    return Step(change.address, build)


def _attachments(changes: Changes) -> Iterator[Step]:
    kind = Kind.ATTACHMENT
    mine = {address: change for address, change in changes.items() if address.kind is kind}
    claimed = frozenset(address.channel_key for address, change in mine.items() if _claims(change))
    for address in sorted(mine, key=lambda a: (a.channel_key, a.agent_key)):
        yield Step(address, partial(_attach, address, mine, claimed))


def _attach(address: Address, mine: Changes, claimed: frozenset[str], simulation: Simulation) -> Sequence[Operation]:
    """Bring one attachment to what is wanted; who holds the inbound slot lets go just before."""
    desired = mine[address].after
    place = channel(address.channel_key)
    if desired is None or not desired.fields.get("inbound"):
        if _holds(simulation, address) and address.channel_key in claimed:
            return []  # goes with the step that claims the slot
        return _settle(simulation, address, mine, "")
    holders = [holder for holder in simulation.world.inbound_of(place) if holder != address and holder in mine]
    part_of = f"handover inbound {place}" if holders else ""
    released = [operation for holder in holders for operation in _settle(simulation, holder, mine, part_of)]
    return [*released, *_settle(simulation, address, mine, part_of)]


def _holds(simulation: Simulation, address: Address) -> bool:
    now = simulation.world.get(address)
    return now is not None and bool(now.fields.get("inbound"))


def _claims(change: Change) -> bool:
    return change.after is not None and bool(change.after.fields.get("inbound"))


def _settle(simulation: Simulation, address: Address, mine: Changes, part_of: str) -> Sequence[Operation]:
    now, desired = simulation.world.get(address), mine[address].after
    if desired is None:
        return [simulation.delete(address, part_of=part_of)] if now else []
    if now is None:
        return [simulation.create(desired, part_of=part_of)]
    wanted = _remaining(simulation, desired)
    return [simulation.update(address, wanted, part_of=part_of)] if wanted else []


def _stop(address: Address) -> Step:
    return Step(address, lambda simulation: _switched(simulation, address, running=False))


def _start(address: Address) -> Step:
    return Step(address, lambda simulation: _switched(simulation, address, running=True))


def _switched(simulation: Simulation, address: Address, *, running: bool) -> Sequence[Operation]:
    operation = simulation.switch(address, running=running)
    return [operation] if operation else []


def _restart(address: Address, sides: Sides) -> Step:
    declared = sides.desired.get(address)
    part_of = f"restart {address}"

    def build(simulation: Simulation) -> Sequence[Operation]:
        if declared is None or declared.resource.external:
            return []  # not ours to stop; the plan says so
        if declared.resource.fields.get("running") is False:
            return []  # it stays stopped
        stopped = simulation.switch(address, running=False, part_of=part_of)
        if stopped is None:
            return []
        started = simulation.switch(address, running=True, part_of=part_of)
        return [stopped, started] if started else [stopped]

    return Step(address, build)


def _delete(address: Address) -> Step:
    def build(simulation: Simulation) -> Sequence[Operation]:
        if simulation.world.get(address) is None:
            return []
        stopped = simulation.switch(address, running=False)
        deleted = simulation.delete(address)
        return [stopped, deleted] if stopped else [deleted]

    return Step(address, build, leaves=True)
