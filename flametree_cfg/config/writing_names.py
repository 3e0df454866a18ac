"""Names made from what the portal shows: keys of the YAML, and environment variables for secrets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from flametree_cfg.errors import Path
from flametree_cfg.model import Address, Kind, is_key

KEY_LENGTH = 63

_NO_KEY = re.compile(r"[^a-z0-9]+")
_NO_VARIABLE = re.compile(r"[^A-Z0-9]+")
# Letters of Latin alphabets that Unicode does not take apart.
_LATIN = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "þ": "th",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)


class Keys:
    """
    Gives resources their keys; the same names in the same order get the same ones.

    Args:
        taken: addresses that are in use, or were and are kept by the ledger.
    """

    def __init__(self, taken: set[Address]) -> None:
        self._taken = set(taken)

    def make(self, kind: Kind, type_: str, name: str) -> Address:
        """Make the address of an object: from its name, or where that has no Latin letters `TYPE-NUMBER`."""
        slug = key_from(name)
        candidates = _numbered(slug) if slug else _numbered(key_from(type_.replace("_", "-")) or kind.value, first=1)
        address = next(one for key in candidates if (one := Address(kind, key)) not in self._taken)
        self._taken.add(address)
        return address


def key_from(name: str) -> str:
    """Make a key of a name; empty where most of its letters are of no Latin alphabet."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LATIN))
    letters = [c for c in plain if c.isalnum()]
    if sum(c.isascii() for c in letters) * 2 < len(letters):
        return ""
    key = _NO_KEY.sub("-", "".join(c for c in plain if not unicodedata.combining(c))).strip("-")
    key = key[:KEY_LENGTH].rstrip("-")
    return key if is_key(key) else ""


def _numbered(base: str, first: int = 0) -> Iterator[str]:
    """List a key and what follows it: `chat`, `chat-2`, `chat-3`, none longer than a key may be."""
    if not first:
        yield base
    number = first or 2
    while True:
        ending = f"-{number}"
        yield base[: KEY_LENGTH - len(ending)].rstrip("-") + ending
        number += 1


class Variables:
    """
    Gives secrets the environment variables they are to come from: `ACME_SUPPORT_BOT_TOKEN`.

    Args:
        tenant: whose; every name begins with it.
        taken: names that stand for other secrets.
        permits: tells which variables tenants may read, as `secret.Policy.permits`.
        allowed: the operator's patterns of variables, if any: a name that is not permitted is fitted into one.
    """

    def __init__(
        self, tenant: str, taken: set[str], permits: Callable[[str], bool], allowed: tuple[str, ...] | None = None
    ) -> None:
        self._tenant = tenant
        self._taken = set(taken)
        self._permits = permits
        self._allowed = allowed or ()
        self._given: dict[tuple[Address, Path], str] = {}

    def reference(self, address: Address, path: Path) -> str:
        """Make the reference of a secret: of `channel.support` at `("settings", "bot_token")`; the same each time."""
        known = self._given.get((address, path))
        if known is None:
            known = self._given[address, path] = self._make(address, path)
        return known

    def _make(self, address: Address, path: Path) -> str:
        inner = [str(step) for step in path[1:] if not isinstance(step, int)]
        name = self._permitted(_variable("_".join([self._tenant, address.key, *inner])))
        found = next(one for one in _variants(name, address.kind) if one not in self._taken)
        self._taken.add(found)
        return f"${{env:{found}}}"

    def _permitted(self, name: str) -> str:
        fitted = (pattern.replace("*", name) for pattern in self._allowed if pattern.count("*") == 1)
        return next((one for one in (name, f"TENANT_{name}", *fitted) if self._permits(one)), name)


def _variable(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    name = _NO_VARIABLE.sub("_", plain.upper()).strip("_")
    return name if name[:1].isalpha() else f"TENANT_{name}"


def _variants(name: str, kind: Kind) -> Iterator[str]:
    yield name
    yield f"{name}_{kind.value.upper()}"
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1
