"""Where a tenant has to end, from its YAML as plain JSON: no order, no operations, only what shall be (design.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flametree_cfg.model import Address, Kind, Stored, agent, attachment, channel
from tests.oracle.platform import SETTING_DEFAULTS, WITH_AGENT, Objects, Platform, Sealed, blank, linked_ids
from tests.oracle.rules import fold, legal

Document = Mapping[str, Any]
_SECTIONS: Mapping[str, Kind] = {"connectors": Kind.CONNECTOR, "channels": Kind.CHANNEL, "agents": Kind.AGENT}
OUTGOING = "~old"
"""Marks in the ledger what a replacement left to be deleted, where an apply was interrupted."""

_NO_FIELDS = frozenset({"external", "system", "protected", "previously", "channels"})


class NotThereError(Exception):
    """An external object is declared that the platform does not have."""


@dataclass
class Target:
    """
    The platform as it has to be, and what the ledger has to know.

    Attributes:
        objects: by id; what is to be made has the id `new KIND.KEY`.
        ids: of everything declared, and of what is kept although it is not.
        kept: addresses no longer declared that stay: unmanaged sections, protected objects.
        gone: ids of our own that leave.
        broken: rules that the end breaks and the beginning did not.
    """

    objects: Objects
    ids: dict[Address, str] = field(default_factory=dict)
    kept: set[Address] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)


def bodies(document: Document) -> dict[Address, Mapping[str, Any]]:
    """Take a document apart: the body of each connector, channel, agent and attachment."""
    found: dict[Address, Mapping[str, Any]] = {}
    for section, kind in _SECTIONS.items():
        for key, body in (document.get(section) or {}).items():
            found[Address(kind, key)] = body
            for other, said in (body.get("channels") or {}).items() if kind is Kind.AGENT else ():
                found[attachment(key, other)] = said
    return found


def target(platform: Platform, stored: Stored, document: Document, secrets: Mapping[str, str]) -> Target:
    """
    Say where a document takes a platform.

    Raises:
        NotThereError: an external object is not found.
    """
    end = platform.copy()
    wanted = bodies(document)
    known = _after_renames(stored, wanted)
    ids, made = dict(_present(end, known, wanted)), {}
    for address, body in wanted.items():
        if address not in ids and address.kind is not Kind.ATTACHMENT:
            if outside(body):
                raise NotThereError(address)
            made[address] = f"new {address}"
    result = Target(end.objects, ids | made, _kept(known, wanted, document))
    ours = {address for address, entry in known.items() if not entry.resource.external}
    leaving = {known[a].id for a in ours if known[a].id not in ids.values() and a not in result.kept}
    _leave(end, leaving, result, wanted, known)
    for address, platform_id in made.items():
        end.objects[platform_id] = {**blank(address.kind.value), "stale": False}
    for address, body in wanted.items():
        _become(end, address, body, result.ids, secrets)
    _take_inbound(end, result.ids, wanted, known)
    for address, body in wanted.items():
        if body.get("default"):
            end.make_default(result.ids[address])
    before = legal(platform.objects)
    result.broken = [rule for rule in legal(end.objects) if rule not in before]
    result.broken += [
        f"{a} is protected" for a in wanted if a in known and known[a].protected and known[a].id in result.gone
    ]
    return result


def outside(body: Mapping[str, Any]) -> bool:
    """Tell whether somebody else owns the object."""
    return bool(body.get("external") or body.get("system"))


def _after_renames(stored: Stored, wanted: Mapping[Address, Mapping[str, Any]]) -> dict[Address, Any]:
    moves: dict[Address, Address] = {}
    for address, body in wanted.items():
        for key in body.get("previously", ()):
            before = Address(address.kind, key)
            if address not in stored.entries and before in stored.entries and before not in wanted:
                moves[before] = address
                break
    known = {}
    for address, entry in stored.entries.items():
        if address.kind is Kind.ATTACHMENT:
            ends = agent(address.agent_key), channel(address.channel_key)
            owner, place = (moves.get(end, end) for end in ends)
            known[attachment(owner.key, place.key)] = entry
        else:
            known[moves.get(address, address)] = entry
    return known


def _present(
    end: Platform, known: Mapping[Address, Any], wanted: Mapping[Address, Mapping[str, Any]]
) -> Iterator[tuple[Address, str]]:
    """Find what is there already and can become what is wanted."""
    ours = {entry.id for entry in known.values() if not entry.resource.external}
    for address, body in wanted.items():
        if address.kind is Kind.ATTACHMENT:
            continue
        if outside(body):
            for platform_id, one in end.objects.items():
                named = one["kind"] == address.kind.value and one["type"] == body["type"]
                same = named and fold(one["name"]) == fold(body["name"]) and one.get("system", False) is system(body)
                if same and platform_id not in ours:
                    yield address, platform_id
        elif (entry := known.get(address)) and not entry.resource.external and _type(end, entry) == body["type"]:
            yield address, entry.id


def _type(end: Platform, entry: Any) -> str | None:
    return end.objects.get(entry.id, {}).get("type")


def system(body: Mapping[str, Any]) -> bool:
    """Tell whether it belongs to the platform's public tenant."""
    return bool(body.get("system"))


