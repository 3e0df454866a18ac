"""Resources, declarations and snapshots: desired, stored and live are one type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.errors import Path
from flametree_cfg.model.address import Address, Kind, attachment, connector
from flametree_cfg.model.value import Value

_EMPTY: Mapping[str, Value] = MappingProxyType({})


class Resource(Struct, frozen=True):
    """
    One connector, channel, agent or attachment, as one side (desired, stored, live) sees it.

    `fields` by kind; a field that is absent is not managed (desired, stored) or not known (live):

    - connector: type, name, description, default (bool), settings
    - channel: type, name, description, settings, environment (name to text or `Secret`), running (bool)
    - agent: type, name, description, instructions, running, connectors (role to connector key, list of keys, or
      None), environment, max_opened_sessions, daily_session_limit, web_widget, push
    - attachment: agent (key), channel (key), inbound (bool)

    A list under a role is sorted unless the role is ordered. Settings carry the schema's defaults filled in.
    Where another resource is meant, the value is its address key.

    Attributes:
        external: found by type and name, never created, edited, started or deleted.
        system: belongs to the platform's public tenant; only `default` may change (domain.md R5).
    """

    address: Address
    fields: Mapping[str, Value]
    external: bool = False
    system: bool = False

    @property
    def type(self) -> str:
        """The integration or agent type; empty for attachments."""
        return self.fields.get("type", "")  # type: ignore[no-any-return]  # the schema says text

    @property
    def name(self) -> str:
        """What the portal shows; empty for attachments."""
        return self.fields.get("name", "")  # type: ignore[no-any-return]  # the schema says text

    @property
    def settings(self) -> Mapping[str, Value]:
        """The type's settings; empty where none are known."""
        return self.fields.get("settings", _EMPTY)  # type: ignore[no-any-return]  # the schema says object

    def with_fields(self, **changed: Value) -> Resource:
        """Copy it with some fields changed."""
        return Resource(self.address, {**self.fields, **changed}, self.external, self.system)


def links(resource: Resource) -> Iterator[tuple[str, Address]]:
    """List the connectors an agent is linked to, with the role each fills; empty for other kinds."""
    for role, keys in (resource.fields.get("connectors") or {}).items():
        if isinstance(keys, str):
            yield role, connector(keys)
            continue
        for key in keys if isinstance(keys, list | tuple) else [keys]:
            if key is not None:
                yield role, connector(key)


def references(resource: Resource) -> Iterator[tuple[Path, Address]]:
    """List what a resource refers to, with the path of each reference."""
    if resource.address.kind is Kind.AGENT:
        for role, keys in (resource.fields.get("connectors") or {}).items():
            if isinstance(keys, list | tuple):
                for index, key in enumerate(keys):
                    yield ("connectors", role, index), Address(Kind.CONNECTOR, key)
            elif keys is not None:
                yield ("connectors", role), Address(Kind.CONNECTOR, keys)
    elif resource.address.kind is Kind.ATTACHMENT:
        yield ("agent",), Address(Kind.AGENT, resource.fields["agent"])
        yield ("channel",), Address(Kind.CHANNEL, resource.fields["channel"])


def readdress(resource: Resource, moves: Mapping[Address, Address]) -> Resource:
    """
    Rewrite a resource after keys were renamed: its own address and every reference it holds.

    An attachment follows its agent and its channel.
    """

    def moved(kind: Kind, key: str) -> str:
        return moves.get(Address(kind, key), Address(kind, key)).key

    if resource.address.kind is Kind.ATTACHMENT:
        agent_key = moved(Kind.AGENT, resource.fields["agent"])
        channel_key = moved(Kind.CHANNEL, resource.fields["channel"])
        address = moves.get(resource.address, attachment(agent_key, channel_key))
        return replace(
            resource, address=address, fields={**resource.fields, "agent": agent_key, "channel": channel_key}
        )
    address = moves.get(resource.address, resource.address)
    roles = resource.fields.get("connectors")
    if roles is None:
        return replace(resource, address=address)
    renamed = {
        role: [moved(Kind.CONNECTOR, key) for key in keys]
        if isinstance(keys, list | tuple)
        else (None if keys is None else moved(Kind.CONNECTOR, keys))
        for role, keys in roles.items()
    }
    return replace(resource, address=address, fields={**resource.fields, "connectors": renamed})


class Snapshot(Struct, frozen=True):
    """Everything one side says of one tenant."""

    tenant: str
    resources: Mapping[Address, Resource]

    def of_kind(self, kind: Kind) -> Iterator[Resource]:
        """List the resources of one kind, in insertion order."""
        return (r for r in self.resources.values() if r.address.kind is kind)


class Declaration(Struct, frozen=True):
    """
    A resource as somebody wrote it in YAML, with what only YAML says.

    Attributes:
        previously: keys it had before; the object is kept.
        imports: platform id of an object to be taken over; empty for none.
        protected: must not be deleted.
        attachments: agents only: whether `channels` is declared, so that attachments it does not list go.
    """

    resource: Resource
    previously: tuple[str, ...] = ()
    protected: bool = False
    attachments: bool = False
    imports: str = ""


class Tenant(Struct, frozen=True):
    """
    One tenant as declared.

    Attributes:
        declarations: by address; attachments are declarations of their own.
        sections: which of `connectors`, `channels`, `agents` are present; an absent one is not managed.
        folder: as the person named it.
    """

    name: str
    declarations: Mapping[Address, Declaration]
    sections: frozenset[str]
    folder: str = ""
    files: tuple[str, ...] = field(default=())

    def snapshot(self) -> Snapshot:
        """Give the desired state."""
        return Snapshot(self.name, {a: d.resource for a, d in self.declarations.items()})
