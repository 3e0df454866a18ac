"""What each kind of write does to one object and to those around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from flametree_cfg.model import (
    TRANSITIONS,
    UP,
    Address,
    FieldChange,
    Health,
    Kind,
    LiveObject,
    Operation,
    Status,
    Value,
    folded,
)
from flametree_cfg.platform.embedded import refusal
from flametree_cfg.platform.embedded.fields import edit, take_secrets
from flametree_cfg.platform.embedded.form import to_form
from flametree_cfg.platform.embedded.ids import Ids
from flametree_cfg.platform.embedded.kept import Kept
from flametree_cfg.platform.embedded.lines import add_lines
from flametree_cfg.platform.embedded.rows import has_own_lifecycle
from flametree_cfg.platform.embedded.vault import Vault, refuse_clear_text
from flametree_cfg.schema import Catalog, TypeSpec
from flametree_cfg.sql import Database, registry

Touched = list[tuple[Kind, str]]
"""Kind and platform id of everything that a write may have changed, the object itself first."""

_NEW = ("", Health.NOT_CHECKED.value, "", "", 1)  # from message to version, of what was just made
_DOWN = frozenset({Status.STOPPED, Status.STOPPING})
_SWITCHES = frozenset({"default", "running", "connectors"})  # fields that are no columns of the object
_COLUMNS = frozenset({"type", "name", "description", "settings", "environment"})


class Writer:
    """Carries single operations out inside the caller's transaction; invariants are judged by the caller."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        vault: Vault,
        ids: Ids,
        tenant: str,
        kept: Kept,
        *,
        now: Callable[[], str],
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._vault = vault
        self._ids = ids
        self._tenant = tenant
        self._now = now
        self._new_id = new_id
        self._kept = kept
        self._said: dict[str, tuple[str, str]] = {}  # a line a channel or agent: none is switched twice in a batch

    def create(self, operation: Operation) -> Touched:
        """Make an object; a new channel or agent is stopped until it is started."""
        whole = operation.after.fields if operation.after else {}
        changes = operation.changes or tuple(FieldChange((key,), None, value) for key, value in whole.items())
        address = operation.address
        if address.kind is Kind.ATTACHMENT:
            return self._attach(address, changes)
        type_name = next((str(c.after) for c in changes if c.path == ("type",)), operation.type)
        system = bool(operation.after and operation.after.system)
        if system and self._tenant != registry.PUBLIC_TENANT:
            raise refusal.system_only_in_public(address)
        platform_id = self._new_id()
        spec = self._catalog.get(address.kind, type_name)
        accounts = spec.accounts if spec else None
        plain, secrets = take_secrets(edit({}, _plain(changes), accounts).fields, accounts)
        status = Status.STOPPED if has_own_lifecycle(self._catalog, address.kind, type_name) else Status.NONE
        name, description, *documents = self._columns(address, spec, plain)
        kind = address.kind.value
        identity = (platform_id, self._tenant, kind, type_name)
        self._database.execute(
            registry.ADD_OBJECT,
            (*identity, name, folded(name), description, int(system), *documents, status.value),
        )
        row = (platform_id, kind, type_name, name, description, int(system), *documents, status.value, *_NEW)
        self._kept.made(row, secrets)
        if secrets:
            self._vault.keep(address, platform_id, secrets, set(), {})
        self._ids.add(address, platform_id)
        return [(address.kind, platform_id), *self._switch(address, platform_id, type_name, changes, system=system)]

    def update(self, operation: Operation) -> Touched:
        """Change the fields that the operation names, and nothing else."""
        address, platform_id = operation.address, self._ids.of_operation(operation)
        live = self._kept.one(address.kind, platform_id, filled=False)
        if live is None:
            raise refusal.gone(address)
        if address.kind is Kind.ATTACHMENT:
            return self._set_inbound(platform_id, operation.changes)
        plain = _plain(operation.changes)
        self._refuse_foreign_system(address, live, plain)
        type_name = live.fields["type"]
        if plain:
            self._change(address, live, plain)
        elif any(change.path[0] == "connectors" for change in operation.changes):
            self._database.execute(registry.TOUCH, (self._tenant, platform_id))
            self._kept.changed(platform_id)
        touched: Touched = [(address.kind, platform_id)]
        return touched + self._switch(address, platform_id, type_name, operation.changes, system=live.system)

    def delete(self, operation: Operation) -> Touched:
        """Delete an object with all that hangs on it; one that is gone already is as wanted."""
        address, platform_id = operation.address, self._ids.of_operation(operation)
        if address.kind is Kind.ATTACHMENT:
            self._database.execute(registry.DETACH, (self._tenant, *platform_id.split("/")))
            self._kept.changed(platform_id)
            return [(address.kind, platform_id)]
        live = self._kept.one(address.kind, platform_id, filled=False)
        if live is None:
            return []
        self._refuse_foreign_system(address, live, (FieldChange((), None, None),))
        touched: Touched = [(address.kind, platform_id)]
        if address.kind is Kind.CONNECTOR:
            agents = self._database.query(registry.AGENTS_LINKING, (self._tenant, platform_id))
            touched += [(Kind.AGENT, agent) for (agent,) in agents]
            self._database.execute(registry.TOUCH_LINKING, (platform_id,))
        else:
            rows = self._database.query(registry.ATTACHMENTS_OF, (self._tenant, platform_id, platform_id))
            touched += [(Kind.ATTACHMENT, f"{agent}/{channel}") for agent, channel in rows]
        self._database.execute(registry.REMOVE_OBJECT, (self._tenant, address.kind.value, platform_id))
        self._said.pop(platform_id, None)
        self._kept.gone()
        return touched

    def make_default(self, operation: Operation) -> Touched:
        """Make a connector the default of its type; the one before is released (domain.md R2)."""
        platform_id = self._ids.of_operation(operation)
        live = self._kept.one(Kind.CONNECTOR, platform_id, filled=False)
        if live is None:
            raise refusal.gone(operation.address)
        released = self._set_default(platform_id, live.fields["type"], system=live.system, default=True)
        return [(Kind.CONNECTOR, platform_id), *released]

    def switch(self, operation: Operation, *, running: bool) -> Touched:
        """Let a channel or an agent start or stop; where it goes from there is the runtime's to say."""
        address, platform_id = operation.address, self._ids.of_operation(operation)
        type_name = "" if address.kind is Kind.ATTACHMENT else self._kept.type_of(address.kind, platform_id)
        if type_name is None:
            raise refusal.gone(address)
        self._set_running(address, platform_id, type_name, running=running)
        return [(address.kind, platform_id)]

    # -- objects ----------------------------------------------------------------------------------------------

    def _change(self, address: Address, live: LiveObject, changes: Sequence[FieldChange]) -> None:
        type_name = live.fields["type"]
        spec = self._catalog.get(address.kind, type_name)
        accounts = spec.accounts if spec else None
        edited = edit(live.fields, changes, accounts)
        if edited.fields.get("type") != type_name:
            raise refusal.refused(
                "type-fixed",
                "Type of an object cannot change",
                f"{address} is of type {type_name}",
                "make a new object and delete this one",
                address,
            )
        plain, secrets = take_secrets(edited.fields, accounts)
        name, description, *documents = self._columns(address, spec, plain)
        self._database.execute(
            registry.CHANGE_OBJECT, (name, folded(name), description, *documents, self._tenant, live.id)
        )
        if any(change.path[0] == "settings" for change in changes):
            # What the last check found was found with other settings.
            self._database.execute(registry.FORGET_HEALTH, (self._tenant, live.id))
        self._kept.changed(live.id)
        before = take_secrets(live.fields, accounts)[1].keys()
        if secrets or before:
            self._vault.keep(address, live.id, secrets, before, edited.moved)

    def _columns(self, address: Address, spec: TypeSpec | None, plain: Mapping[str, Value]) -> tuple[str, ...]:
        """Give name, description, settings, environment and the rest, the last three as JSON."""
        name = str(plain.get("name") or "")
        if not folded(name):
            raise refusal.refused(
                "name-missing", "Object has no name", f"{address} has none that shows", "give it a name", address
            )
        settings = plain.get("settings") or {}
        if spec:
            refuse_clear_text(address, settings, spec.secrets)
        extra = {k: v for k, v in plain.items() if k not in _COLUMNS and k not in _SWITCHES and v is not None}
        documents = (to_form(spec, settings), plain.get("environment") or {}, extra)
        return (name, str(plain.get("description") or ""), *map(_json, documents))

    def _refuse_foreign_system(self, address: Address, live: LiveObject, changes: Sequence[FieldChange]) -> None:
        if live.system and changes and self._tenant != registry.PUBLIC_TENANT:
            raise refusal.system_only_in_public(address)

    # -- switches ---------------------------------------------------------------------------------------------

    def _switch(
        self, address: Address, platform_id: str, type_name: str, changes: Iterable[FieldChange], *, system: bool
    ) -> Touched:
        touched: Touched = []
        for change in changes:
            match change.path:
                case ("default",):
                    default = change.after is True
                    touched += self._set_default(platform_id, type_name, system=system, default=default)
                case ("running",) if change.after is not None:
                    self._set_running(address, platform_id, type_name, running=change.after is True)
                case ("connectors", str(role)):
                    self._link(address, platform_id, role, change.after)
                case ("connectors",):
                    self._link_all(address, platform_id, change.after or {})
        return touched

    def _set_default(self, platform_id: str, type_name: str, *, system: bool, default: bool) -> Touched:
        row = self._database.one(registry.DEFAULT_OF, (self._tenant, type_name))
        holder = row[0] if row else None
        if (holder == platform_id) is default:
            return []
        if default:
            owner = registry.PUBLIC_TENANT if system else self._tenant
            self._database.execute(registry.MAKE_DEFAULT, (self._tenant, type_name, platform_id, owner))
        else:
            self._database.execute(registry.CLEAR_DEFAULT, (self._tenant, platform_id))
        changed = [one for one in (platform_id, holder if default else None) if one]
        # A system connector's own version does not grow: what one tenant takes as its default concerns no other.
        for one in changed:
            self._database.execute(registry.TOUCH, (self._tenant, one))
        self._kept.changed(*changed)
        return [(Kind.CONNECTOR, one) for one in changed]

    def _set_running(self, address: Address, platform_id: str, type_name: str, *, running: bool) -> None:
        if not has_own_lifecycle(self._catalog, address.kind, type_name):
            raise refusal.refused(
                "no-own-lifecycle",
                "Object is not started or stopped by itself",
                f"{address} of type {type_name} runs with the agents it is attached to",
                "start or stop those agents",
                address,
            )
        now = self._kept.status_of(address.kind, platform_id)
        wanted, there = (Status.STARTING, UP) if running else (Status.STOPPING, _DOWN)
        if now in there:
            return  # as wanted, or on its way
        if now in TRANSITIONS:
            raise refusal.in_transition(address, now)
        self._database.execute(registry.SET_STATUS, (wanted.value, "", self._tenant, platform_id))
        self._kept.switched(platform_id, wanted, "")
        self._said[platform_id] = ("INFO", wanted.value)

    def log(self) -> None:
        """Write the log lines of all that was switched; one statement for many takes a third of the time."""
        add_lines(self._database, self._tenant, self._now(), self._said)

    # -- links and attachments --------------------------------------------------------------------------------

    def _link_all(self, address: Address, platform_id: str, roles: Mapping[str, Value]) -> None:
        for role in [*roles, *sorted(set(self._kept.roles_of(platform_id)) - roles.keys())]:
            self._link(address, platform_id, role, roles.get(role))

    def _link(self, address: Address, platform_id: str, role: str, value: Value) -> None:
        if role in self._kept.roles_of(platform_id):
            self._database.execute(registry.UNLINK_ROLE, (self._tenant, platform_id, role))
        connectors = self._ids.linked(value)
        for position, connector in enumerate(connectors):
            system = self._kept.is_system(Kind.CONNECTOR, connector)
            if system is None:
                raise refusal.stale(address, f"a connector that {address} is to link under `{role}` does not exist")
            owner = registry.PUBLIC_TENANT if system else self._tenant
            self._database.execute(registry.LINK, (self._tenant, platform_id, role, position, connector, owner))
        self._kept.linked(platform_id, role, connectors)

    def _attach(self, address: Address, changes: Iterable[FieldChange]) -> Touched:
        platform_id = self._ids.of(address)
        inbound = any(change.path == ("inbound",) and change.after is True for change in changes)
        agent, channel = platform_id.split("/")
        self._database.execute(registry.ATTACH, (self._tenant, agent, channel, int(inbound)))
        self._kept.attached((agent, channel, inbound, 1))
        return [(Kind.ATTACHMENT, platform_id)]

    def _set_inbound(self, platform_id: str, changes: Iterable[FieldChange]) -> Touched:
        for change in changes:
            if change.path == ("inbound",):
                inbound = int(change.after is True)
                self._database.execute(registry.SET_INBOUND, (inbound, self._tenant, *platform_id.split("/")))
                self._kept.changed(platform_id)
        return [(Kind.ATTACHMENT, platform_id)]


def _plain(changes: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    return tuple(change for change in changes if change.path[0] not in _SWITCHES)


def _json(document: Mapping[str, Value]) -> str:
    return _encode(document) if document else "{}"


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
