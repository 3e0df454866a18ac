"""Values inside resources: JSON, plus secrets that are never there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

Value = Any
"""
None, bool, int, float, str, `Secret`, a list of values, or a dict of str to values.

Lists and dicts are never changed once they are inside a `Resource`.
"""

RESERVED_KEY = _SECRET_MARK = "$secret"  # noqa: S105  # a key in JSON, no password

REFERENCE_PATTERN = r"^\$\{([a-z][a-z0-9-]*):([^{}\s]+)\}$"
"""A secret's reference is the whole text `${SCHEME:NAME}`; groups: scheme, name. The same pattern stands in schemas."""

_REFERENCE = re.compile(REFERENCE_PATTERN)
_REFERENCES = re.compile(REFERENCE_PATTERN, re.MULTILINE)


class Secret(Struct, frozen=True, rename={"reference": RESERVED_KEY}, omit_defaults=True):
    """
    A secret, by reference and fingerprint; the value itself is never here. `msgspec` writes what `to_json` gives.

    Attributes:
        reference: `${env:NAME}` as declared; empty where only the platform knows it.
        fingerprint: `KEYID:HEX` (HMAC-SHA-256, see `secret`), empty where it could not be computed here.
    """

    reference: str
    fingerprint: str = ""


def parse_reference(text: str) -> tuple[str, str] | None:
    """Split `${SCHEME:NAME}` into scheme and name; None if the text is no reference."""
    match = _REFERENCE.match(text)
    return (match[1], match[2]) if match else None


def parse_references(texts: Sequence[str]) -> list[tuple[str, str] | None]:
    """Split many texts as `parse_reference` does: all at once where each is a reference, as nearly always."""
    joined = "\n".join(texts)
    found = _REFERENCES.findall(joined)
    each_is_one = len(found) == len(texts) == joined.count("\n") + 1
    return found if each_is_one else [parse_reference(text) for text in texts]


MASKED = Secret("")
"""What a platform reports of a secret: that there is one (domain.md R14)."""


def to_json(value: Value, *, fingerprints: bool = True) -> Value:
    """Turn a value into plain JSON; a secret becomes `{"$secret": reference, "fingerprint": …}`."""
    if isinstance(value, Secret):
        plain = {_SECRET_MARK: value.reference}
        if fingerprints and value.fingerprint:
            plain["fingerprint"] = value.fingerprint
        return plain
    if isinstance(value, Mapping):
        return {key: to_json(item, fingerprints=fingerprints) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item, fingerprints=fingerprints) for item in value]
    return value


def from_json(value: Value) -> Value:
    """Undo `to_json`."""
    if isinstance(value, dict):
        if _SECRET_MARK in value:
            return Secret(value[_SECRET_MARK], value.get("fingerprint", ""))
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return value


def value_hash(value: Value) -> str:
    """
    Name a value by 32 hex digits of SHA-256 over its RFC 8785 form; secrets count as present, not by content.

    `1` and `1.0` are one value, `true` and `1` are two. Used in preconditions, by planner and platform alike.
    """
    return hashlib.sha256(_canonical(value, _PRESENT)).hexdigest()[:32]


def canonical(value: Value) -> bytes:
    """
    Write a value in its RFC 8785 form; a secret as its reference, as `to_json` does without fingerprints.

    A platform may report numbers that have no such form, and they get one too.
    """
    return _canonical(value, _REFERRED)


