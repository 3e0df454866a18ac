"""Carry operations out on a World: what each one reads, changes and causes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from flametree_cfg.diff import compare, patch
from flametree_cfg.errors import Diagnostic
from flametree_cfg.impact import lifecycle_of
from flametree_cfg.invariants import Checked, When, World, check_all, check_step, check_switch
from flametree_cfg.model import (
    Action,
    Address,
    Check,
    Effect,
    FieldChange,
    Kind,
    Operation,
    Precondition,
    Resource,
    Secret,
    Value,
    agent,
    channel,
    folded,
    path_of,
    value_hash,
)
from flametree_cfg.plan.sides import Sides
from flametree_cfg.schema import Catalog
from flametree_cfg.schema.types import Lifecycle

_ATTACHMENT, _ABSENT_NAME, _CREATE = Kind.ATTACHMENT, Check.ABSENT_NAME, Action.CREATE
_KIND_TEXTS = {kind: kind.value for kind in Kind}  # a member's value costs more to look up than a dict's
_SWITCHES = ("default", "running")
"""What an object is made without: steps of their own turn it on."""

_IDENTITY = frozenset({"type", "name"})
"""Fields that something external is found by; it has them even where nobody read them."""

Build = Callable[["Simulation"], Sequence[Operation] | None]
"""Makes one step's operations on the World as it is then; none if it is as wanted already, None if it is too early."""


