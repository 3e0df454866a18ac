"""One bot, number or mailbox answers in one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flametree_cfg.errors import Path, Related, error
from flametree_cfg.invariants.rule import Found, Scope
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Address, Resource, at_path, secrets_in

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog, TypeSpec


def same_credential_inbound(world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse two channels of a type with the same credential that both have an inbound agent.

    The provider delivers a message once: which of the two gets it would be luck. Where a type says which settings tell
    its numbers apart (`x-identity`), one credential may serve several of them.

    Source: domain.md R13.
    """
    first: dict[Any, tuple[Address, Path]] = {}
    reported: set[tuple[Address, Address]] = set()
    inbound = sorted((c for c in scope if world.inbound_of(c.address)), key=lambda c: c.address)
    for channel in inbound:
        for identity, path in _credentials(channel, catalog.get(channel.address.kind, channel.type)):
            holder, holder_path = first.setdefault(identity, (channel.address, path))
            if holder == channel.address or (holder, channel.address) in reported:
                continue
            reported.add((holder, channel.address))
            yield error(
                "same-credential-inbound",
                "Two channels with one credential are both inbound",
                f"{channel.address} and {holder} use the same reference",
                "keep one of the channels, or set `inbound: false` where one is attached",
                address=str(channel.address),
                path=path,
                related=(Related("is used here already", str(holder), holder_path),),
            )


def _credentials(channel: Resource, spec: TypeSpec | None) -> Iterator[tuple[Any, Path]]:
    identity = spec.schema.get("x-identity", ()) if spec else ()
    for path, secret in secrets_in(channel.settings, ("settings",)):
        if secret.reference:
            around = at_path(channel.fields, path[:-1])
            known = [around[name] if name in around else channel.settings.get(name) for name in identity]
            if identity and path[:-1] == ("settings",) and spec and spec.accounts:
                continue  # beside the accounts, not of one: a webhook's verify token tells no account
            yield (channel.type, secret.reference, tuple(map(str, known))), path
