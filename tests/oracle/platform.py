"""What operations do on the platform, by domain.md alone: R2 releases, R7 unlinks, R14 masks, R16 leaves stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flametree_cfg.model import (
    MASKED,
    Action,
    Address,
    FieldChange,
    Kind,
    LiveObject,
    LiveTenant,
    Operation,
    Secret,
    Status,
)
from tests.oracle.rules import MANY, of_kind

Plain = Any
Objects = dict[str, dict[str, Any]]

ACCOUNT_KEY = {"email": "address", "whatsapp": "phone_number_id"}
WITH_AGENT = frozenset({"sip", "twilio"})  # R19: no start or stop of their own
SETTING_DEFAULTS: Mapping[str, Mapping[str, Plain]] = {
    "llm": {"json_params": {}},
    "sip": {"port": 5060, "transport": "udp"},
}
LABELS = frozenset({"name", "description", "web_widget", "running"})
"""What an agent does not have to restart for; domain.md 3.6 and 2.12."""


class Sealed(NamedTuple):
    """A secret's value, as only the platform knows it."""

    value: str


@dataclass
class Platform:
    """
    The objects of one tenant by id, and what each operation makes of them.

    Besides the rules' fields an agent or channel has `stale`: it runs with a configuration it had before (R16).
    """

    objects: Objects = field(default_factory=dict)
    made: int = 0

    def copy(self) -> Platform:
        """Give one that can be changed apart."""
        return Platform({key: {**one, **_nested(one)} for key, one in self.objects.items()}, self.made)

    def step(self, operation: Operation, ids: Mapping[Address, str], secrets: Mapping[str, str]) -> str:
        """Carry out one operation and give its object's id; only `changes` are looked at, as only they are sent."""
        if operation.action is Action.CREATE:
            return self._create(operation, ids, secrets)
        platform_id = id_of(operation.address, ids)
        one = self.objects[platform_id]
        match operation.action:
            case Action.UPDATE:
                for change in operation.changes:
                    self._set(platform_id, change, ids, secrets)
                self._wear(platform_id, {str(change.path[0]) for change in operation.changes})
            case Action.DELETE:
                self.delete(platform_id)
            case Action.MAKE_DEFAULT:
                self.make_default(platform_id)
            case Action.START | Action.STOP:
                running = operation.action is Action.START
                assert one["running"] is not running, f"{operation.address} is so already"
                assert one["type"] not in WITH_AGENT, "R19"
                one |= {"running": running, "stale": False}
            case _:
                raise AssertionError("the platform never hears of it")
        return platform_id

    def make_default(self, platform_id: str) -> None:
        """R2: setting a new default releases the previous one."""
        for _, other in of_kind(self.objects, "connector"):
            if other["type"] == self.objects[platform_id]["type"]:
                other["default"] = False  # type: ignore[index]  # of_kind gives read-only views of our own dicts
        self.objects[platform_id]["default"] = True

    def delete(self, platform_id: str) -> None:
        """R7: what is deleted is unlinked from every agent, and its attachments go (R10)."""
        self._wear(platform_id, set())
        del self.objects[platform_id]
        for key, other in list(self.objects.items()):
            if platform_id in (other.get("agent"), other.get("channel")):
                del self.objects[key]
            for role, linked in other.get("connectors", {}).items():
                other["connectors"][role] = [one for one in linked if one != platform_id]

    def _create(self, operation: Operation, ids: Mapping[Address, str], secrets: Mapping[str, str]) -> str:
        kind = operation.address.kind
        if kind is Kind.ATTACHMENT:
            platform_id = id_of(operation.address, ids)
        else:
            self.made += 1
            platform_id = f"u{self.made}"
        assert platform_id not in self.objects, f"{operation.address} exists"
        self.objects[platform_id] = blank(kind.value)
        for change in operation.changes:
            assert change.before is None
            self._set(platform_id, change, ids, secrets)
        one = self.objects[platform_id]
        assert not one.get("running"), "a new object does not run"
        assert not one.get("default"), "a new object is not the default"
        if kind is Kind.ATTACHMENT:
            self._wear(platform_id, {"inbound"})
        else:
            one["settings"] = {**SETTING_DEFAULTS.get(one["type"], {}), **one["settings"]}
            one["stale"] = False
        return platform_id

    def _set(
        self, platform_id: str, change: FieldChange, ids: Mapping[Address, str], secrets: Mapping[str, str]
    ) -> None:
        one = self.objects[platform_id]
        first, *rest = change.path
        value = plain(change.after, secrets)
        assert not one.get("system") or first == "default", "R5"
        if first in ("agent", "channel"):
            value = id_of(Address(Kind(first), value), ids)
        elif first == "default":
            assert not value, "a default is made, so that the one before is released"
        elif first == "connectors":
            roles = {rest[0]: value} if rest else value or {}
            given = {role: linked_ids(keys, ids) for role, keys in roles.items()}
            value, rest = {**one["connectors"], **given} if rest else given, []
        elif first == "running":
            raise AssertionError("running is changed by start and stop")
        if not rest:
            one[str(first)] = value if value is not None else blank(one["kind"]).get(str(first))
            return
        place = one[str(first)] = dict(one.get(str(first)) or {})
        if first == "settings" and rest[0] == "accounts":
            place["accounts"] = _with_account(place.get("accounts", []), ACCOUNT_KEY[one["type"]], rest[1:], value)
        else:
            *outer, last = rest
            for step in outer:
                place[step] = place = dict(place.get(step) or {})
            place[last] = value
            if value is None:
                del place[last]

    def _wear(self, platform_id: str, fields: set[str]) -> None:
        """R16: what runs keeps its previous configuration until it is stopped and started."""
        one = self.objects[platform_id]
        worn: list[str] = []
        match one["kind"]:
            case "attachment":
                worn = [one["agent"]]
            case "agent" if fields - LABELS:
                worn = [platform_id]
            case "channel" if fields & {"settings", "environment"} and one["type"] in WITH_AGENT:
                worn = [
                    other["agent"]
                    for _, other in of_kind(self.objects, "attachment")
                    if other["channel"] == platform_id
                ]
            case "channel" if fields & {"settings", "environment"}:
                worn = [platform_id]
        for key in worn:
            if self.objects[key]["running"]:
                self.objects[key]["stale"] = True

    def report(self, tenant: str) -> LiveTenant:
        """R14: what the platform says of itself, secrets masked."""
        return LiveTenant(tenant, tuple(_reported(key, one) for key, one in self.objects.items()))