class Simulation:
    """
    The platform as it will be after the operations so far.

    Every method that makes an operation also carries it out here, so that the next one reads what this one left.
    `attempt` takes back a whole step that breaks an invariant which held before.
    """

    def __init__(self, sides: Sides, catalog: Catalog, changing: Collection[Address] = ()) -> None:
        self.sides = sides
        self._desired = sides.desired
        self.changing = changing
        self.catalog = catalog
        self.world = World.of(sides.live.resources.values())
        self.checks = 0
        start = check_all(self.world, catalog, When.STEP)
        self.standing = {violation(d) for d in start}
        self._undo: list[tuple[Address, Resource | None]] = []
        self._touched: set[Address] = set()
        self._violations: list[Diagnostic] = []

    def attempt(self, build: Build) -> tuple[Sequence[Operation] | None, Sequence[Diagnostic]]:
        """
        Try one step.

        Returns:
            Its operations; or None where it has to wait, with the invariants that held and that it would break. The
            World is then as before.
        """
        self._undo, self._violations = [], []
        operations = build(self)
        if not self._violations:
            return operations, ()
        for address, before in reversed(self._undo):
            self._place(address, before)
        return None, self._violations

    def _settle(self, operation: Operation) -> Operation:
        """Check the invariants around what an operation touched."""
        checked = check_step(self.world, self.catalog, self._touched)
        self._touched = set()
        return self._proved(operation, checked)

    def _proved(self, operation: Operation, checked: Checked) -> Operation:
        self.checks += checked.count
        if checked.diagnostics:
            self._violations += [d for d in checked if violation(d) not in self.standing]
        return operation

    def _put(self, resource: Resource) -> None:
        self._undo.append((resource.address, self.world.put(resource)))
        self._touched.add(resource.address)

    def _remove(self, address: Address) -> None:
        self._undo.append((address, self.world.remove(address)))
        self._touched.add(address)

    def _place(self, address: Address, resource: Resource | None) -> None:
        if resource is None:
            self.world.remove(address)
        else:
            self.world.put(resource)

    def create(self, desired: Resource, *, part_of: str = "") -> Operation:
        """Make an object, without its default flag and not running: those are steps of their own."""
        address, fields = desired.address, desired.fields
        resource = desired
        if fields.get("running") or fields.get("default"):
            resource = desired.with_fields(**{key: False for key in _SWITCHES if fields.get(key)})
            fields = resource.fields
        preconditions: tuple[Precondition, ...]
        if address.kind is not _ATTACHMENT:
            preconditions = (Precondition(_ABSENT_NAME, _KIND_TEXTS[address.kind], folded(resource.name)),)
        else:
            preconditions = self._slot_is_as_seen(resource) if fields.get("inbound") else ()
        self._put(resource)
        changes = tuple(
            [
                FieldChange(path_of[key], None, value)
                for key, value in fields.items()
                if value is not None and value is not False
            ]
        )
        declared = self._desired.get(address)
        return self._settle(
            Operation(
                "",
                _CREATE,
                address,
                resource.type,
                after=resource,
                changes=changes,
                preconditions=preconditions,
                part_of=part_of,
                protected=declared is not None and declared.protected,
            )
        )

    def update(self, address: Address, changes: Iterable[FieldChange], *, part_of: str = "") -> Operation:
        """Change fields of an object."""
        now = self.world.get(address)
        assert now is not None  # noqa: S101  # the planner updates only what it saw
        listed = tuple(changes)
        resource = patch(now, listed, self.catalog)
        preconditions = [*self._fields_are_as_seen(address, listed)]
        if resource.name != now.name:
            preconditions.append(Precondition(Check.ABSENT_NAME, address.kind.value, folded(resource.name)))
        if any(change.path == ("inbound",) and change.after for change in listed):
            preconditions += self._slot_is_as_seen(resource)
        before = self._recorded(now)
        self._put(resource)
        return self._settle(
            self._operation(
                Action.UPDATE,
                address,
                before,
                self._recorded(resource),
                listed,
                preconditions=tuple(preconditions),
                part_of=part_of,
            )
        )

    def delete(self, address: Address, *, part_of: str = "") -> Operation:
        """Delete an object; the platform unlinks it from every agent (domain.md R7)."""
        now = self.world.get(address)
        assert now is not None  # noqa: S101  # the planner deletes only what it saw
        before = self._recorded(now)
        preconditions: tuple[Precondition, ...] = ()
        if address.kind in (Kind.CONNECTOR, Kind.CHANNEL):
            holders = self._linked_agents(address)
            preconditions = (Precondition(Check.LINKS, str(address), expect=",".join(sorted(map(str, holders)))),)
        effects = tuple(self._unlink_everywhere(address))
        self._remove(address)
        return self._settle(
            self._operation(
                Action.DELETE,
                address,
                before,
                None,
                preconditions=preconditions,
                effects=effects,
                part_of=part_of,
            )
        )

    def make_default(self, address: Address) -> Operation:
        """Make a connector the default of its type; the platform releases the previous one (domain.md R2)."""
        now = self.world.get(address)
        assert now is not None  # noqa: S101  # the planner made or saw it
        holder = self.world.default_of(now.type)
        effects = []
        if holder is not None and holder != address:
            effects.append(Effect(holder, ("default",), before=True, after=False))
            released = self.world.get(holder)
            assert released is not None  # noqa: S101  # the index names what is there
            self._put(released.with_fields(default=False))
        before = self._recorded(now)
        resource = now.with_fields(default=True)
        self._put(resource)
        return self._settle(
            self._operation(
                Action.MAKE_DEFAULT,
                address,
                before,
                self._recorded(resource),
                (FieldChange(("default",), before=False, after=True),),
                preconditions=(Precondition(Check.DEFAULT_SLOT, now.type, expect=str(holder or "")),),
                effects=tuple(effects),
                part_of=f"handover default {now.type}" if effects else "",
            )
        )

    def switch(self, address: Address, *, running: bool, part_of: str = "") -> Operation | None:
        """Start or stop a channel or an agent; None if it is so already, or lives with something else."""
        now = self.world.get(address)
        if now is None or lifecycle_of(address, now.type, self.catalog) is not Lifecycle.OWN:
            return None
        if bool(now.fields.get("running")) is running:
            return None
        before = self._recorded(now)
        resource = now.with_fields(running=running)
        self._undo.append((address, self.world.put(resource)))
        after = resource if before is now else before
        if after is before and "running" in before.fields:
            after = before.with_fields(running=running)
        return self._proved(
            self._operation(
                Action.START if running else Action.STOP,
                address,
                before,
                after,
                (FieldChange(("running",), before=not running, after=running),),
                part_of=part_of,
            ),
            check_switch(self.world, self.catalog, address),
        )

    def _fields_are_as_seen(self, address: Address, changes: Iterable[FieldChange]) -> Iterable[Precondition]:
        for change in changes:
            if not isinstance(change.before, Secret) and not isinstance(change.after, Secret):
                pointer = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in change.path)
                expect = value_hash(self._by_address(change))
                yield Precondition(Check.FIELD, str(address), pointer, expect)

    def _by_address(self, change: FieldChange) -> Value:
        """Links are compared as sorted addresses: keys mean nothing to a platform."""
        if change.path[0] != "connectors" or change.before is None:
            return change.before
        keys = change.before if isinstance(change.before, list) else [change.before]
        return sorted(str(Address(Kind.CONNECTOR, key)) for key in keys)

    def _slot_is_as_seen(self, attachment: Resource) -> tuple[Precondition, ...]:
        place = channel(attachment.address.channel_key)
        holder = min(self.world.inbound_of(place), default=None)
        expect = str(agent(holder.agent_key)) if holder else ""
        return (Precondition(Check.INBOUND_SLOT, str(place), expect=expect),)

    def _linked_agents(self, address: Address) -> set[Address]:
        if address.kind is Kind.CONNECTOR:
            return set(self.world.agents_linking(address))
        return {agent(attachment.agent_key) for attachment in self.world.attachments_of(address)}

    def _unlink_everywhere(self, address: Address) -> Iterable[Effect]:
        if address.kind is Kind.CONNECTOR:
            for holder in sorted(self.world.agents_linking(address)):
                yield from self._unlink(holder, address)
        elif address.kind in (Kind.CHANNEL, Kind.AGENT):
            for attachment in sorted(self.world.attachments_of(address)):
                before = self.world.get(attachment)
                self._remove(attachment)
                yield Effect(attachment, (), before=before.fields if before else None, after=None)

    def _unlink(self, holder: Address, gone: Address) -> Iterable[Effect]:
        resource = self.world.get(holder)
        assert resource is not None  # noqa: S101  # the index names what is there
        roles = dict(resource.fields.get("connectors") or {})
        for role, keys in list(roles.items()):
            if isinstance(keys, list | tuple) and gone.key in keys:
                roles[role] = [key for key in keys if key != gone.key]
            elif keys == gone.key:
                roles[role] = None
            else:
                continue
            yield Effect(holder, ("connectors", role), before=keys, after=roles[role])
        self._put(resource.with_fields(connectors=roles))

    def _operation(
        self,
        action: Action,
        address: Address,
        before: Resource | None,
        after: Resource | None,
        changes: tuple[FieldChange, ...] = (),
        *,
        preconditions: tuple[Precondition, ...] = (),
        effects: tuple[Effect, ...] = (),
        part_of: str = "",
    ) -> Operation:
        shown = after or before
        declared = self._desired.get(address)
        return Operation(
            "",
            action,
            address,
            type=shown.type if shown else "",
            before=before,
            after=after,
            changes=changes,
            preconditions=preconditions,
            effects=effects,
            part_of=part_of,
            protected=bool(declared and declared.protected),
        )

    def _recorded(self, resource: Resource) -> Resource:
        """Reduce a live resource to what is managed of it, which is what the ledger keeps."""
        declared = self._desired.get(resource.address)
        entry = self.sides.stored.get(resource.address)
        managed = declared.resource if declared else entry.resource if entry else None
        return resource if managed is None else managed_view(resource, managed, self.catalog)


