"""Names of things: kinds, addresses, folded names."""

from __future__ import annotations

import enum
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

KEY_PATTERN = r"[a-z0-9][a-z0-9-]{0,62}"
_KEY = re.compile(KEY_PATTERN)
_ID_PREFIX = "id:"


class Kind(enum.StrEnum):
    """The four kinds of resource; the value is the first part of an address."""

    CONNECTOR = "connector"
    CHANNEL = "channel"
    AGENT = "agent"
    ATTACHMENT = "attachment"

    @property
    def section(self) -> str:
        """The YAML section that declares this kind; attachments stand inside `agents`."""
        return "agents" if self is Kind.ATTACHMENT else f"{self.value}s"


class Address(NamedTuple):
    """
    What a resource is called in YAML, ledger and plan: `connector.openai-prod`.

    The key of an attachment is `AGENT/CHANNEL`. An object that no YAML names has the key `id:PLATFORM-ID`;
    `:` cannot occur in a key, so the two never meet. A key that ends in `~old` is an object on its way out
    because another one took its place.
    """

    kind: Kind
    key: str

    def __str__(self) -> str:
        return f"{self.kind!s}.{self.key}"  # `.value` of an enum takes longer than the rest

    @property
    def foreign(self) -> bool:
        """Whether nobody's YAML names it."""
        return _ID_PREFIX in self.key

    @property
    def agent_key(self) -> str:
        """Of an attachment: the key of its agent."""
        return self.key.partition("/")[0]

    @property
    def channel_key(self) -> str:
        """Of an attachment: the key of its channel."""
        return self.key.partition("/")[2]


# Tenants have as many references as resources: around NamedTuple's own constructor, and a member looked up once each,
# an address takes a third of the time.
_new = tuple.__new__
_CONNECTOR, _CHANNEL, _AGENT, _ATTACHMENT = Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT, Kind.ATTACHMENT


def connector(key: str) -> Address:
    """Address a connector by key."""
    return _new(Address, (_CONNECTOR, key))


def channel(key: str) -> Address:
    """Address a channel by key."""
    return _new(Address, (_CHANNEL, key))


def agent(key: str) -> Address:
    """Address an agent by key."""
    return _new(Address, (_AGENT, key))


def attachment(agent_key: str, channel_key: str) -> Address:
    """Address the attachment of a channel to an agent."""
    return _new(Address, (_ATTACHMENT, f"{agent_key}/{channel_key}"))


def foreign_key(platform_id: str) -> str:
    """Make the key of an object that only the platform knows."""
    return _ID_PREFIX + platform_id


def parse_address(text: str) -> Address | None:
    """
    Read `kind.key` (or `kind.id:UUID`) as people type it.

    Returns:
        None if it is no address; whether it exists is another question.
    """
    kind_text, dot, key = text.partition(".")
    if not dot or kind_text not in Kind.__members__.values():
        return None
    kind = Kind(kind_text)
    parts = key.split("/") if kind is Kind.ATTACHMENT else [key]
    if len(parts) != (2 if kind is Kind.ATTACHMENT else 1):
        return None
    if not all(_KEY.fullmatch(part.removesuffix("~old")) or part.startswith(_ID_PREFIX) for part in parts):
        return None
    return Address(kind, key)


def is_key(text: str) -> bool:
    """Tell whether a text may stand as a key in YAML."""
    return _KEY.fullmatch(text) is not None


def folded(name: str) -> str:
    """
    Reduce a name to what uniqueness compares.

    The strictest reading, because the platform's own (case, trimming) is not documented: two names that any
    platform might take for one collide here.

    Source: domain.md R1; reliability.md U-01.
    """
    return name.strip().lower() if name.isascii() else _folded_beyond_ascii(name)


@lru_cache(maxsize=65536)
def _folded_beyond_ascii(name: str) -> str:
    once = unicodedata.normalize("NFKC", name.strip())
    visible = "".join(c for c in once if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold()).strip()
