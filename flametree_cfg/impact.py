"""What changes do to running things. Knows nothing about order."""

from __future__ import annotations

from collections.abc import Iterable

from flametree_cfg.diff import Change
from flametree_cfg.model import Action, Address, Kind, Snapshot, agent, channel
from flametree_cfg.schema import Catalog
from flametree_cfg.schema.types import Lifecycle

CHANNEL_FIELDS_THAT_RESTART = frozenset({"settings", "environment"})
"""A channel's form fields; its name and description are labels. Source: domain.md 3.6 [C S-CHAN]."""

AGENT_FIELDS_WITHOUT_RESTART = frozenset({"name", "description", "web_widget", "running"})
"""Labels; the widget is applied by saving (domain.md 2.12); all else waits for stop and start (3.6 [C D-ADV])."""


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