def violation(found: Diagnostic) -> tuple[object, ...]:
    """Name a violation, so that one that stood before is told from a new one like it; its path may move meanwhile."""
    return found.code, found.address, found.detail


def managed_view(resource: Resource, managed: Resource, catalog: Catalog) -> Resource:
    """
    Take from a resource the fields that another one declares; of settings those its type knows.

    What does not differ is written as it is declared: the order of accounts, and whether something empty is there, say
    nothing, and the ledger would never agree with the YAML.
    """
    spec = catalog.get(resource.address.kind, resource.type)
    known = spec.schema.get("properties", {}).keys() if spec else None
    if _is_but_for_switches(resource, managed) and (known is None or (resource.settings or {}).keys() <= known):
        return resource
    seen, touched = _seen(resource, managed, known)
    address = resource.address
    difference = compare(Resource(address, seen), managed, Resource(managed.address, touched), catalog)
    differing = {path[0] for path in (*(change.path for change in difference.fields), *difference.not_checked)}
    if not differing and address == managed.address:
        return managed
    fields = {key: seen[key] if key in differing else value for key, value in managed.fields.items()}
    return Resource(address, fields, managed.external, managed.system)


def _is_but_for_switches(resource: Resource, managed: Resource) -> bool:
    """Tell whether one has the very fields of the other: it was made as that declares it, and not switched on yet."""
    fields, declared = resource.fields, managed.fields
    if len(fields) != len(declared) or resource.address != managed.address:
        return False
    if resource.external is not managed.external or resource.system is not managed.system:
        return False
    for key, value in declared.items():
        now = fields.get(key, fields)
        if now is not value and not (key in _SWITCHES and now.__class__ is bool and value.__class__ is bool):
            return False
    return True


def _seen(
    resource: Resource, managed: Resource, known: AbstractSet[str] | None
) -> tuple[dict[str, Value], dict[str, Value]]:
    """Give the managed fields as they are, and as they are declared those that are not the very same."""
    seen: dict[str, Value] = {}
    touched: dict[str, Value] = {}
    for key, value in managed.fields.items():
        now = resource.fields.get(key, value if key in _IDENTITY else None)
        if now is value and key != "type" and (key != "settings" or known is None or (value or {}).keys() <= known):
            continue
        if key == "connectors":
            now = _declared_roles(now or {}, value)
        elif key == "settings" and known is not None and isinstance(now, Mapping):
            now = {name: item for name, item in now.items() if name in known}
        seen[key], touched[key] = now, value
    return seen, touched


def _declared_roles(now: Mapping[str, Value], declared: Mapping[str, Value]) -> Mapping[str, Value]:
    return {
        role: now.get(role) if now.get(role) is not None else ([] if isinstance(keys, list | tuple) else None)
        for role, keys in declared.items()
    }
