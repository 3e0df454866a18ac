"""How entries and operations are written down: canonical JSON, references and fingerprints, never a value."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from flametree_cfg.model import (
    Action,
    Address,
    Check,
    Effect,
    FieldChange,
    Kind,
    Note,
    Operation,
    Precondition,
    Resource,
    Secret,
    Value,
    from_json,
    to_json,
)

_KINDS = {kind.value: kind for kind in Kind}
_MARK = "$secret"


def write_json(value: object) -> str:
    """
    Write a value with what is in it, keys sorted, no spaces.

    The encoder asks for what it does not know: `to_json` on every value first would cost three times as much.
    """
    return _encode(value)


def _plain(value: object) -> object:
    if isinstance(value, Secret):
        return to_json(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no value")


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain).encode
_encode_as_it_is = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain).encode

_write = msgspec.json.Encoder(order="sorted", enc_hook=_plain).encode
_UNUSUAL = (OverflowError, TypeError, ValueError, RecursionError)  # numbers beyond 64 bits, halves of surrogate pairs
_UNPRINTED = re.compile(rb'\{"\$secret":"([^"\\]+)"\}')
_PRINTED = re.compile(r'\{"\$secret":"([^"\\]+)"(?:,"fingerprint":"([^"\\]*)")?\}')


def write_fields(fields: Mapping[str, Value]) -> str:
    """Write the fields of a resource as `write_json` does, but for letters beyond ASCII, which stand as they are."""
    try:
        written = _write(fields)
        return written.decode() if b"null" not in written else _with_no_numbers(fields, written.decode())
    except _UNUSUAL:
        return write_json(fields)


def _with_no_numbers(fields: Mapping[str, Value], written: str) -> str:
    """Keep what is no number, which a platform may say and msgspec writes as null."""
    text = _encode_as_it_is(fields)
    return text if "NaN" in text or "Infinity" in text else written


def fields_writer(prints: Mapping[str, str]) -> Callable[[Sequence[Mapping[str, Value]]], bytes]:
    """
    Give what writes the fields of many resources at once, as `write_fields` does each, with commas between.

    Args:
        prints: fingerprints by reference; they are put on the secrets in the fields, which have none.
    """

    def printed(found: re.Match[bytes]) -> bytes:
        print_ = prints.get(found[1].decode(), "")
        return b'{"$secret":"%b","fingerprint":"%b"}' % (found[1], print_.encode()) if print_ else found[0]

    def write(many: Sequence[Mapping[str, Value]]) -> bytes:
        try:
            written = _write(many)[1:-1]
        except _UNUSUAL:
            written = ",".join(map(write_fields, many)).encode()
        return _UNPRINTED.sub(printed, written)

    return write


def part_prints(text: str) -> tuple[bytes, list[tuple[str, str]]]:
    """
    Part fingerprints from fields as `write_fields` wrote them.

    Returns:
        The text as it would be without them, and each secret's reference with its fingerprint.
    """
    return _PRINTED.sub(r'{"$secret":"\1"}', text).encode(), _PRINTED.findall(text)


def plain_json(value: object) -> Any:
    """Turn a value into plain JSON all through."""
    return json.loads(write_json(value))


def read_all_fields(bodies: list[str]) -> list[dict[str, Any]]:
    """
    Read the fields of many resources at once.

    One call for all, and secrets made while parsing: ten thousand calls and a second walk cost three times as much.
    """
    found: list[dict[str, Any]] = json.loads(f"[{','.join(bodies)}]", object_hook=_secret_or_same)
    return found


def _secret_or_same(plain: dict[str, Any]) -> Any:
    return Secret(plain[_MARK], plain.get("fingerprint", "")) if _MARK in plain else plain


def read_address(text: str) -> Address:
    """Read an address that we wrote."""
    kind, _, key = text.partition(".")
    return Address(_KINDS[kind], key)


def entry_checksum(
    tenant: str, address: str, platform_id: str, external: int, system: int, protected: int, body: str
) -> int:
    """Sum an entry's row up; written out, since every read does it ten thousand times."""
    return _sum(f"{tenant}\x1f{address}\x1f{platform_id}\x1f{external}{system}{protected}\x1f{body}")


def _sum(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace"))


def write_operation(operation: Operation) -> dict[str, Any]:
    """Turn an operation into what `write_json` writes; what is empty is left out."""
    full: dict[str, Any] = {
        "id": operation.id,
        "action": operation.action.value,
        "address": str(operation.address),
        "type": operation.type,
        "previous": str(operation.previous) if operation.previous else None,
        "before": write_resource(operation.before) if operation.before else None,
        "after": write_resource(operation.after) if operation.after else None,
        "changes": [[c.path, c.before, c.after, c.note.value] for c in operation.changes],
        "preconditions": [[p.check.value, p.subject, p.path, p.expect] for p in operation.preconditions],
        "effects": [[str(e.address), e.path, e.before, e.after] for e in operation.effects],
        "part_of": operation.part_of,
        "reason": operation.reason,
        "protected": operation.protected,
        "platform_id": operation.platform_id,
    }
    return {key: value for key, value in full.items() if value}


def read_operation(plain: Mapping[str, Any]) -> Operation:
    """
    Undo `write_operation`.

    Raises:
        KeyError, ValueError, TypeError, AttributeError: it is no operation; only a document from outside can be.
    """
    previous, before, after = plain.get("previous"), plain.get("before"), plain.get("after")
    return Operation(
        id=str(plain["id"]),
        action=Action(plain["action"]),
        address=read_address(plain["address"]),
        type=plain.get("type", ""),
        previous=read_address(previous) if previous else None,
        before=read_resource(before) if before else None,
        after=read_resource(after) if after else None,
        changes=tuple(
            FieldChange(tuple(path), from_json(one), from_json(other), Note(note))
            for path, one, other, note in plain.get("changes", ())
        ),
        preconditions=tuple(
            Precondition(Check(check), subject, path, expect)
            for check, subject, path, expect in plain.get("preconditions", ())
        ),
        effects=tuple(
            Effect(read_address(address), tuple(path), from_json(one), from_json(other))
            for address, path, one, other in plain.get("effects", ())
        ),
        part_of=plain.get("part_of", ""),
        reason=plain.get("reason", ""),
        protected=bool(plain.get("protected", False)),
        platform_id=plain.get("platform_id", ""),
    )


def write_resource(resource: Resource) -> dict[str, Any]:
    """Turn a resource into what `write_json` writes."""
    plain: dict[str, Any] = {"address": str(resource.address), "fields": resource.fields}
    if resource.external:
        plain["external"] = True
    if resource.system:
        plain["system"] = True
    return plain


def read_resource(plain: Mapping[str, Any]) -> Resource:
    """
    Undo `write_resource`.

    Raises:
        KeyError, ValueError, TypeError, AttributeError: it is no resource; only a document from outside can be.
    """
    fields = from_json(plain["fields"])
    if not isinstance(fields, dict):
        raise TypeError("fields is no object")
    return Resource(
        read_address(plain["address"]), fields, bool(plain.get("external", False)), bool(plain.get("system", False))
    )
