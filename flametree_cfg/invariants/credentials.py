"""One bot, number or mailbox answers in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from flametree_cfg.errors import Path, Related, error
from flametree_cfg.invariants.index import INBOUND
from flametree_cfg.invariants.rule import Found, Scope
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Address, Resource, Secret, at_path, secrets_in

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog, TypeSpec

_SCALARS = frozenset({str, int, float, bool, type(None)})


def same_credential_inbound(world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse two channels of a type with the same credential that both have an inbound agent.

    The provider delivers a message once: which of the two gets it would be luck. Where a type says which settings tell
    its numbers apart (`x-identity`), one credential may serve several of them.

    Source: domain.md R13.
    """
    first: dict[Any, tuple[Address, Path]] = {}
    reported: set[tuple[Address, Address]] = set()
    for channel in sorted(_sharing(world, scope), key=lambda c: c.address):
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


def _sharing(world: World, scope: Scope) -> list[Resource]:
    """List the channels with an inbound agent that use a reference which another one of them uses too."""
    inbound = world.index(INBOUND)
    used = [(channel, _references(channel)) for channel in scope if inbound.has(channel.address)]
    once: set[str] = set()
    shared: set[str] = set()
    for _channel, references in used:
        shared |= references & once
        once |= references
    return [channel for channel, references in used if not shared.isdisjoint(references)]


def _references(channel: Resource) -> set[str]:
    """List the references in a channel's settings: without their paths this takes a tenth of the time."""
    found: set[str] = set()
    waiting = list(channel.settings.values())
    for value in waiting:
        if type(value) in _SCALARS:
            continue
        if isinstance(value, Secret):
            found.add(value.reference)
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)
        elif isinstance(value, (dict, Mapping)):
            waiting.extend(value.values())
    found.discard("")
    return found


def _credentials(channel: Resource, spec: TypeSpec | None) -> Iterator[tuple[Any, Path]]:
    identity = spec.schema.get("x-identity", ()) if spec else ()
    for path, secret in secrets_in(channel.settings, ("settings",)):
        if secret.reference:
            around = at_path(channel.fields, path[:-1])
            known = [around[name] if name in around else channel.settings.get(name) for name in identity]
            if identity and path[:-1] == ("settings",) and spec and spec.accounts:
                continue  # beside the accounts, not of one: a webhook's verify token tells no account
            yield (channel.type, secret.reference, tuple(map(str, known))), path
