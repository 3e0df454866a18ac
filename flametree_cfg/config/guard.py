"""What is refused before a YAML parser may see a file: wrong encodings, hiding characters, bombs for the parser."""

from __future__ import annotations

from array import array
from itertools import accumulate

from flametree_cfg.config.characters import (
    FORBIDDEN,
    REPLACEMENT,
    forbidden_in,
    only_plain_ascii,
    other_encoding,
    place_of,
    without_bom,
)
from flametree_cfg.config.problem import problem
from flametree_cfg.errors import Diagnostic, Location

MAX_PROBLEMS = 100  # of one file: whoever has more corrects these first
_MAX_OPEN_BRACKETS = 20_000  # naive count, so texts with brackets pass; libyaml's own recursion ends at about 30,000
_MAX_DIRECTIVES = 100  # libyaml compares each `%TAG` with all before it

_BRACKETS = b"[{]}"
_STEPS = bytes.maketrans(_BRACKETS, bytes([1, 1, 255, 255]))  # 255 is -1 as a signed byte
_NOT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))


class Unfit(Exception):
    """The file may not be parsed; carries why."""

    def __init__(self, reason: Diagnostic) -> None:
        self.reason = reason
        super().__init__(reason.summary)


def fit_to_parse(data: bytes, file: str, found: list[Diagnostic]) -> bytes:
    """
    Give the bytes a parser may see; forbidden characters are reported and replaced, so that the rest is read too.

    Raises:
        Unfit: no part of it may be parsed.
    """
    body = without_bom(data)
    if not only_plain_ascii(body):
        body = _without_forbidden(body, file, found)
    _refuse_deep_brackets(body, file)
    _refuse_many_directives(body, file)
    return body


def _without_forbidden(body: bytes, file: str, found: list[Diagnostic]) -> bytes:
    encoding = other_encoding(body)
    if encoding:
        raise Unfit(problem("not-utf8", Location(file, 1, 1), f"looks like {encoding}"))
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as broken:
        before = body[: broken.start].decode("utf-8")
        location = Location(file, *place_of(before, len(before)))
        raise Unfit(problem("not-utf8", location, f"byte 0x{body[broken.start]:02X} is no UTF-8 here")) from broken
    for code, name, offset in forbidden_in(text):
        if len(found) == MAX_PROBLEMS:
            break
        found.append(problem(code, Location(file, *place_of(text, offset)), name))
    return FORBIDDEN.sub(lambda match: REPLACEMENT * len(match[0]), text).encode() if found else body


def _refuse_deep_brackets(body: bytes, file: str) -> None:
    if body.count(b"[") + body.count(b"{") <= _MAX_OPEN_BRACKETS:
        return
    steps = array("b", body.translate(_STEPS, _NOT_BRACKETS))
    if max(accumulate(steps)) > _MAX_OPEN_BRACKETS:
        raise Unfit(problem("too-deep", _first_too_deep(body, file), "thousands of brackets are never closed"))


def _first_too_deep(body: bytes, file: str) -> Location:
    level = 0
    for offset, byte in enumerate(body):
        level += (byte in b"[{") - (byte in b"]}")
        if level > _MAX_OPEN_BRACKETS:
            before = body[:offset].decode("utf-8")
            return Location(file, *place_of(before, len(before)))
    return Location(file, 1, 1)


def _refuse_many_directives(body: bytes, file: str) -> None:
    if b"%" not in body:
        return
    count = sum(line.startswith(b"%") for line in body.splitlines())
    if count > _MAX_DIRECTIVES:
        raise Unfit(problem("yaml-directive", Location(file, 1, 1), f"{count} lines begin with %"))