def blank(kind: str) -> dict[str, Any]:
    """Give an object of which nothing is said yet."""
    match kind:
        case "connector":
            return {"kind": kind, "system": False, "default": False, "description": "", "settings": {}}
        case "channel":
            return {"kind": kind, "running": False, "description": "", "settings": {}, "environment": {}}
        case "agent":
            switches = {"running": False, "connectors": {}, "settings": {}}
            return {"kind": kind, **switches, "description": "", "instructions": "", "environment": {}}
        case _:
            return {"kind": kind, "inbound": False}


def id_of(address: Address, ids: Mapping[Address, str]) -> str:
    """Give the platform id of an address; of a foreign one its key says it, of an attachment its two ends."""
    if address.kind is Kind.ATTACHMENT:
        ends = Address(Kind.AGENT, address.agent_key), Address(Kind.CHANNEL, address.channel_key)
        return "/".join(id_of(end, ids) for end in ends)
    return address.key.removeprefix("id:") if address.foreign else ids[address]


def linked_ids(keys: Plain, ids: Mapping[Address, str]) -> list[str]:
    """Turn what stands under a role into ids."""
    listed = [] if keys is None else keys if isinstance(keys, list | tuple) else [keys]
    return [id_of(Address(Kind.CONNECTOR, key), ids) for key in listed]


def plain(value: Plain, secrets: Mapping[str, str]) -> Plain:
    """Resolve secrets, as apply does when it sends them."""
    if isinstance(value, Secret):
        return Sealed(secrets[value.reference])
    if isinstance(value, Mapping):
        return {key: plain(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, secrets) for item in value]
    return value


def _with_account(accounts: list[dict[str, Plain]], key: str, path: list[Any], value: Plain) -> list[dict[str, Plain]]:
    name, *rest = path
    found = next((one for one in accounts if str(one[key]) == name), None)
    if rest:
        assert found is not None
        changed = {**found, rest[0]: value} if value is not None else {k: v for k, v in found.items() if k != rest[0]}
    else:
        changed = value
    replaced: list[Plain] = [changed if one is found else one for one in accounts] if found else [*accounts, changed]
    return [one for one in replaced if one is not None]


def _nested(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: dict(value) for key, value in one.items() if isinstance(value, dict)}


def _masked(value: Plain) -> Plain:
    if isinstance(value, Sealed):
        return MASKED
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _reported(platform_id: str, one: Mapping[str, Any]) -> LiveObject:
    hidden = {"kind", "system", "stale", *(["settings"] if one["kind"] == "agent" else [])}
    if one.get("type") in WITH_AGENT:
        hidden.add("running")
    fields = {key: _masked(value) for key, value in one.items() if key not in hidden and value is not None}
    if one["kind"] == "agent":
        fields["connectors"] = {
            role: (linked if role == "tts" else sorted(linked)) if role in MANY else linked[0]
            for role, linked in one["connectors"].items()
            if linked
        }
    status = Status.RUNNING if one.get("running") else Status.NONE
    return LiveObject(Kind(one["kind"]), platform_id, fields, system=one.get("system", False), status=status)
