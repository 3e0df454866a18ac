"""What a tenant declares, in outline: from the cache's lines as they are, without making ten thousand objects."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flametree_cfg.config import cache as kept
from flametree_cfg.config.parts import FileMark, Parts
from flametree_cfg.model import Address, Declaration
from flametree_cfg.plan import Line

_Plain = Sequence[Any]  # a declaration as the cache writes it


@dataclass(frozen=True, slots=True)
class Outline:
    """
    A tenant in outline.

    Attributes:
        entries: by address, attachments among them.
        sections: which of `connectors`, `channels`, `agents` are present.
    """

    entries: Mapping[tuple[str, str], _Plain]
    sections: frozenset[str]

    def lines(self) -> Iterator[Line]:
        """List all declarations."""
        for kind, key, flags, _, fields in self.entries.values():
            yield Line(kind, key, bool(flags & kept.OUTSIDE), fields)

    def declarations(self, addresses: Collection[Address]) -> dict[Address, Declaration]:
        """Give some of the declarations whole, in document order."""
        found = [kept.declaration_of(plain) for address, plain in self.entries.items() if address in addresses]
        return {declaration.resource.address: declaration for declaration in found}


@dataclass(frozen=True, slots=True)
class Changed:
    """What differs between two states of a tenant's files, by address; absent where a state has none of it."""

    before: Mapping[Address, Declaration]
    after: Mapping[Address, Declaration]

    @property
    def addresses(self) -> frozenset[Address]:
        """Everything that differs."""
        return frozenset({*self.before, *self.after})


def outline_of(parts: Parts) -> Outline:
    """
    Give a tenant in outline.

    Raises:
        ConfigInvalid: a file changed since the run began.
    """
    texts = [parts.texts[mark.digest] for mark in parts.marks if mark.digest in parts.texts]
    plain = {id(text): one for text, one in zip(texts, json.loads(f"[{','.join(texts)}]"), strict=True)}
    entries: dict[tuple[str, str], _Plain] = {}
    sections: set[str] = set()
    for mark in parts.marks:
        text = parts.texts.get(mark.digest)
        if text is None:
            (part,) = parts.of([mark])
            declared: Sequence[_Plain] = [kept.plain_declaration(one) for one in part.declarations]
            sections.update(part.sections)
        else:
            declared = plain[id(text)]["declared"]
            sections.update(plain[id(text)]["sections"])
        entries.update([((one[0], one[1]), one) for one in declared])
    return Outline(entries, frozenset(sections))


def changed_since(parts: Parts, base: Sequence[FileMark]) -> Changed | None:
    """
    Compare what the files say now with what they said when they were read as `base`.

    Returns:
        None where the cache does not have what they said then.

    Raises:
        ConfigInvalid: a file changed since the run began.
    """
    now, then = {mark.digest for mark in parts.marks}, {mark.digest for mark in base}
    gone = [mark for mark in base if mark.digest not in now]
    if any(mark.digest not in parts.texts for mark in gone):
        return None
    before = kept.parse_parts([(*mark, parts.texts[mark.digest]) for mark in gone])
    after = parts.of([mark for mark in parts.marks if mark.digest not in then])
    old = {one.resource.address: one for part in before for one in part.declarations}
    new = {one.resource.address: one for part in after for one in part.declarations}
    same = {a for a in old.keys() & new.keys() if kept.write_declaration(old[a]) == kept.write_declaration(new[a])}
    return Changed(
        {address: one for address, one in old.items() if address not in same},
        {address: one for address, one in new.items() if address not in same},
    )
