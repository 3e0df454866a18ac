"""Show: a tenant's objects as the portal's cards, under our addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from flametree_cfg.engine.choosing import one_tenant_wanted
from flametree_cfg.engine.options import Card, Options
from flametree_cfg.engine.outside import Outside
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import ConfigInvalid, Diagnostic, WrongUsage, error
from flametree_cfg.model import (
    Address,
    Kind,
    LiveObject,
    Probed,
    Resource,
    Secret,
    Stored,
    agent,
    channel,
    links,
    live_snapshot,
    parse_address,
)


def tenant_of(path: str | Path, session: Session) -> str:
    """
    Say which tenant a folder declares.

    Raises:
        ConfigInvalid: it does not say, or it is a folder of several tenants.
    """
    readings = list(read_and_check([path], session))
    names = [reading.name for reading, _ in readings if reading.name]
    if len(names) == 1:
        return names[0]
    if names:
        raise one_tenant_wanted(path, [reading for reading, _ in readings])
    raise ConfigInvalid(*(d for _, diagnostics in readings for d in diagnostics))


def show(path: str | Path, address: str | None, options: Options) -> list[Card]:
    """
    Give the cards of a tenant, ours and foreign, sorted by address; of one object if an address is given.

    Raises:
        WrongUsage: no such object.
    """
    with Session(options, [path]) as session:
        name = tenant_of(path, session)
        stored = session.ledger.read(name)
        cards = cards_of(stored, session)
    if address is None:
        return cards
    wanted = parse_address(address)
    chosen = [card for card in cards if card.address == wanted]
    if not chosen:
        raise WrongUsage(_no_such(address, name, cards))
    return chosen


def cards_of(stored: Stored, session: Session) -> list[Card]:
    """Give the cards of a tenant, ours and foreign, sorted by address."""
    snapshot, objects = live_snapshot(session.platform.read(stored.tenant), stored.ids())
    linked = _linked(snapshot.resources)
    now = session.options.outside.now()
    return [
        _card(resource, objects[a], stored, linked.get(a, ()), now)
        for a, resource in sorted(snapshot.resources.items())
        if a.kind is not Kind.ATTACHMENT
    ]


def age_of(at: str, now: str) -> float | None:
    """Give the seconds from one time to the other, UTC in ISO 8601; None where there is no time."""
    if not at:
        return None
    try:
        return max(0.0, (datetime.fromisoformat(now) - datetime.fromisoformat(at)).total_seconds())
    except (ValueError, TypeError):
        return None


def aged(checks: Sequence[Probed], now: str = "") -> tuple[Probed, ...]:
    """Say of checks how old they are by now."""
    now = now or Outside().now()
    return tuple(replace(one, age_s=age_of(one.found.at, now) or 0.0) for one in checks)


def _no_such(address: str, tenant: str, cards: list[Card]) -> Diagnostic:
    from difflib import get_close_matches

    close = get_close_matches(address, [str(card.address) for card in cards], n=1)
    return error(
        "no-such-object",
        "The platform has no such object",
        f"{address} in tenant {tenant!r}",
        f"did you mean {close[0]}?" if close else "`flametree-cfg show PATH` lists what there is",
    )


def _linked(resources: Mapping[Address, Resource]) -> dict[Address, tuple[str, ...]]:
    """Say who is linked or attached to whom: agents for connectors and channels, both for an agent."""
    found: dict[Address, list[str]] = {}
    for resource in resources.values():
        for _, target in links(resource):
            found.setdefault(target, []).append(str(resource.address))
            found.setdefault(resource.address, []).append(str(target))
        if resource.address.kind is Kind.ATTACHMENT:
            inbound = " (inbound)" if resource.fields.get("inbound") else ""
            owner, place = agent(resource.address.agent_key), channel(resource.address.channel_key)
            found.setdefault(place, []).append(f"{owner}{inbound}")
            found.setdefault(owner, []).append(f"{place}{inbound}")
    return {address: tuple(sorted(set(names))) for address, names in found.items()}


def _card(resource: Resource, item: LiveObject, stored: Stored, linked: tuple[str, ...], now: str) -> Card:
    return Card(
        resource.address,
        resource.type,
        resource.name,
        str(resource.fields.get("description") or ""),
        item.id,
        tuple(_tags(resource, stored)),
        item.status,
        item.health,
        item.message,
        item.checked,
        age_of(item.checked_at, now),
        linked,
        dict(_parameters(resource.settings)),
    )


def _tags(resource: Resource, stored: Stored) -> Iterator[str]:
    entry = stored.entries.get(resource.address)
    if resource.fields.get("default"):
        yield "DEFAULT"
    if resource.system:
        yield "SYS.INT."
    elif resource.address.foreign:
        yield "FOREIGN"
    if entry and entry.resource.external:
        yield "EXTERNAL"
    if entry and entry.protected:
        yield "PROTECTED"


def _parameters(settings: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        if isinstance(value, Secret):
            yield key, "(secret)"
        elif isinstance(value, list):
            yield key, f"{len(value)} {key}" if value and isinstance(value[0], Mapping) else ", ".join(map(str, value))
        elif value not in (None, "", {}):
            yield key, str(value)
