"""Make a plan: from three sides to operations in a legal order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flametree_cfg.diff import Change
from flametree_cfg.drift import find_drift
from flametree_cfg.errors import ConfigInvalid, Diagnostic, warning
from flametree_cfg.impact import agents_to_restart, why_restarted
from flametree_cfg.invariants import When, check_all
from flametree_cfg.model import (
    TRANSITIONS,
    Action,
    Address,
    Check,
    FieldChange,
    LiveTenant,
    Operation,
    Resource,
    Secret,
    Snapshot,
    Status,
    Stored,
    Tenant,
    map_secrets,
)
from flametree_cfg.plan.changes import Found, find_changes, held_warnings, keep_fingerprints, problems_outside
from flametree_cfg.plan.importing import done_imports
from flametree_cfg.plan.order import order_steps
from flametree_cfg.plan.selection import select
from flametree_cfg.plan.sides import Sides, join_sides, with_secrets
from flametree_cfg.plan.simulation import Simulation, managed_view, violation
from flametree_cfg.plan.steps import plan_phases
from flametree_cfg.plan.types import EVERYTHING, STILL_MOVING, Handover, Plan, Selection
from flametree_cfg.schema import Catalog

if TYPE_CHECKING:
    from flametree_cfg.impact.types import Impact


def make_plan(
    tenant: Tenant, stored: Stored, live: LiveTenant | None, catalog: Catalog, selection: Selection = EVERYTHING
) -> Plan:
    """
    Say what applying would do.

    Pure: same inputs, same plan, whatever the order of files and keys.

    Args:
        tenant: as declared, secrets with fingerprints where they resolve here.
        stored: the ledger.
        live: what the platform reports; None plans against the ledger alone (`--no-refresh`).
        selection: what of it to plan.

    Returns:
        Operations of which every prefix keeps the invariants.

    Raises:
        ConfigInvalid: something outside stands in the way, or no order is legal.
    """
    plan = _plan(tenant, stored, live, catalog, selection)
    if not plan.rotated:
        return plan
    blind = _plan(_without_fingerprints(tenant), stored, live, catalog, selection)
    return replace(plan, without_values=blind.operations)


def _without_fingerprints(tenant: Tenant) -> Tenant:
    def bare(resource: Resource) -> Resource:
        return replace(resource, fields=map_secrets(resource.fields, lambda _, secret: Secret(secret.reference)))

    declarations = {a: replace(one, resource=bare(one.resource)) for a, one in tenant.declarations.items()}
    return replace(tenant, declarations=declarations)


def _plan(tenant: Tenant, stored: Stored, live: LiveTenant | None, catalog: Catalog, selection: Selection) -> Plan:
    sides = join_sides(tenant, stored, live, catalog)
    found = find_changes(sides, catalog)
    protected = tuple(sorted(found.held))
    select(found, sides, selection)
    found.problems += problems_outside(sides, found)
    if found.problems:
        raise ConfigInvalid(*found.problems)
    simulation = None
    if found.changes or _foreign(sides):
        sides = with_secrets(sides, catalog)
        simulation = Simulation(sides, catalog, found.changes)
    steps = order_steps(simulation, plan_phases(sides, found.changes, catalog)) if simulation else []
    operations = _numbered(
        [*_moves(sides), *_bindings(sides, catalog), *_protections(sides, found), *steps, *_forgets(sides, found)]
    )
    restarts = _restarted(operations)
    warnings = [*held_warnings(found, sides.stored), *_restart_outside(sides, found, catalog)]
    warnings += done_imports(tenant, sides.stored)
    warnings += [*_in_error(sides), *_moving(sides)]
    if simulation and simulation.standing:
        warnings += _still_standing(simulation)
    applied = Snapshot(tenant.name, {address: entry.resource for address, entry in sides.stored.items()})
    return Plan(
        tenant.name,
        operations,
        changes=_for_readers(sides, found),
        handovers=tuple(_handovers(operations)),
        restarts=restarts,
        drift=find_drift(applied, sides.live, catalog, found.clean) if live else (),
        heals=tuple(_heals(sides, [*found.heals, *_changed_by_effects(sides, found, steps)])),
        unmanaged=tuple(sorted(found.unmanaged)),
        held=tuple(sorted(found.held)),
        protected=protected,
        warnings=tuple(warnings),
        checks=simulation.checks if simulation else 0,
        not_checked=tuple(sorted(found.not_checked)),
        serial=stored.serial,
        lineage=stored.lineage,
        platform=stored.platform,
        refreshed=live is not None,
        impact=_impact(sides, found, simulation, operations, restarts) if simulation and operations else None,
    )


def _impact(
    sides: Sides,
    found: Found,
    simulation: Simulation,
    operations: Sequence[Operation],
    restarts: Sequence[Address],
) -> Impact:
    from flametree_cfg.impact.consequences import find_impact

    live, catalog = sides.live, simulation.catalog
    reasons = why_restarted(restarts, found.changes.values(), live, catalog)
    return find_impact(live.resources, simulation.world.resources, operations, catalog, reasons)


def _foreign(sides: Sides) -> bool:
    return any(address.foreign for address in sides.live.resources)


def _moves(sides: Sides) -> Iterator[Operation]:
    for before, after in sorted(sides.moves.items()):
        entry = sides.stored[after]
        yield Operation(
            "",
            Action.MOVE,
            after,
            type=entry.resource.type,
            previous=before,
            before=replace(entry.resource, address=before),
            after=entry.resource,
            protected=entry.protected,
        )


def _bindings(sides: Sides, catalog: Catalog) -> Iterator[Operation]:
    for address, platform_id in sorted(sides.found.items()):
        declaration = sides.desired[address]
        now = managed_view(sides.live.resources[address], declaration.resource, catalog)
        yield Operation(
            "",
            Action.BIND,
            address,
            type=now.type,
            after=now,
            protected=declaration.protected,
            platform_id=platform_id,
        )


def _protections(sides: Sides, found: Found) -> Iterator[Operation]:
    """A protection is lifted by an operation of its own, which people approve; so is one that is put on."""
    for address, protected in sorted(found.protections.items()):
        action = Action.PROTECT if protected else Action.UNPROTECT
        resource = sides.stored[address].resource
        yield Operation("", action, address, type=resource.type, protected=protected)


def _forgets(sides: Sides, found: Found) -> Iterator[Operation]:
    """Forget last: until then operations speak of the object (its attachments go, its links are effects)."""
    for address in sorted(found.forgotten):
        resource = sides.stored[address].resource
        yield Operation("", Action.FORGET, address, type=resource.type, before=resource)


def _changed_by_effects(sides: Sides, found: Found, steps: Sequence[Operation]) -> Iterator[Resource]:
    """List what became as declared without an operation of its own: the successor of a default released it."""
    own = {operation.address for operation in steps}
    for address, change in found.changes.items():
        if change.after is not None and address not in own and address in sides.stored:
            yield keep_fingerprints(change.after, sides.stored[address].resource)


def _heals(sides: Sides, resources: Iterable[Resource]) -> Iterator[Operation]:
    for resource in resources:
        entry = sides.stored[resource.address]
        yield Operation(
            "",
            Action.BIND,
            resource.address,
            type=resource.type,
            before=entry.resource,
            after=resource,
            protected=sides.desired[resource.address].protected,
            platform_id=entry.id,
        )


def _numbered(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    return tuple(operation.numbered(f"{number:05d}") for number, operation in enumerate(operations, 1))


def _for_readers(sides: Sides, found: Found) -> tuple[Change, ...]:
    """One entry a resource: a replaced object shows as such, not as its halves; taking over comes before changing."""
    aside = {
        after: before
        for before, after in sides.moves.items()
        if after not in sides.desired and not sides.stored[after].resource.external
    }
    renamed = {after: before for before, after in sides.moves.items() if after in sides.desired}
    replaced = {before: after for after, before in aside.items()}
    shown = []
    for address in sorted(found.changes):
        change = found.changes[address]
        if address in aside and aside[address] in found.changes:
            continue
        if address in replaced:
            outgoing = sides.live.resources.get(replaced[address])
            shown.append(replace(change, action=Action.UPDATE, before=outgoing, replaced=True))
        else:
            previous = renamed.pop(address, None)
            shown.append(replace(change, previous=previous) if previous else change)
    if not (renamed or found.protections or sides.found or found.forgotten):
        return tuple(shown)
    for after, before in renamed.items():
        entry = sides.stored[after]
        shown.append(Change(after, Action.MOVE, entry.resource, entry.resource, previous=before))
    if found.protections:
        shown = list(_with_protections(shown, sides, found))
    for address in sides.found:
        imported = sides.imports.get(address, "")
        if imported or (address not in found.changes and address not in found.protections):
            resource = sides.desired[address].resource
            shown.append(Change(address, Action.BIND, None, resource, imported=imported))
    shown += [Change(address, Action.FORGET, sides.stored[address].resource, None) for address in found.forgotten]
    return tuple(sorted(shown, key=lambda change: (change.address, not change.imported)))


def _with_protections(shown: Iterable[Change], sides: Sides, found: Found) -> Iterator[Change]:
    """Say which protections are put on and lifted, beside what else changes of an object."""
    unsaid = dict(found.protections)
    for change in shown:
        protected = unsaid.pop(change.address, None)
        yield change if protected is None else _protecting(change, protected=protected)
    for address, protected in unsaid.items():
        resource = sides.stored[address].resource
        action = Action.PROTECT if protected else Action.UNPROTECT
        yield _protecting(Change(address, action, resource, resource), protected=protected)


def _protecting(change: Change, *, protected: bool) -> Change:
    return replace(change, fields=(*change.fields, FieldChange(("protected",), not protected, protected)))


def _handovers(operations: Iterable[Operation]) -> Iterator[Handover]:
    released: dict[str, Address] = {}
    for operation in [one for one in operations if one.effects or one.part_of]:
        if operation.action is Action.MAKE_DEFAULT and operation.effects:
            holder = operation.effects[0].address
            yield Handover(f"default {operation.type}", str(holder), str(operation.address))
        elif operation.part_of.startswith("handover inbound "):
            slot = operation.part_of.removeprefix("handover ")
            claims = any(p.check is Check.INBOUND_SLOT for p in operation.preconditions)
            if not claims:
                released[slot] = operation.address
            elif slot in released:
                before, after = released.pop(slot), operation.address
                yield Handover(slot, f"agent.{before.agent_key}", f"agent.{after.agent_key}")


def _restarted(operations: Iterable[Operation]) -> tuple[Address, ...]:
    stopped: set[Address] = set()
    restarted: set[Address] = set()
    stop, start = Action.STOP, Action.START
    for operation in operations:
        if operation.action is stop:
            stopped.add(operation.address)
        elif operation.action is start and operation.address in stopped:
            restarted.add(operation.address)
    return tuple(sorted(restarted))


def _restart_outside(sides: Sides, found: Found, catalog: Catalog) -> Iterator[Diagnostic]:
    for address in agents_to_restart(found.changes.values(), sides.live, catalog):
        declared = sides.desired.get(address)
        if declared is None or declared.resource.external:
            yield warning(
                "restart-outside",
                "An agent outside our care has to be restarted",
                f"{address} runs and keeps its previous links and channels until it is stopped and started",
                "restart it in the portal after applying",
                address=str(address),
            )


def _in_error(sides: Sides) -> Iterator[Diagnostic]:
    """Say what does not run, and why: an apply starts what the YAML wants running, and it may fail again."""
    for address, live in sides.objects.items():
        declared = sides.desired.get(address) if live.status is Status.ERROR else None
        if declared is not None:
            again = declared.resource.fields.get("running") is True
            yield warning(
                "in-error",
                "Something of ours is in ERROR",
                f"{address}: {live.message or 'the platform does not say why'}",
                "applying starts it again; correct what it says first" if again else "`flametree-cfg logs` tells more",
                address=str(address),
            )


def _moving(sides: Sides) -> Iterator[Diagnostic]:
    """Say what is neither here nor there: a plan cannot tell an apply that waits from one that broke off."""
    for address, live in sides.objects.items():
        if live.status in TRANSITIONS and address in sides.desired:
            yield warning(
                STILL_MOVING,
                "Something of ours is starting or stopping",
                f"{address} is {live.status.value}",
                "if no apply is running, one broke off there: the next one finishes it",
                address=str(address),
            )


def _still_standing(simulation: Simulation) -> Iterator[Diagnostic]:
    """Violations that were there before and are there after: not caused by the plan, so only told."""
    for found in check_all(simulation.world, simulation.catalog, When.STEP):
        if violation(found) in simulation.standing:
            yield warning(
                found.code,
                found.summary,
                f"{found.detail} (already so on the platform)",
                found.hint,
                address=found.address,
            )