class _Encoder(json.JSONEncoder):
    """Writes what RFC 8785 writes, except for special numbers and the order of special keys."""

    def __init__(self, *, referring: bool) -> None:
        super().__init__(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
        self._referring = referring
        # `encode` makes this anew each time, which takes as long as writing a small value.
        make = json.encoder.c_make_encoder  # type: ignore[attr-defined]  # None where Python is not in C
        text = json.encoder.encode_basestring
        self._pieces = make(None, self.default, text, None, ":", ",", True, False, True) if make else None

    def write(self, value: Value) -> str:
        """Do what `encode` does."""
        return "".join(self._pieces(value, 0)) if self._pieces else self.encode(value)

    def default(self, o: Value) -> Value:
        if isinstance(o, Secret):
            return {_SECRET_MARK: o.reference if self._referring else ""}
        return dict(o)


_REFERRED = _Encoder(referring=True)
_PRESENT = _Encoder(referring=False)

# 1.0, exponents, more digits than a double holds, no numbers at all. The same inside a text costs only time.
_NUMBERS_THAT_DIFFER = re.compile(
    r"[\[:,](?![\"{\[tfn])-?(?:[NI]|[0-9]{16}|[0-9]+(?:\.[0-9]+)?e|[0-9]+\.0(?:[,\]}]|$))"
)
_EXACT = 2**53 - 1  # what a double holds without a gap
# RFC 8785 sorts keys by UTF-16 units; and it knows no half of a surrogate pair.
_CHARACTERS_THAT_DIFFER = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


class Formless(ValueError):
    """A value holds a number or a text that RFC 8785 cannot write."""


def canonical_part(value: Value) -> str:
    """
    Write a value that stands inside another one as `canonical` does.

    Raises:
        Formless: it has no RFC 8785 form, and so has nothing that it stands in: `canonical` writes that as a whole.
    """
    return _in_form(value, _REFERRED)


def is_plain_text(text: str) -> bool:
    """Tell whether a JSON text in which no number differs is in RFC 8785 form whatever characters it holds."""
    return text.isascii() or not _CHARACTERS_THAT_DIFFER.search(text)


def _canonical(value: Value, encoder: _Encoder) -> bytes:
    try:
        return _in_form(value, encoder).encode()
    except Formless:
        plain = map_secrets(value, lambda _path, secret: encoder.default(secret))
        return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode("ascii")


def _in_form(value: Value, encoder: _Encoder) -> str:
    """Write with the standard library, twenty times as fast, what it writes as RFC 8785 wants."""
    if isinstance(value, (int, float)) and value is not True and value is not False:
        return _by_rfc(value)
    text = encoder.write(value)
    if _NUMBERS_THAT_DIFFER.search(text):
        text = encoder.write(_with_integers(value))
    if _NUMBERS_THAT_DIFFER.search(text) or not is_plain_text(text):
        return _by_rfc(map_secrets(value, lambda _path, secret: encoder.default(secret)))
    return text


def _with_integers(value: Value) -> Value:
    """Copy a value with `1.0` as 1, which is how RFC 8785 writes it: no other number of most YAML differs."""
    kind = value.__class__
    if kind is float:
        return int(value) if value.is_integer() and abs(value) <= _EXACT else value
    if kind is dict:
        return {key: item if item.__class__ is str else _with_integers(item) for key, item in value.items()}
    return [_with_integers(item) for item in value] if kind is list else value


def _by_rfc(plain: Value) -> str:
    import rfc8785

    try:
        return rfc8785.dumps(plain).decode()
    except rfc8785.CanonicalizationError as cause:
        raise Formless from cause


def secrets_in(value: Value, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Secret]]:
    """Find every secret in a value, with its path, in document order."""
    if isinstance(value, Secret):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from secrets_in(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from secrets_in(item, (*path, index))


def map_secrets(
    value: Value, change: Callable[[tuple[str | int, ...], Secret], Value], path: tuple[str | int, ...] = ()
) -> Value:
    """Copy a value with every secret replaced by what `change` makes of it."""
    if isinstance(value, Secret):
        return change(path, value)
    if isinstance(value, Mapping):
        return {key: map_secrets(item, change, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [map_secrets(item, change, (*path, index)) for index, item in enumerate(value)]
    return value


def at_path(value: Value, path: Sequence[str | int]) -> Value:
    """Follow a path into a value; None where it ends early."""
    for step in path:
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
