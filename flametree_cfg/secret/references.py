"""Turn references into values; the scheme of a reference is the name of a module in this room."""

from __future__ import annotations

import importlib
import importlib.util
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from msgspec import field

from flametree_cfg.model import Hiding, parse_references
from flametree_cfg.secret.policy import Policy
from flametree_cfg.secret.unresolvable import Unresolvable

Resolver = Callable[[str, Policy], str]

MAX_CHARACTERS = 64 * 1024  # as for files

_SCHEME = re.compile(r"[a-z][a-z0-9]*")


class Resolved(Hiding, frozen=True):
    """
    What became of references; each is in one of the two.

    Attributes:
        values: by reference; never to be logged or stored.
        problems: why there is no value, by reference; never shows a value.
    """

    never_shown = frozenset({"values"})

    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def resolve_all(references: Iterable[str], policy: Policy) -> Resolved:
    """Look up every reference (`${env:NAME}`), each once."""
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    wanted = list(dict.fromkeys(references))
    for reference, parsed in zip(wanted, parse_references(wanted), strict=True):
        try:
            values[reference] = _resolve(parsed, policy)
        except Unresolvable as problem:
            problems[reference] = str(problem)
    return Resolved(values, problems)


def _resolve(parsed: tuple[str, str] | None, policy: Policy) -> str:
    if parsed is None:
        raise Unresolvable("it is not written as ${SCHEME:NAME}")
    scheme, name = parsed
    resolver = _resolver(scheme)
    if resolver is None:
        raise Unresolvable(f"{scheme} is no place this version can read secrets from")
    value = resolver(name, policy)
    if not (0 < len(value) <= MAX_CHARACTERS and value.isascii() and value.isprintable()) and (fault := _fault(value)):
        raise Unresolvable(f"the value of {scheme}:{name} {fault}")
    return value


@lru_cache(maxsize=16)
def _resolver(scheme: str) -> Resolver | None:
    if not _SCHEME.fullmatch(scheme) or importlib.util.find_spec(f"{__package__}.{scheme}") is None:
        return None
    found: Resolver | None = getattr(importlib.import_module(f"{__package__}.{scheme}"), "resolve", None)
    return found


def _fault(value: str) -> str:
    """Say what is wrong with a value without showing it; empty if nothing is."""
    if not value:
        return "is empty"
    if len(value) > MAX_CHARACTERS:
        return "is too long"
    if any(unicodedata.category(character) in ("Cc", "Cs") and character != "\n" for character in value):
        return "has control characters or is not text"
    return ""
