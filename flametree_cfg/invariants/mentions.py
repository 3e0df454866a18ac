"""Connectors that instructions call by name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from flametree_cfg.errors import Diagnostic, Related, warning
from flametree_cfg.invariants.rule import Found, Scope
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Address, Kind, Resource, Snapshot

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog

GENERIC_ROLE = "uses"
"""The role of connectors that nothing but the agent's instructions calls. Source: design.md, The YAML; domain.md 8."""

OLD_NAME = "connector-named-by-old-name"

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")
_GAPS = {code: " " for code in range(128) if not _WORD.match(chr(code))}

_LONGEST = 8  # words: what is longer nobody calls by name, and looking for it costs at every word of a text

_Words = tuple[str, ...]


class _Names(NamedTuple):
    """Names as words, and by first word how many words long the names are, longest first."""

    whole: Mapping[_Words, Address]
    lengths: Mapping[str, Sequence[int]]


def connector_named_not_used(world: World, catalog: Catalog, scope: Scope) -> Found:
    """
    Warn of instructions that name a generic connector which the agent does not use.

    Such connectors are called by their portal name, in the text; one that is not linked cannot answer.
    Where one name is part of another, the longer one was meant.

    Source: domain.md 8.
    """
    agents = [agent for agent in scope if agent.fields.get("instructions")]
    names = _index(((r.name, r.address) for r in _generic(world, catalog) if agents), agents)
    for agent in agents if names.whole else []:
        used = {target for _role, target in world.links_of(agent.address)}
        named = set(_mentions(agent.fields["instructions"], names))
        yield from (_not_used(agent, world, address) for address in sorted(named - used))


def _not_used(agent: Resource, world: World, address: Address) -> Diagnostic:
    connector = world.get(address)
    return warning(
        "connector-named-not-used",
        "Instructions name a connector that the agent does not use",
        f"{agent.address} speaks of `{connector.name if connector else ''}`, which is {address}",
        f"add `{address.key}` to its `connectors: {{{GENERIC_ROLE}: […]}}`, or take the name out of the instructions",
        address=str(agent.address),
        path=("instructions",),
        related=(Related("is called so", str(address), ("name",)),),
    )


def named_by_old_name(world: World, catalog: Catalog, stored: Snapshot) -> Found:
    """
    Warn of instructions that name a generic connector as it was called when we last applied.

    The platform renames the connector, not the text that calls it. A name that another connector has now is not old.

    Args:
        world: as it is to be.
        catalog: says which connectors are generic.
        stored: what we last applied.

    Source: domain.md 8: a rename can leave stale references.
    """
    renamed = {
        connector.address: (before.name, connector.name)
        for connector in _generic(world, catalog)
        if (before := stored.resources.get(connector.address)) and _words(before.name) != _words(connector.name)
    }
    taken = {_words(connector.name) for connector in _generic(world, catalog)} if renamed else set()
    agents = [agent for agent in world.of_kind(Kind.AGENT) if agent.fields.get("instructions")] if renamed else []
    names = _index(((old, address) for address, (old, _new) in renamed.items() if _words(old) not in taken), agents)
    for agent in agents if names.whole else []:
        for address in sorted(set(_mentions(agent.fields["instructions"], names))):
            yield _old_name(agent, address, *renamed[address])


def agents_naming(names: Mapping[str, Address], agents: Iterable[Resource]) -> Iterator[tuple[Address, Address]]:
    """
    Find instructions that name connectors of any type.

    Args:
        names: what to look for, with whose name it is.
        agents: whose instructions; most have none.

    Returns:
        Agent and connector, once each.
    """
    speaking = [agent for agent in agents if agent.fields.get("instructions")] if names else []
    index = _index(names.items(), speaking)
    for agent in speaking if index.whole else ():
        for address in sorted(set(_mentions(agent.fields["instructions"], index))):
            yield agent.address, address


def _old_name(agent: Resource, address: Address, old: str, new: str) -> Diagnostic:
    return warning(
        OLD_NAME,
        "Instructions name a connector by the name it had",
        f"{agent.address} speaks of `{old}`; {address} is called `{new}` now",
        f"write `{new}` in the instructions",
        address=str(agent.address),
        path=("instructions",),
        related=(Related("was renamed", str(address), ("name",)),),
    )


def _generic(world: World, catalog: Catalog) -> Iterator[Resource]:
    role = catalog.roles.get(GENERIC_ROLE)
    types = frozenset(role.types) if role else frozenset()
    return (r for r in world.of_kind(Kind.CONNECTOR) if r.type in types and r.name)


def _index(names: Iterable[tuple[str, Address]], agents: Iterable[Resource]) -> _Names:
    """
    Prepare names for looking up: a text is then gone over once, however many names there are.

    A name is left out if the agents' instructions together do not have all its words: in most tenants no text is then
    taken apart at all.
    """
    spoken = {word for agent in agents for word in _loose_words(agent.fields["instructions"])}
    whole: dict[_Words, Address] = {}
    lengths: dict[str, set[int]] = {}
    for name, address in sorted(pair for pair in names if spoken.issuperset(_loose_words(pair[0]))):
        words = _words(name)
        if 0 < len(words) <= _LONGEST:
            whole.setdefault(words, address)
            lengths.setdefault(words[0], set()).add(len(words))
    return _Names(whole, {first: sorted(found, reverse=True) for first, found in lengths.items()})


def _mentions(text: str, names: _Names) -> Iterator[Address]:
    """Find names in a text, whole words only, in any case and over line ends; what a longer name covers is not told."""
    words = _words(text)
    covered = 0
    for position in [index for index, word in enumerate(words) if word in names.lengths]:
        for length in names.lengths[words[position]] if position >= covered else ():
            if address := names.whole.get(words[position : position + length]):
                yield address
                covered = position + length
                break


def _words(text: str) -> _Words:
    return tuple(_TOKEN.findall(_plain(text)))


def _loose_words(text: str) -> list[str]:
    """List the words of a text without its punctuation: what `_words` gives but for that, in a tenth of the time."""
    plain = _plain(text)
    return plain.translate(_GAPS).split() if plain.isascii() else _WORD.findall(plain)


def _plain(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
