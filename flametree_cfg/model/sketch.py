"""A declaration in outline."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from flametree_cfg.model.address import Kind
from flametree_cfg.model.resource import Resource, links
from flametree_cfg.model.value import secrets_in


class Sketch(Struct, frozen=True, array_like=True, omit_defaults=True):
    """
    As much of a declaration as it takes to find what a change concerns; written as a list, without what is empty at
    its end.

    Attributes:
        kind: the text of a `Kind`.
        outside: external or system.
        linked: keys of the connectors of an agent.
        credentials: references of the secrets in a channel's settings.
        previously: old keys.
    """

    kind: str
    key: str
    name: str = ""
    type: str = ""
    linked: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    outside: bool = False
    default: bool = False
    previously: tuple[str, ...] = ()

    @property
    def agent_key(self) -> str:
        """Of an attachment: the key of its agent."""
        return self.key.partition("/")[0]

    @property
    def channel_key(self) -> str:
        """Of an attachment: the key of its channel."""
        return self.key.partition("/")[2]


def sketch_of(resource: Resource, previously: tuple[str, ...] = ()) -> Sketch:
    """Outline a declaration."""
    address, fields = resource.address, resource.fields
    return Sketch(
        address.kind.value,
        address.key,
        fields.get("name") or "",
        fields.get("type") or "",
        tuple(target.key for _role, target in links(resource)),
        tuple(credentials_of(resource)) if address.kind is Kind.CHANNEL else (),
        resource.external or resource.system,
        bool(fields.get("default")),
        previously,
    )


def credentials_of(channel: Resource) -> Iterator[str]:
    """List the references of the secrets in a channel's settings."""
    return (secret.reference for _path, secret in secrets_in(channel.fields.get("settings")) if secret.reference)
