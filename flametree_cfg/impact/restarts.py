"""What has to be stopped and started for a change to take effect. Knows nothing about order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from flametree_cfg.diff import Change
from flametree_cfg.model import Action, Address, Kind, Snapshot, agent, channel
from flametree_cfg.schema import Catalog
from flametree_cfg.schema.types import Lifecycle

CHANNEL_FIELDS_THAT_RESTART = frozenset({"settings", "environment"})
"""A channel's form fields; its name and description are labels. Source: domain.md 3.6 [C S-CHAN]."""

AGENT_FIELDS_WITHOUT_RESTART = frozenset({"name", "description", "web_widget", "running"})
"""Labels; the widget is applied by saving (domain.md 2.12); all else waits for stop and start (3.6 [C D-ADV])."""


OUTGOING = "~old"
"""Ends the key of an object that another one takes the place of (model.address)."""


def channel_restarts(change: Change, live: Snapshot, catalog: Catalog) -> bool:
    """Tell whether a running channel has to be stopped and started for a change to take effect (domain.md R16)."""
    now = live.resources.get(change.address)
    return (
        change.address.kind is Kind.CHANNEL
        and change.action is Action.UPDATE
        and now is not None
        and bool(now.fields.get("running"))
        and _lifecycle(now.type, catalog) is Lifecycle.OWN
        and any(field.path[0] in CHANNEL_FIELDS_THAT_RESTART for field in change.fields)
    )


def agents_to_restart(changes: Iterable[Change], live: Snapshot, catalog: Catalog) -> tuple[Address, ...]:
    """
    List the running agents that answer with their previous configuration until they are stopped and started.

    An agent restarts once, however many reasons it has: its own links, environment or limits changed, a channel was
    attached, detached or turned inbound, or a channel that lives with its agents (SIP, Twilio) changed. Edits of a
    connector do not count: whether running agents pick them up is not documented.

    Source: domain.md 3.6, R16, R19.
    """
    if not live.resources:
        return ()
    touched: set[Address] = set()
    leaving: set[Address] = set()
    shared_channels: set[str] = set()
    for change in changes:
        if change.action is Action.DELETE:
            leaving.add(change.address)
        match change.address.kind:
            case Kind.AGENT if change.action is Action.UPDATE:
                if any(field.path[0] not in AGENT_FIELDS_WITHOUT_RESTART for field in change.fields):
                    touched.add(change.address)
            case Kind.ATTACHMENT if change.action in (Action.CREATE, Action.UPDATE, Action.DELETE):
                touched.add(agent(change.address.agent_key))
            case Kind.CHANNEL if change.action is Action.UPDATE and change.after is not None:
                if _lifecycle(change.after.type, catalog) is Lifecycle.AGENT and any(
                    field.path[0] in CHANNEL_FIELDS_THAT_RESTART for field in change.fields
                ):
                    shared_channels.add(change.address.key)
    if shared_channels:
        touched |= {
            agent(resource.address.agent_key)
            for resource in live.of_kind(Kind.ATTACHMENT)
            if resource.address.channel_key in shared_channels
        }
    running = (address for address in touched - leaving if _runs(address, live))
    return tuple(sorted(running))


def why_restarted(
    restarted: Collection[Address], changes: Iterable[Change], live: Snapshot, catalog: Catalog
) -> Mapping[Address, tuple[str, ...]]:
    """
    Say for what agents and channels restart, in the order of the changes.

    Args:
        restarted: those that a plan stops and starts.
        changes: all that the plan changes.
        live: as it is before.
        catalog: says which channels live with their agents.
    """
    reasons: dict[Address, list[str]] = {address: [] for address in restarted}
    shared: set[str] = set()
    for change in changes if reasons else ():
        address = change.address
        if address.kind is Kind.ATTACHMENT:
            _add(reasons, agent(address.agent_key), _about_attachment(change))
        elif change.action is Action.UPDATE and change.after is not None and address.kind is not Kind.CONNECTOR:
            fields = [field.path for field in change.fields if _waits(address.kind, field.path[0])]
            for path in fields:
                _add(reasons, address, ".".join(map(str, path)))
            if fields and address.kind is Kind.CHANNEL and _lifecycle(change.after.type, catalog) is Lifecycle.AGENT:
                shared.add(address.key)
    for one in live.of_kind(Kind.ATTACHMENT) if shared else ():
        if one.address.channel_key in shared:
            _add(reasons, agent(one.address.agent_key), f"{channel(one.address.channel_key)} changed")
    return {address: tuple(dict.fromkeys(said)) for address, said in reasons.items()}


def _waits(kind: Kind, field: object) -> bool:
    """Tell whether a field of an agent or a channel waits for a restart."""
    return field in CHANNEL_FIELDS_THAT_RESTART if kind is Kind.CHANNEL else field not in AGENT_FIELDS_WITHOUT_RESTART


def _add(reasons: dict[Address, list[str]], address: Address, said: str) -> None:
    if address in reasons:
        reasons[address].append(said)


def _about_attachment(change: Change) -> str:
    place = channel(change.address.channel_key.replace(OUTGOING, ""))
    match change.action:
        case Action.DELETE:
            return f"{place} detached"
        case Action.CREATE:
            return f"{place} attached"
    inbound = change.after is not None and bool(change.after.fields.get("inbound"))
    return f"inbound on {place}" if inbound else f"no longer inbound on {place}"


def _runs(address: Address, live: Snapshot) -> bool:
    resource = live.resources.get(address)
    return resource is not None and bool(resource.fields.get("running"))


def _lifecycle(type_name: str, catalog: Catalog) -> Lifecycle:
    spec = catalog.get(Kind.CHANNEL, type_name)
    return spec.lifecycle if spec else Lifecycle.OWN


def lifecycle_of(address: Address, type_name: str, catalog: Catalog) -> Lifecycle:
    """Say who starts and stops an object: agents themselves, channels as their type says, connectors nobody."""
    match address.kind:
        case Kind.AGENT:
            return Lifecycle.OWN
        case Kind.CHANNEL:
            return _lifecycle(type_name, catalog)
        case _:
            return Lifecycle.NONE


def attached(live: Snapshot, address: Address) -> tuple[Address, ...]:
    """List the attachments of an agent or a channel, sorted."""
    return tuple(
        sorted(
            resource.address
            for resource in live.of_kind(Kind.ATTACHMENT)
            if address in (agent(resource.address.agent_key), channel(resource.address.channel_key))
        )
    )
