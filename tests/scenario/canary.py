"""Secrets that sing: a value nobody could write by chance, and every form in which it could get out."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

from flametree_cfg.config import load_catalog
from flametree_cfg.model import Kind
from flametree_cfg.schema import TypeSpec

CATALOG = load_catalog()
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
_SPECIAL = "\"'\\%<&é"


@dataclass(frozen=True)
class Canary:
    """
    One secret value.

    Attributes:
        core: the characters nobody else writes, 24 or more.
        value: the whole value, which its field's pattern takes.
    """

    core: str
    value: str

    @cached_property
    def forms(self) -> tuple[bytes, ...]:
        """List every form of reliability.md 2.7 as bytes; most of them hold the core, which is why it comes first."""
        whole = self.value
        texts = {
            self.core,
            self.core[:8],
            self.core[-8:],
            self.core[::-1],
            whole,
            whole[::-1],
            json.dumps(whole)[1:-1],
            json.dumps(whole, ensure_ascii=False)[1:-1],
            whole.replace("'", "''"),
            html.escape(whole),
            quote(whole, safe=""),
            quote_plus(whole),
            shlex.quote(whole),
            whole.encode().hex(),
            whole.encode().hex().upper(),
            self.core.encode().hex(),
            *_base64(self.core),
        }
        return tuple(text.encode() for text in texts)


def _base64(text: str) -> Iterator[str]:
    """Give what of a text's base64 is the same whatever stands before and behind it, at the three alignments."""
    for shift in range(3):
        raw = b"\0" * shift + text.encode()
        coded = base64.b64encode(raw[: len(raw) // 3 * 3]).decode()
        stable = coded[4 if shift else 0 :]
        yield from (stable, stable.replace("+", "-").replace("/", "_"))


def canary(seed: str, pattern: str = "") -> Canary:
    """Make the canary of a place; the same each time, and another for every place."""
    digest = hashlib.sha512(seed.encode()).digest()
    core = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:24])
    digits = digest.hex()[:32]
    candidates = (
        (core, f"a{_SPECIAL}{core}z"),
        (core, f"123456789:{core}canarycanary"),
        (digits, f"AC{digits}"),
    )
    return next(Canary(*one) for one in candidates if not pattern or re.search(pattern, one[1]))


@dataclass
class Aviary:
    """
    A tenant in which every secret field of every type holds a canary.

    Attributes:
        birds: by the name of the environment variable that holds each.
        sections: the tenant's YAML, as plain values.
    """

    birds: dict[str, Canary] = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of_every_type(cls) -> Aviary:
        """Declare one object of every connector and channel type, and an agent with secrets of its own."""
        aviary = cls()
        for kind in (Kind.CONNECTOR, Kind.CHANNEL):
            section = aviary.sections.setdefault(kind.section, {})
            for spec in CATALOG.types(kind):
                section[spec.name.replace("_", "-")] = aviary._object(kind, spec)
        aviary.sections["channels"]["email"]["environment"] = aviary._named("email")
        aviary.sections["agents"] = {"ann": aviary._agent()}
        return aviary

    @property
    def environment(self) -> dict[str, str]:
        """Give the variables that hold the canaries."""
        return {name: bird.value for name, bird in self.birds.items()}

    @property
    def text(self) -> str:
        """Write the sections as YAML, of which JSON is a part."""
        return "\n".join(f"{section}: {json.dumps(body)}" for section, body in self.sections.items()) + "\n"

    def reference(self, place: str, pattern: str = "") -> str:
        """Put a canary into a variable; gives the reference to it."""
        name = "CANARY_" + re.sub(r"[^A-Za-z0-9]", "_", place).upper()
        self.birds[name] = canary(place, pattern)
        return f"${{env:{name}}}"

    def _object(self, kind: Kind, spec: TypeSpec) -> dict[str, Any]:
        place = f"{kind.value}/{spec.name}"
        settings = _filled(spec.schema, place, self)
        return {"type": spec.name, "name": f"{spec.title} of {kind.value}s", "settings": settings}

    def _named(self, owner: str) -> dict[str, Any]:
        return {"PLAIN": "30", "TOKEN": {"secret": self.reference(f"{owner}/environment")}}

    def _agent(self) -> dict[str, Any]:
        headers = {"X-Key": {"secret": self.reference("ann/push")}, "X-Plain": "yes"}
        push = {"events": ["new_message"], "url": "https://app.example/push", "headers": headers}
        links = {"llm": "llm", "uses": ["api-key", "oauth"]}
        return {
            "type": "inbound",
            "name": "Ann",
            "running": True,
            "connectors": links,
            "channels": {"telegram": {"inbound": True}},
            "environment": self._named("ann"),
            "push": push,
        }


def _filled(schema: Mapping[str, Any], place: str, aviary: Aviary) -> Any:
    """Give the first example, with every secret below it that the schema knows."""
    if schema.get("writeOnly"):
        return aviary.reference(place, schema.get("pattern", ""))
    if "properties" not in schema:
        named, listed = schema.get("additionalProperties"), schema.get("items", {})
        if isinstance(named, Mapping) and named.get("writeOnly"):
            return {"X-Canary": aviary.reference(f"{place}/*")}
        return [_filled(listed, place, aviary)] if "properties" in listed else _plain(schema)
    wanted = {
        name: node
        for name, node in schema["properties"].items()
        if name in schema.get("required", ()) or _has_secret(node) or ("if" in schema and "default" not in node)
    }
    return {name: _filled(node, f"{place}/{name}", aviary) for name, node in wanted.items()}


def _plain(node: Mapping[str, Any]) -> Any:
    for source in ("examples", "enum"):
        if source in node:
            return node[source][0]
    return node.get("default", node.get("minimum", 1 if node.get("type") in ("integer", "number") else "text"))


def _has_secret(node: Mapping[str, Any]) -> bool:
    inner = [node.get("items"), node.get("additionalProperties"), *node.get("properties", {}).values()]
    return bool(node.get("writeOnly")) or any(_has_secret(one) for one in inner if isinstance(one, Mapping))


def hits(birds: Iterable[Canary], artefacts: Mapping[str, bytes | str]) -> list[str]:
    """Look for every form of every canary; gives where which core was found."""
    raw = {name: text.encode() if isinstance(text, str) else text for name, text in artefacts.items()}
    return [
        f"{name}: {bird.core} as {form!r}"
        for bird in birds
        for form in bird.forms
        for name, data in raw.items()
        if form in data
    ]
