"""What a platform reports, before our addresses are put on it."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from msgspec import Struct

from flametree_cfg.model.address import Address, Kind, foreign_key
from flametree_cfg.model.resource import Resource, Snapshot
from flametree_cfg.model.value import Value


class Status(enum.StrEnum):
    """Where a channel or an agent is in its life; domain.md 4.1 and 4.2."""

    NONE = ""
    CREATING = "CREATING"
    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    ERROR = "ERROR"


class Health(enum.StrEnum):
    """The dot on a connector's card; domain.md 4.3."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    NOT_CHECKED = "not checked"


class LiveObject(Struct, frozen=True):
    """
    One object as the platform reports it.

    `fields` are those of `Resource`, but references are platform ids and secrets are `MASKED`. The id of an
    attachment is `AGENT-ID/CHANNEL-ID`. Multi-account settings are an `accounts` list again, defaults are filled in.

    Attributes:
        version: grows with every change of the object.
        message: the latest status message, as the portal shows it on hover.
        checked: what the last check of its provider found, in words; empty where its settings changed since.
        checked_at: when, UTC in ISO 8601.
    """

    kind: Kind
    id: str
    fields: Mapping[str, Value]
    version: int = 1
    system: bool = False
    status: Status = Status.NONE
    health: Health = Health.NOT_CHECKED
    message: str = ""
    checked: str = ""
    checked_at: str = ""


class LiveTenant(Struct, frozen=True):
    """Every object of a tenant, its own and the system ones it can see; `revision` grows with every write."""

    tenant: str
    objects: tuple[LiveObject, ...]
    revision: int = 0


TRANSITIONS = frozenset({Status.STARTING, Status.STOPPING})
"""Where nothing can be done with an object but wait; domain.md 4.1."""

UP = frozenset({Status.RUNNING, Status.STARTING})
"""What counts as running: it does, or is on its way."""


class Settled(Struct, frozen=True):
    """
    What became of a channel or an agent that was starting or stopping.

    Attributes:
        status: where it went; still STARTING or STOPPING if waiting for it was given up.
        message: the latest status message.
        duration_s: seconds it took.
    """

    kind: Kind
    id: str
    wanted: Status
    status: Status
    message: str = ""
    duration_s: float = 0.0

    @property
    def arrived(self) -> bool:
        """Whether it is where it was to go."""
        return self.status is self.wanted


class LogLine(Struct, frozen=True):
    """One line of a channel's or an agent's log; `at` is UTC in ISO 8601, `number` grows from line to line."""

    at: str
    level: str
    text: str
    number: int = 0


def live_snapshot(live: LiveTenant, ids: Mapping[Address, str]) -> tuple[Snapshot, dict[Address, LiveObject]]:
    """
    Put our addresses on what the platform reports.

    Args:
        live: as read.
        ids: what the ledger (and matched externals) know: address to platform id; attachments may be left out.

    Returns:
        The snapshot, and the live object behind each address. What `ids` does not name gets a foreign address; an
        attachment's address follows from its agent and channel. References to objects that are gone stay foreign.
    """
    known = {(address.kind, platform_id): address for address, platform_id in ids.items()}
    resources: dict[Address, Resource] = {}
    objects: dict[Address, LiveObject] = {}
    for item in live.objects:
        address, fields = known.get((item.kind, item.id)), with_keys(item, known)
        if address is None and item.kind is Kind.ATTACHMENT:
            address = Address(item.kind, f"{fields['agent']}/{fields['channel']}")
        elif address is None:
            address = Address(item.kind, foreign_key(item.id))
        resources[address] = Resource(address, fields, system=item.system)
        objects[address] = item
    return Snapshot(live.tenant, resources), objects


def with_keys(item: LiveObject, known: Mapping[tuple[Kind, str], Address]) -> Mapping[str, Value]:
    """
    Give an object's fields with our keys in the place of platform ids.

    Args:
        item: as read.
        known: our addresses by kind and platform id; what is not there gets a foreign key.
    """
    kind, fields = item.kind, item.fields
    if kind is not Kind.AGENT and kind is not Kind.ATTACHMENT:
        return fields

    if kind is Kind.ATTACHMENT:
        agent, channel = _key(known, _AGENT, fields["agent"]), _key(known, _CHANNEL, fields["channel"])
        return {**fields, "agent": agent, "channel": channel}
    linked: dict[str, Value] = {}
    for role, value in (fields.get("connectors") or {}).items():
        if isinstance(value, str):
            linked[role] = _key(known, _CONNECTOR, value)
        else:
            linked[role] = value and sorted_unless_ordered(role, [_key(known, _CONNECTOR, one) for one in value])
    return {**fields, "connectors": linked}


_CONNECTOR, _CHANNEL, _AGENT = Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT  # a member looked up once each


def _key(known: Mapping[tuple[Kind, str], Address], kind: Kind, platform_id: str) -> str:
    address = known.get((kind, platform_id))
    return foreign_key(platform_id) if address is None else address.key


ORDERED_ROLES = frozenset({"tts"})
"""Roles whose list has an order (a voice and its fallbacks); all others are sets. Source: design.md."""


def sorted_unless_ordered(role: str, keys: list[str]) -> list[str]:
    """Bring the keys under a role into the order that comparison uses."""
    return keys if role in ORDERED_ROLES else sorted(keys)
