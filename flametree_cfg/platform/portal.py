"""What a person does in the portal: the same writes as a plan's, by hand and without preconditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.errors import ConfigInvalid, Diagnostic, Severity, WrongUsage, error
from flametree_cfg.model import (
    TRANSITIONS,
    UP,
    Action,
    Address,
    Batch,
    FieldChange,
    Kind,
    LiveObject,
    LogLine,
    Operation,
    Outcome,
    Resource,
    Settled,
    Value,
    folded,
    foreign_key,
    is_key,
)
from flametree_cfg.platform._port import SETTLE_S, Platform
from flametree_cfg.platform.embedded.fields import edit
from flametree_cfg.platform.typed import TypedForm, written
from flametree_cfg.schema import Catalog
from flametree_cfg.sql.registry import PUBLIC_TENANT

_ID = foreign_key("")


class Portal(Struct, frozen=True):
    """
    One tenant's screens, over any platform.

    An object is named as `id:UUID` or `KIND:NAME` (names compare as uniqueness does; an object of the tenant comes
    before a system one of the same name). Every method reads, writes at once, and obeys the platform's rules.

    Raises:
        WrongUsage: there is no such object, or it cannot be meant.
        ConfigInvalid: the form does not accept a value.
        PlatformFailed: a rule forbids it, in the portal's words.
    """

    platform: Platform
    catalog: Catalog
    tenant: str
    wait_s: float = SETTLE_S  # for what starts or stops

    def objects(self, kind: Kind | None = None) -> tuple[LiveObject, ...]:
        """List the tenant's objects and the system connectors it sees, by kind and name; attachments last."""
        objects = (o for o in self.platform.read(self.tenant).objects if kind is None or o.kind is kind)
        order = list(Kind)
        return tuple(sorted(objects, key=lambda o: (order.index(o.kind), o.system, folded(_name(o)), o.id)))

    def find(self, text: str, kind: Kind | None = None) -> LiveObject:
        """Find one object; `kind` is what it must be, and what a bare name is taken for."""
        objects = [o for o in self.platform.read(self.tenant).objects if kind is None or o.kind is kind]
        if text.startswith(_ID):
            found = [o for o in objects if o.id == text.removeprefix(_ID)]
        else:
            head, colon, name = text.partition(":")
            kinds = [one for one in Kind if one.value == head and colon]
            wanted = folded(name if kinds else text)
            found = [
                o
                for o in objects
                if folded(_name(o)) == wanted and (o.kind in kinds or (kind is not None and not kinds))
            ]
        if not found:
            raise _no_such(text, kind)
        return min(found, key=lambda o: o.system)

    def used_by(self, text: str) -> tuple[LiveObject, ...]:
        """List the agents that link a connector or are attached to a channel, by name."""
        wanted = self.find(text)
        objects = self.platform.read(self.tenant).objects
        attached = {
            o.fields["agent"] for o in objects if o.kind is Kind.ATTACHMENT and o.fields["channel"] == wanted.id
        }
        agents = (o for o in objects if o.kind is Kind.AGENT and (o.id in attached or _roles_of(o, wanted.id)))
        return tuple(sorted(agents, key=_name))

    def logs(self, text: str, limit: int = 100) -> Sequence[LogLine]:
        """Give the newest log lines of a channel or an agent, oldest first."""
        found = self.find(text)
        return self.platform.logs(self.tenant, found.kind, found.id, limit)

    def create(
        self,
        kind: Kind,
        type: str,  # noqa: A002  # the field's word
        name: str,
        values: Mapping[str, Value] | None = None,
        *,
        secret: Iterable[str] = (),
        system: bool = False,
    ) -> LiveObject:
        """
        Make an object.

        Args:
            kind: CONNECTOR, CHANNEL or AGENT.
            type: one of the catalog.
            name: as the portal shows it.
            values: further fields by path, as typed (`settings.api_url`, `description`); secrets are accepted here.
            secret: paths outside the settings whose value is secret.
            system: a system integration; only in the public tenant.
        """
        blank = LiveObject(kind, "", {"type": type, "name": name})
        form = TypedForm(self.catalog, blank)
        changes = form.changes(values or {}, secret=frozenset(secret))
        fields = self._judged(blank, changes, form, Address(kind, _key_for(name)))
        address = Address(kind, _key_for(name))
        after = Resource(address, fields, system=system)
        operation = Operation("", Action.CREATE, address, type=type, after=after, changes=_whole(fields))
        outcome = self._execute(operation, form.secrets)
        return self._wait(self.find(foreign_key(outcome.id), kind))

    def set(self, text: str, values: Mapping[str, Value], *, secret: Iterable[str] = ()) -> LiveObject:
        """Change fields by path, as typed; empty text unsets. What is not named stays, secrets too."""
        found = self.find(text)
        if found.kind is Kind.ATTACHMENT:
            raise WrongUsage(
                error(
                    "not-an-object", "This has no fields of its own", text, "`registry attach` sets Inbound on or off"
                )
            )
        form = TypedForm(self.catalog, found)
        changes = form.changes(values, secret=frozenset(secret))
        self._judged(found, changes, form, _address(found))
        self._execute(Operation("", Action.UPDATE, _address(found), changes=changes), form.secrets)
        return self._wait(self.find(foreign_key(found.id), found.kind))

    def delete(self, text: str) -> LiveObject:
        """Delete an object, stopping it first if it runs; gives what it was."""
        found = self.find(text)
        if found.status in UP or found.status in TRANSITIONS:
            self._wait(found)
            self._switch(found, Action.STOP)
        self._do(Action.DELETE, found)
        return found

    def make_default(self, text: str) -> LiveObject:
        """Make a connector the default of its type; the one before is released."""
        found = self.find(text, Kind.CONNECTOR)
        self._do(Action.MAKE_DEFAULT, found)
        return self.find(foreign_key(found.id), found.kind)

    def clear_default(self, text: str) -> LiveObject:
        """Leave the type without this default."""
        found = self.find(text, Kind.CONNECTOR)
        self._do(Action.UPDATE, found, FieldChange(("default",), before=True, after=False))
        return self.find(foreign_key(found.id), found.kind)

    def start(self, text: str) -> LiveObject:
        """Start a channel or an agent, and wait for it; what did not come up is in ERROR."""
        return self._switch(self._wait(self.find(text)), Action.START)

    def stop(self, text: str) -> LiveObject:
        """Stop a channel or an agent, and wait for it."""
        return self._switch(self._wait(self.find(text)), Action.STOP)

    def switch_all(self, found: Sequence[LiveObject], action: Action) -> Sequence[Settled]:
        """Start or stop several, all or none, and wait for them together; says what became of those that moved."""
        operations = tuple(Operation("", action, _address(one)) for one in found)
        self.platform.execute(Batch(self.tenant, operations))
        return self.platform.settle(self.tenant, [one.id for one in found], self.wait_s)

    def attach(self, agent: str, channel: str, *, inbound: bool = False) -> None:
        """Attach a channel to an agent, or set Inbound where it is attached already."""
        owner, place = self.find(agent, Kind.AGENT), self.find(channel, Kind.CHANNEL)
        address = Address(Kind.ATTACHMENT, f"{foreign_key(owner.id)}/{foreign_key(place.id)}")
        attached = any(o.id == f"{owner.id}/{place.id}" for o in self.objects(Kind.ATTACHMENT))
        change = FieldChange(("inbound",), None, inbound)
        self._execute(Operation("", Action.UPDATE if attached else Action.CREATE, address, changes=(change,)))

    def detach(self, agent: str, channel: str) -> None:
        """Take a channel away from an agent."""
        owner, place = self.find(agent, Kind.AGENT), self.find(channel, Kind.CHANNEL)
        for attachment in self.objects(Kind.ATTACHMENT):
            if attachment.id == f"{owner.id}/{place.id}":
                self._do(Action.DELETE, attachment)
                return
        raise WrongUsage(
            error(
                "not-attached",
                "Channel is not attached to this agent",
                f"{_name(place)!r}, {_name(owner)!r}",
                "`registry list --kind attachment` shows what is attached",
            )
        )

    def link(self, agent: str, connector: str, role: str = "") -> str:
        """Link a connector to an agent; gives the role, which follows from the connector's type where not named."""
        owner, linked = self.find(agent, Kind.AGENT), self.find(connector, Kind.CONNECTOR)
        chosen = role or self._role_for(linked)
        known = self.catalog.roles.get(chosen)
        if known is None:
            raise WrongUsage(
                error("no-such-role", "Agents have no such role", f"`{chosen}`", ", ".join(sorted(self.catalog.roles)))
            )
        now = _keys((owner.fields.get("connectors") or {}).get(chosen))
        key = foreign_key(linked.id)
        after: Value = [*now, *([] if key in now else [key])] if known.many else key
        self._do(Action.UPDATE, owner, FieldChange(("connectors", chosen), None, after))
        return chosen

    def unlink(self, agent: str, connector: str) -> tuple[str, ...]:
        """Unlink a connector from an agent, in every role; gives the roles."""
        owner, linked = self.find(agent, Kind.AGENT), self.find(connector, Kind.CONNECTOR)
        roles = _roles_of(owner, linked.id)
        if not roles:
            raise WrongUsage(
                error(
                    "not-linked",
                    "Connector is not linked to this agent",
                    f"{_name(linked)!r}, {_name(owner)!r}",
                    "`registry show` of the connector tells which agents use it",
                )
            )
        links = owner.fields["connectors"]
        left = {role: [key for key in _keys(links[role]) if key != foreign_key(linked.id)] for role in roles}
        self._do(
            Action.UPDATE, owner, *(FieldChange(("connectors", r), None, keys or None) for r, keys in left.items())
        )
        return roles

    def _role_for(self, connector: LiveObject) -> str:
        type_name = connector.fields["type"]
        spec = self.catalog.get(Kind.CONNECTOR, type_name)
        fitting = sorted(role.name for role in self.catalog.roles.values() if type_name in role.types)
        if spec and spec.role:
            return spec.role
        if len(fitting) == 1:
            return fitting[0]
        raise WrongUsage(
            error(
                "role-unclear",
                "Role has to be named",
                f"a connector of type {type_name} fills {' or '.join(fitting) or 'no role'}",
                "name the role",
            )
        )

    def _switch(self, found: LiveObject, action: Action) -> LiveObject:
        self._do(action, found)
        return self._wait(self.find(foreign_key(found.id), found.kind))

    def _wait(self, found: LiveObject) -> LiveObject:
        """Wait for what is on its way: nothing else can be done with it meanwhile."""
        if found.status not in TRANSITIONS:
            return found
        self.platform.settle(self.tenant, [found.id], self.wait_s)
        return self.find(foreign_key(found.id), found.kind)

    def _do(self, action: Action, found: LiveObject, *changes: FieldChange) -> Outcome:
        return self._execute(Operation("", action, _address(found), changes=changes))

    def _execute(self, operation: Operation, secrets: Mapping[str, str] | None = None) -> Outcome:
        (outcome,) = self.platform.execute(Batch(self.tenant, (operation,), secrets=secrets or {}))
        return outcome

    def _judged(
        self, live: LiveObject, changes: Sequence[FieldChange], form: TypedForm, address: Address
    ) -> dict[str, Value]:
        """Put changes into the form and refuse what it does not accept; what was wrong before is no matter."""
        spec = self.catalog.get(live.kind, live.fields["type"])
        fields = edit(live.fields, changes, spec.accounts if spec else None).fields
        before = {(d.code, d.path) for d in self.catalog.check(live.kind, written(live.fields))} if live.id else set()
        found = [d for d in self.catalog.check(live.kind, written(fields)) if (d.code, d.path) not in before]
        found += self._judged_secrets(live, changes, form)
        wrong = [replace(d, address=str(address)) for d in found if d.severity is Severity.ERROR]
        if wrong:
            raise ConfigInvalid(*wrong)
        return fields

    def _judged_secrets(self, live: LiveObject, changes: Sequence[FieldChange], form: TypedForm) -> list[Diagnostic]:
        return [
            diagnostic
            for change in changes
            for path, secret in form.typed_secrets(change)
            for diagnostic in self.catalog.check_secret(live.kind, live.fields["type"], path, secret)
        ]


