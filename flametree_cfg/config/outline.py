"""What a tenant declares, in outline: from the cache's lines as they are, without making ten thousand objects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from flametree_cfg.config import cache as kept
from flametree_cfg.config.parts import FileMark, Parts
from flametree_cfg.errors import Diagnostic, has_errors
from flametree_cfg.model import Address, Declaration, Sketch, sketch_of


class Outline(Struct, frozen=True):
    """
    A tenant in outline.

    Attributes:
        entries: by kind and key, attachments among them.
        sections: which of `connectors`, `channels`, `agents` are present.
        parts: the files it is of.
        sketches_of: what stands in each file, in their order.
    """

    entries: Mapping[tuple[str, str], Sketch]
    sections: frozenset[str]
    parts: Parts
    sketches_of: Sequence[Sequence[Sketch]]

    def sketches(self) -> Iterable[Sketch]:
        """List all declarations."""
        return self.entries.values()

    def claimed(self) -> set[tuple[str, str]]:
        """List the addresses that were somebody's before, as kind and key."""
        return {(one.kind, key) for one in self.entries.values() for key in one.previously}

    def declarations(self, addresses: Collection[Address]) -> dict[Address, Declaration]:
        """
        Give some of the declarations whole, in document order.

        Raises:
            ConfigInvalid: a file changed since the run began.
        """
        wanted = [
            mark
            for mark, sketches in zip(self.parts.marks, self.sketches_of, strict=True)
            if any((one.kind, one.key) in addresses for one in sketches)
        ]
        declared = (one for part in self.parts.of(wanted) for one in part.declarations)
        return {one.resource.address: one for one in declared if one.resource.address in addresses}


class Joined(NamedTuple):
    """What the files of a tenant that is right say together: its name, how many declarations, warnings."""

    name: str
    declared: int
    found: tuple[Diagnostic, ...]


class Changed(Struct, frozen=True):
    """What differs between two states of a tenant's files, by address; absent where a state has none of it."""

    before: Mapping[Address, Declaration]
    after: Mapping[Address, Declaration]

    @property
    def addresses(self) -> frozenset[Address]:
        """Everything that differs."""
        return frozenset({*self.before, *self.after})


def outline_of(parts: Parts) -> Outline:
    """
    Give a tenant in outline; of parts that are right only.

    Raises:
        ConfigInvalid: a file changed since the run began.
    """
    return read_outline(parts)[0]


def read_outline(parts: Parts) -> tuple[Outline, Joined | None]:
    """
    Read a tenant in outline, and join it: as `join_parts` would, without making the objects.

    Returns:
        None in place of the second where that is not so easy: anything is wrong, or may be.

    Raises:
        ConfigInvalid: a file changed since the run began.
    """
    cached = parts.cached
    sketches_of: dict[str, Sequence[Sketch]] = {}
    sections: set[str] = set()
    said: set[str] = set()
    found: list[Diagnostic] = []
    for mark in parts.marks:
        if mark.digest in cached:
            one = cached.outline(mark.digest)
            sketches_of[mark.name] = one.sketches
            if one.found:
                found += kept.found_in(one.found, mark.label)
            said.update(one.names)
            sections.update(one.sections)
    entries = {(one.kind, one.key): one for sketches in sketches_of.values() for one in sketches}
    right = True
    # Last, since another process may be at them still.
    for part in parts.of([mark for mark in parts.marks if mark.name not in sketches_of]):
        sketches_of[part.name] = sketches = [sketch_of(one.resource, one.previously) for one in part.declarations]
        entries.update(((one.kind, one.key), one) for one in sketches)
        right = right and part.whole and not (part.sharing or part.astray or has_errors(part.found))
        found += part.found
        said.update(name for name, _ in part.names)
        sections |= part.sections
    outline = Outline(entries, frozenset(sections), parts, [sketches_of[mark.name] for mark in parts.marks])
    count = sum(map(len, sketches_of.values()))
    if not right or count > len(entries) or len(said) != 1:
        return outline, None
    return outline, Joined(said.pop(), count, tuple(found))


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
    if any(mark.digest not in parts.cached for mark in gone):
        return None
    before = kept.parse_parts([(*mark, parts.cached.whole(mark.digest)) for mark in gone])
    after = parts.of([mark for mark in parts.marks if mark.digest not in then])
    old = {one.resource.address: one for part in before for one in part.declarations}
    new = {one.resource.address: one for part in after for one in part.declarations}
    same = {a for a in old.keys() & new.keys() if kept.write_declaration(old[a]) == kept.write_declaration(new[a])}
    return Changed(
        {address: one for address, one in old.items() if address not in same},
        {address: one for address, one in new.items() if address not in same},
    )
