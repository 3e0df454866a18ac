"""One file as read: plain values, and where each of them stands."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from flametree_cfg.errors import Location
from flametree_cfg.model import Value

MAX_NODES = 200_000  # keys and values of one file
LINE_SHIFT = 24  # a column fits below it: files end at 5 MB


class Unplaced(Exception):
    """A place was asked for of a document that was read without."""


class Document(Struct, frozen=True):
    """
    A file's value and places, without an object per node.

    `slots` holds, in document order, one number per key and scalar (`line << 24 | column`, both from 0) and two per
    list, mapping and alias of one: its place, and the slot after its last child. The second is negative for an alias:
    `-1 - slot` of what it stands for. What was refused (a second `name:`, say) stays in `slots` and is stepped over
    by `holes`, first slot to the slot behind.

    Attributes:
        value: None for an empty file, and where reading ended early.
        whole: whether reading reached the end.
        placed: whether `slots` are there; without them, places are known of the top level's values only, in `tops`.
    """

    file: str
    value: Value = None
    slots: Sequence[int] = field(default_factory=lambda: array("q"))
    holes: Mapping[int, int] = field(default_factory=dict)
    whole: bool = True
    placed: bool = True
    tops: Mapping[str, int] = field(default_factory=dict)

    def place(self, path: Sequence[str | int], slot: int = 0, value: Value = None) -> Location:
        """
        Say where the value at a path stands; where the path ends early, its nearest ancestor.

        Args:
            path: from the top of the file, or from `slot` and its `value` if given.

        Raises:
            Unplaced: places were not kept (this goes for the other methods too).
        """
        if len(path) == 1 and path[0] in self.tops:
            return self._at(self.tops[str(path[0])])
        return self.at(self._find(path, slot, self.value if slot == 0 else value)[1])

    def key_place(self, path: Sequence[str | int], slot: int = 0, value: Value = None) -> Location:
        """Say where the last key of a path stands; of an item in a list, the item."""
        return self.at(self._find(path, slot, self.value if slot == 0 else value)[0])

    def at(self, slot: int) -> Location:
        """Turn a slot into a place; the whole file where there is none."""
        if not self.placed:
            raise Unplaced
        return Location(self.file) if slot >= len(self.slots) else self._at(self.slots[slot])

    def _at(self, packed: int) -> Location:
        return Location(self.file, (packed >> LINE_SHIFT) + 1, (packed & ((1 << LINE_SHIFT) - 1)) + 1)

    def children(self, value: Value, slot: int) -> Iterator[tuple[str | int, int, int]]:
        """List a mapping's or list's children: key or index, slot of the key, slot of the value."""
        if not self.placed:
            raise Unplaced
        return children(self.slots, self.holes, value, slot)

    def _find(self, path: Sequence[str | int], slot: int, value: Value) -> tuple[int, int]:
        key_slot = slot
        for step in path:
            found = next((c for c in self.children(value, slot) if c[0] == step), None)
            if found is None:
                break
            _, key_slot, slot = found
            value = value[step]
        return key_slot, slot


def children(
    slots: Sequence[int], holes: Mapping[int, int], value: Value, slot: int
) -> Iterator[tuple[str | int, int, int]]:
    """Walk the slots beside a value; nothing for a scalar."""
    if not isinstance(value, dict | list):
        return
    behind = slots[slot + 1]
    here = 2 + (slot if behind >= 0 else -1 - behind)
    keyed = isinstance(value, dict)
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        while here in holes:
            here = holes[here]
        value_slot = here + 1 if keyed else here
        yield key, here, value_slot
        here = _after(slots, value_slot, item)


def _after(slots: Sequence[int], slot: int, value: Value) -> int:
    if not isinstance(value, dict | list):
        return slot + 1
    behind = slots[slot + 1]
    return behind if behind >= 0 else slot + 2
