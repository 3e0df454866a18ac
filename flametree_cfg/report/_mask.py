"""Find known secret values in text on its way out. The second line of defence: values should never get there."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from urllib.parse import quote

from flametree_cfg.report._escape import escape
from flametree_cfg.report._markup import ENCODERS, workflow_property

FEW = 64  # values: up to here one search each is faster than a look at every position
LITTLE = 20_000  # characters: the same for many values; what a look at every few places needs takes as long to make
CALL = 1_000  # characters that a text takes as much time as, however short it is
GAPS = 256  # characters: more line breaks and colour codes than that inside one secret are not a secret any more
SHORTEST = 8  # characters: hiding `true` or `admin` wherever it stands would reveal it. Source: reliability.md X-07
HEAD = 20  # characters: of how many a value is known at first sight, if none is shorter
MASK = "***"

# What may stand between two halves of one secret without making it unreadable: line breaks with their indentation,
# escaped line breaks, terminal sequences (raw or already shown as text). Every alternative begins with a literal,
# which lets the engine skip ahead: it is ten times as fast.
_BETWEEN = re.compile(
    r"\n[ \t]*|\r\n[ \t]*|\\r|\\n|\x1b\[[0-9;:]*[A-Za-z]|\\x1b\[[0-9;:]*[A-Za-z]|\\u001b\[[0-9;:]*[A-Za-z]"
)


_SPELLED_ALIKE = re.compile(r"[A-Za-z0-9_.~-]+")  # whatever the format
_ALL_SPELLED_ALIKE = re.compile(r"[A-Za-z0-9_.~\0-]*")
_NEARLY_ALIKE = re.compile(r"[A-Za-z0-9_.~:/+=@!?$*-]+")  # all but a URL and a workflow command's property
_IN_URL = [(one, quote(one, safe="")) for one in ":/+=@!?$*"]  # those of them that a URL spells otherwise


def _all_forms(values: Sequence[str]) -> set[str]:
    """List how values may be spelled in output; one look at them all is ten times as fast as one each."""
    if _ALL_SPELLED_ALIKE.fullmatch("\0".join(values)):
        return set(values)
    found = set(filter(_SPELLED_ALIKE.fullmatch, values))
    others = [value for value in values if value not in found]
    nearly = set(filter(_NEARLY_ALIKE.fullmatch, others))
    text = "\0".join(nearly)
    found.update(nearly, _in_url(text).split("\0"), workflow_property(text).split("\0"))
    found.update([form for value in others if value not in nearly for form in _forms(value)])
    found.discard("")
    return found


def _in_url(nearly_alike: str) -> str:
    for one, spelled in _IN_URL:
        nearly_alike = nearly_alike.replace(one, spelled)
    return nearly_alike


def _forms(value: str) -> Iterable[str]:
    """List how an odd value may be spelled in output, with nothing in between; not what is too short to hide."""
    squeezed = (_BETWEEN.sub("", form) for form in _spelled(value))
    return [form for form in squeezed if len(form) >= SHORTEST]


def _spelled(value: str) -> Iterable[str]:
    spelled = (value, escape(value), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield from spelled
    yield from (encode(text) for text in spelled for encode in ENCODERS)
    yield quote(value, safe="")
    yield from (line.strip() for line in value.splitlines())


class Masker:
    """Hides known values in a stream of text, also where a value is split over chunks or lines."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._forms = _all_forms([value for value in values if len(value) >= SHORTEST])
        self._longest = max(map(len, self._forms), default=0)
        self._held = ""
        self._searched = 0

    @cached_property
    def _head(self) -> int:
        return min(HEAD, *map(len, self._forms))

    @cached_property
    def _stride(self) -> int:
        """Of so many places that follow one another, one is looked at: the larger half of a head is a piece."""
        return self._head // 2

    @property
    def _piece(self) -> int:
        """How long a piece is: wherever a value begins, one that is looked at lies within its head."""
        return self._head - self._stride + 1

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._forms)

    @cached_property
    def _first(self) -> frozenset[str]:
        return frozenset([form[0] for form in self._forms])

    @cached_property
    def _heads(self) -> frozenset[str]:
        return frozenset([form[: self._head] for form in self._forms])

    @cached_property
    def _pieces(self) -> frozenset[str]:
        piece, offsets = self._piece, range(self._stride)
        return frozenset([head[at : at + piece] for head in self._heads for at in offsets])

    def feed(self, chunk: str) -> str:
        """Take the next piece; gives back what can be shown now, and holds back what may be half a secret."""
        if not self._forms:
            return chunk
        text = self._hide(self._held + chunk)
        cut = self._half_secret(text)
        self._held = text[cut:]
        return text[:cut]

    def finish(self, chunk: str = "") -> str:
        """Take the last piece, and give back all that was held: no more text comes."""
        text, self._held = self._held + chunk, ""
        return self._hide(text) if chunk and self._forms else text

    def whole(self, text: str) -> str:
        """Mask a text that is complete in itself."""
        return self._hide(text) if self._forms else text

    def _hide(self, text: str) -> str:
        squeezed = _BETWEEN.sub("", text)
        self._searched += len(squeezed) + CALL
        one_by_one = len(self._forms) <= FEW or self._searched <= LITTLE
        if one_by_one and not any(map(squeezed.__contains__, self._forms)):
            return text
        starts = self._starts(squeezed)
        if not starts:
            return text
        spans = [(i, i + length) for i in starts if (length := self._length_at(squeezed, i))]
        return _cut_out(text, _positions(text), spans) if spans else text

    def _starts(self, squeezed: str) -> list[int]:
        """Find where a known value may begin: only every few characters are looked at, for a piece of one."""
        heads, pieces, head, piece, stride = self._heads, self._pieces, self._head, self._piece, self._stride
        near = [i for i in range(0, len(squeezed) - piece + 1, stride) if squeezed[i : i + piece] in pieces]
        return [
            start
            for i in near
            for start in range(max(0, i - stride + 1), i + 1)
            if squeezed[start : start + head] in heads
        ]

    def _length_at(self, squeezed: str, start: int) -> int:
        """Give the length of the longest known value that begins here, 0 if none does."""
        ahead = squeezed[start : start + self._longest]
        forms = self._sorted
        at = bisect.bisect_right(forms, ahead)
        head = ahead[: self._head]
        while at and forms[at - 1][: self._head] >= head:
            at -= 1
            if ahead.startswith(forms[at]):
                return len(forms[at])
        return 0

    def _half_secret(self, text: str) -> int:
        """Find where the tail begins that could be the first half of a known value; the text's length if nowhere."""
        base = max(0, len(text) - 4 * self._longest - GAPS)
        tail = text[base:]
        positions = _positions(tail)
        squeezed = "".join(tail[place] for place in positions)
        for start in range(max(0, len(squeezed) - self._longest + 1), len(squeezed)):
            if squeezed[start] in self._first and self._begins(squeezed[start:]):
                return base + positions[start]
        return len(text)

    def _begins(self, tail: str) -> bool:
        at = bisect.bisect_left(self._sorted, tail)
        return at < len(self._sorted) and self._sorted[at].startswith(tail)


def _positions(text: str) -> list[int]:
    """Say for every squeezed character where it stands in the text."""
    places: list[int] = []
    end = 0
    for gap in _BETWEEN.finditer(text):
        places.extend(range(end, gap.start()))
        end = gap.end()
    places.extend(range(end, len(text)))
    return places


def _cut_out(text: str, positions: list[int], spans: list[tuple[int, int]]) -> str:
    """Replace spans of squeezed characters by the mask; overlapping spans become one."""
    pieces: list[str] = []
    shown_to = hidden_to = 0
    for start, end in spans:
        if start >= hidden_to:
            pieces.extend((text[shown_to : positions[start]], MASK))
        hidden_to = max(hidden_to, end)
        shown_to = positions[hidden_to - 1] + 1
    pieces.append(text[shown_to:])
    return "".join(pieces)
