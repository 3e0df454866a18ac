"""
The rules of domain.md over plain dicts, written a second time and by another hand than `flametree_cfg.invariants`.

Objects are a dict of platform id to a dict: `kind` (connector, channel, agent, attachment), `type`, `name`, `default`,
`system`, `settings`, `running`, `connectors` (role to list of ids); an attachment has `agent`, `channel`, `inbound`.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

Objects = Mapping[str, Mapping[str, Any]]

GENERIC = ("api_key", "database", "intercom", "mail", "oauth")
ROLE_TYPES: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("llm", "vlm", "stt", "tts", "mcp", "openapi", "embedder", "transcriptor")},
    "uses": GENERIC,
}
"""Source: domain.md 3.3; `uses` is issue 2's role for connectors called by name."""

MANY = frozenset({"tts", "mcp", "openapi", "uses"})
NEEDS_SPEECH = frozenset({"sip"})
"""Source: domain.md R20."""


def legal(objects: Objects) -> list[str]:
    """Name everything that breaks a rule, sorted; one text per rule and object."""
    found = [
        *_names(objects),
        *_defaults(objects),
        *_inbound(objects),
        *_references(objects),
        *_models(objects),
        *_speech(objects),
        *_codes(objects),
    ]
    return sorted(found)


def fold(name: str) -> str:
    """Reduce a name to what uniqueness compares (reliability.md U-01)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold()).strip()


def of_kind(objects: Objects, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """List objects of one kind with their ids."""
    return ((platform_id, one) for platform_id, one in objects.items() if one["kind"] == kind)


def _names(objects: Objects) -> Iterator[str]:
    """R1: unique within the tenant; system integrations live in the public tenant."""
    taken = Counter(
        (one["kind"], fold(one["name"]))
        for one in objects.values()
        if one["kind"] != "attachment" and not one.get("system")
    )
    yield from (f"R1 {kind} name {name!r} taken {count} times" for (kind, name), count in taken.items() if count > 1)


def _defaults(objects: Objects) -> Iterator[str]:
    """R2: one default per type."""
    taken = Counter(one["type"] for _, one in of_kind(objects, "connector") if one["default"])
    yield from (f"R2 {count} defaults of {type_name}" for type_name, count in taken.items() if count > 1)


def _inbound(objects: Objects) -> Iterator[str]:
    """R11: one inbound agent per connection, here for every type."""
    taken = Counter(one["channel"] for _, one in of_kind(objects, "attachment") if one["inbound"])
    yield from (f"R11 {count} agents inbound on {channel}" for channel, count in taken.items() if count > 1)


def _references(objects: Objects) -> Iterator[str]:
    """3.3, 3.4: links lead to connectors of the role's type, attachments to an agent and a channel."""
    for platform_id, one in objects.items():
        for role, targets in one.get("connectors", {}).items():
            if len(targets) > 1 and role not in MANY:
                yield f"3.3 {platform_id} has several under {role}"
            for target in targets:
                if target not in objects or objects[target]["type"] not in ROLE_TYPES[role]:
                    yield f"3.3 {platform_id} links {target} under {role}"
        if one["kind"] == "attachment":
            yield from (f"3.4 {platform_id}: no {side}" for side in ("agent", "channel") if one[side] not in objects)


def _filled(objects: Objects, agent: Mapping[str, Any], role: str) -> bool:
    """R4: the default of the type serves agents that select none."""
    default = any(one["default"] and one["type"] in ROLE_TYPES[role] for _, one in of_kind(objects, "connector"))
    return default or bool(agent["connectors"].get(role))


def _models(objects: Objects) -> Iterator[str]:
    """R21: an agent needs an LLM to run."""
    for platform_id, one in of_kind(objects, "agent"):
        if one["running"] and not _filled(objects, one, "llm"):
            yield f"R21 {platform_id} runs without an LLM"


def _speech(objects: Objects) -> Iterator[str]:
    """R20: an agent on SIP needs STT and TTS."""
    for platform_id, one in of_kind(objects, "attachment"):
        agent, channel = objects.get(one["agent"]), objects.get(one["channel"])
        if agent and channel and channel["type"] in NEEDS_SPEECH:
            lacking = [role for role in ("stt", "tts") if not _filled(objects, agent, role)]
            yield from (f"R20 {platform_id} lacks {role}" for role in lacking)


def _codes(objects: Objects) -> Iterator[str]:
    """R22: integration codes are unique per agent, and needed when an agent has two OpenAPI connectors."""
    for platform_id, agent in of_kind(objects, "agent"):
        for role in ("mcp", "openapi"):
            linked = [objects[one] for one in agent["connectors"].get(role, ()) if one in objects]
            codes = [fold(one["settings"].get("integration_code") or "") for one in linked]
            if len(linked) > 1 and "" in codes and role == "openapi":
                yield f"R22 {platform_id} has an {role} without code"
            repeated = [code for code, count in Counter(codes).items() if code and count > 1]
            yield from (f"R22 {platform_id} has {role} code {code} twice" for code in repeated)
