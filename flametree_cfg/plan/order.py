"""Put steps in an order in which every prefix is legal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from msgspec import Struct

from flametree_cfg.errors import ConfigInvalid, Diagnostic, error
from flametree_cfg.model import Address, FieldChange, Kind, Operation, folded, parse_address
from flametree_cfg.plan.simulation import Build, Simulation


class Step(Struct, frozen=True):
    """
    What has to happen to one address; `build` makes the operations when its turn comes.

    Attributes:
        leaves: it deletes the object, so where the object is in the way the step may come before its phase.
    """

    address: Address
    build: Build
    leaves: bool = False


def order_steps(simulation: Simulation, phases: Iterable[Sequence[Step]]) -> list[Operation]:
    """
    Carry steps out in the preferred order, putting off those that would break an invariant now.

    Steps of one phase may overtake one another; phases may not. Where no step of a phase can go (two names that are
    swapped, a name that something has which leaves later), a helper value frees the place: the swap of `a` and `b`
    takes three renames. What leaves anyway and is in the way (an agent that runs on the default we release) goes first.

    Raises:
        ConfigInvalid: no order is legal; carries the violations in the way.
    """
    operations: list[Operation] = []
    later = [list(phase) for phase in phases]
    while later:
        pending = later.pop(0)
        while pending:
            put_off: list[tuple[Step, Sequence[Diagnostic]]] = []
            for step in pending:
                done, violations = simulation.attempt(step.build)
                if done is None:
                    put_off.append((step, violations))
                else:
                    operations += done
            if len(put_off) == len(pending):
                operations += _make_room(simulation, put_off, later)
            pending = [step for step, _ in put_off]
    return operations


def _make_room(
    simulation: Simulation, stuck: Sequence[tuple[Step, Sequence[Diagnostic]]], later: Iterable[list[Step]]
) -> Sequence[Operation]:
    for step, violations in stuck:
        for violation in violations:
            for build in (_free_name(step, simulation), _free_code(step, violation, simulation)):
                operations, _ = simulation.attempt(build) if build else ((), ())
                if operations:
                    return operations
    near = {address for _, violations in stuck for violation in violations for address in _near(violation, simulation)}
    for phase in later:
        for step in [step for step in phase if step.leaves and step.address in near]:
            operations, _ = simulation.attempt(step.build)
            if operations:
                phase.remove(step)
                return operations
    raise ConfigInvalid(*_in_the_way(stuck))


def _near(violation: Diagnostic, simulation: Simulation) -> Iterable[Address]:
    """List what a violation speaks of, and what that links or is attached to: the platform unlinks what goes (R7)."""
    for text in (violation.address, *(one.address for one in violation.related)):
        address = parse_address(text)
        if address is not None:
            yield address
            yield from (target for _, target in simulation.world.links_of(address))


def _in_the_way(stuck: Sequence[tuple[Step, Sequence[Diagnostic]]]) -> Iterable[Diagnostic]:
    seen = set()
    for step, violations in stuck:
        for violation in violations:
            if violation in seen:
                continue
            seen.add(violation)
            yield error(
                violation.code,
                violation.summary,
                f"{violation.detail} (would happen while {step.address} is applied, and no other order avoids it)",
                violation.hint,
                address=violation.address,
                path=violation.path,
                related=violation.related,
            )


def _free_name(step: Step, simulation: Simulation) -> Build | None:
    """Give who has the wanted name a helper name, if it moves on later or leaves."""
    declared = simulation.sides.desired.get(step.address)
    if declared is None or step.address.kind is Kind.ATTACHMENT:
        return None
    wanted = declared.resource.name
    holders = simulation.world.named(step.address.kind, folded(wanted)) - {step.address}
    holder = min((address for address in holders if address in simulation.changing), default=None)
    if holder is None:
        return None
    resource = simulation.world.get(holder)
    name = resource.name if resource else ""
    helper = f"{name[:150]} (moving {_helper(holder, wanted)})"
    return lambda sim: [sim.update(holder, [FieldChange(("name",), name, helper)], part_of=f"swap of {wanted!r}")]


def _free_code(step: Step, violation: Diagnostic, simulation: Simulation) -> Build | None:
    """Give a connector whose integration code another one still has a helper code for a moment."""
    resource = simulation.world.get(step.address)
    spec = simulation.catalog.get(step.address.kind, resource.type) if resource else None
    if resource is None or spec is None or not spec.unique_per_agent or violation.code != "not-unique-per-agent":
        return None
    said = (one.path[1] for one in violation.related if one.path[:1] == ("settings",))
    setting = str(next(said, spec.unique_per_agent[0]))
    before = resource.settings.get(setting)
    helper = "TMP" + _helper(step.address, setting).upper()
    if before == helper:
        return None  # it has let go already: what holds the code stays
    change = FieldChange(("settings", setting), before, helper)
    return lambda sim: [sim.update(step.address, [change], part_of=f"swap of {setting}")]


def _helper(address: Address, wanted: str) -> str:
    return hashlib.sha256(f"{address}\n{wanted}".encode()).hexdigest()[:8]