def add_system(
    platform: Platform,
    catalog: Catalog,
    type: str,  # noqa: A002  # the field's word
    name: str,
    values: Mapping[str, Value],
    secret: Iterable[str] = (),
) -> LiveObject:
    """Add a system integration to the public tenant, as the platform's operator does; every tenant sees it."""
    portal = Portal(platform, catalog, PUBLIC_TENANT)
    return portal.create(Kind.CONNECTOR, type, name, values, secret=secret, system=True)


def _address(found: LiveObject) -> Address:
    return Address(found.kind, "/".join(foreign_key(part) for part in found.id.split("/")))


def _key_for(name: str) -> str:
    key = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")[:63]
    return key if is_key(key) else "new"


def _whole(fields: Mapping[str, Value]) -> tuple[FieldChange, ...]:
    return tuple(FieldChange((key,), None, value) for key, value in fields.items())


def _name(found: LiveObject) -> str:
    return str(found.fields.get("name", ""))


def _keys(value: Value) -> list[str]:
    ids = value if isinstance(value, list) else [] if value is None else [value]
    return [foreign_key(one) for one in ids]


def _roles_of(agent: LiveObject, connector_id: str) -> tuple[str, ...]:
    links = agent.fields.get("connectors") or {}
    return tuple(role for role, value in links.items() if foreign_key(connector_id) in _keys(value))


def _no_such(text: str, kind: Kind | None) -> WrongUsage:
    return WrongUsage(
        error(
            "object-not-found",
            "The platform has no such object",
            f"{text}{f' as a {kind.value}' if kind else ''}",
            "name it as `id:UUID` or `KIND:NAME`; `registry list` shows both",
        )
    )


__all__ = ["PUBLIC_TENANT", "Portal", "add_system"]