def _kept(
    known: Mapping[Address, Any], wanted: Mapping[Address, Mapping[str, Any]], document: Document
) -> set[Address]:
    kept = set()
    for address, entry in known.items():
        if address in wanted or OUTGOING in address.key:
            continue
        owner = wanted.get(agent(address.agent_key)) if address.kind is Kind.ATTACHMENT else None
        unmanaged = address.kind.section not in document or (owner is not None and "channels" not in owner)
        if unmanaged or (entry.protected and not entry.resource.external):
            kept.add(address)
    protected = {address.key for address in kept if address.kind is Kind.AGENT}
    return kept | {a for a in known if a.kind is Kind.ATTACHMENT and a.agent_key in protected and a not in wanted}


def _leave(
    end: Platform,
    leaving: set[str],
    result: Target,
    wanted: Mapping[Address, Mapping[str, Any]],
    known: Mapping[Address, Any],
) -> None:
    """Delete what leaves; the attachments of what leaves go with it."""
    for address, entry in known.items():
        if address.kind is Kind.ATTACHMENT and address not in wanted and address not in result.kept:
            leaving.add(entry.id)
    result.gone = {one for one in leaving if one in end.objects}
    for platform_id in sorted(result.gone, key=lambda one: "/" not in one):
        if platform_id in end.objects and "/" in platform_id:
            del end.objects[platform_id]
        elif platform_id in end.objects:
            end.delete(platform_id)


def _become(
    end: Platform, address: Address, body: Mapping[str, Any], ids: dict[Address, str], secrets: Mapping[str, str]
) -> None:
    if address.kind is Kind.ATTACHMENT:
        owner, place = ids[agent(address.agent_key)], ids[channel(address.channel_key)]
        ids[address] = f"{owner}/{place}"
        end.objects[f"{owner}/{place}"] = {
            "kind": "attachment",
            "agent": owner,
            "channel": place,
            "inbound": body.get("inbound", False),
        }
        return
    one = end.objects[ids[address]]
    fields = {key: _sealed(value, secrets) for key, value in body.items() if key not in _NO_FIELDS}
    if not outside(body):
        fields.setdefault("description", "")
        if address.kind is not Kind.AGENT:
            # A setting that no type file knows is another hand's, and stays.
            strange = {key: value for key, value in one["settings"].items() if key.startswith("strange")}
            defaults = SETTING_DEFAULTS.get(body["type"], {})
            fields["settings"] = {**strange, **defaults, **fields.get("settings", {})}
    default = fields.pop("default", None if outside(body) or address.kind is not Kind.CONNECTOR else False)
    if "connectors" in fields:
        given = {role: linked_ids(keys, ids) for role, keys in fields["connectors"].items()}
        fields["connectors"] = {**one["connectors"], **{role: _order(role, keys) for role, keys in given.items()}}
    if body["type"] in WITH_AGENT:
        fields.pop("running", None)
    one |= fields if not outside(body) else {key: v for key, v in fields.items() if key == "connectors"}
    if default is not None:
        one["default"] = default


def _take_inbound(
    end: Platform, ids: dict[Address, str], wanted: Mapping[Address, Mapping[str, Any]], known: Mapping[Address, Any]
) -> None:
    """A foreign attachment on our agent stays, unless it holds what we claim."""
    declared = {ids[address] for address in wanted}
    ours = {ids[address] for address, body in wanted.items() if address.kind is Kind.AGENT and not outside(body)}
    claimed = {ids[channel(a.channel_key)] for a, body in wanted.items() if "/" in a.key and body.get("inbound")}
    for key, one in list(end.objects.items()):
        foreign = "/" in key and key not in declared and key not in {entry.id for entry in known.values()}
        if foreign and one["inbound"] and one["channel"] in claimed and one["agent"] in ours:
            del end.objects[key]


def _order(role: str, linked: list[str]) -> list[str]:
    return linked if role == "tts" else sorted(linked)


def _sealed(value: Any, secrets: Mapping[str, str]) -> Any:
    if isinstance(value, str) and value.startswith("${"):
        return Sealed(secrets[value])
    if isinstance(value, Mapping):
        return (
            _sealed(value["secret"], secrets)
            if "secret" in value
            else {k: _sealed(v, secrets) for k, v in value.items()}
        )
    return [_sealed(item, secrets) for item in value] if isinstance(value, list) else value
