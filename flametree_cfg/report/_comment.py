"""What a comment is made of, so that no data in it is obeyed: data stands in code spans and fences, nowhere else."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from flametree_cfg.report._counts import number
from flametree_cfg.report._escape import escape
from flametree_cfg.report._lines import Block, Line, Panel

LIMIT = 65_000  # bytes of UTF-8: forges take 65,536 characters; the rest is for a marker that somebody may add
KEPT_BACK = 400  # bytes: for the words that say what was cut
LINE_SHOWN = 500  # characters: one long text must not take the place of all other changes
SPAN_SHOWN = 200  # characters: of one name in a table or a heading
NAMES_SHOWN = 10  # in one cell

_TICKS = re.compile("`+")


class Part(Struct, frozen=True):
    """
    Something that stands in a comment.

    Attributes:
        opening, closing: shown together or not at all.
        lines: between them; as many as there is room for.
    """

    opening: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()


def words(*lines: str) -> Part:
    """Make a paragraph of our own words, numbers and spans."""
    return Part((*lines, ""))


def span(text: str) -> str:
    """
    Put data into a code span that it cannot leave, one that may stand in a table too.

    Nothing in a code span is a link, a mention, a reference, an image or HTML; a bar would still end a table's cell.
    """
    shown = _cut(escape(text), SPAN_SHOWN).replace("|", r"\x7c") or '""'
    ticks = "`" * (_longest_run([shown]) + 1)
    space = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def spans(texts: Iterable[object], shown: int = NAMES_SHOWN) -> str:
    """List data, not too much of it."""
    listed = list(texts)
    more = f" and {len(listed) - shown} more" if len(listed) > shown else ""
    return ", ".join(span(str(text)) for text in listed[:shown]) + more


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Part:
    """Make a table of our own words, numbers and spans."""
    rule = "|" + " --- |" * len(heads)
    lines = tuple(f"| {' | '.join(row)} |" for row in rows)
    return Part((f"| {' | '.join(heads)} |", rule), lines, ("",))


def fenced(blocks: Iterable[Block], *, language: str = "text") -> Part:
    """Put lines of data into a fence that none of them can close."""
    lines = tuple(_cut(escape(text), LINE_SHOWN) for text in _texts(blocks))
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    fence = "`" * max(3, _longest_run(lines) + 1)
    return Part((f"{fence}{language}",), lines, (fence, ""))


def folded(title: str, part: Part, *, unfolded: bool = False) -> Part:
    """Put a part under a title (our own words and numbers) that a reader opens."""
    opening = (f"<details{' open' if unfolded else ''}>", f"<summary>{title}</summary>", "")
    return Part((*opening, *part.opening), part.lines, (*part.closing, "</details>", ""))


def fit(parts: Iterable[Part]) -> Iterator[Line]:
    """Write parts while there is room in one comment; where there is no more, say how much is missing."""
    room = LIMIT - KEPT_BACK
    missing = 0
    for part in parts:
        frame = _size(part.opening) + _size(part.closing)
        if missing or frame > room:
            missing += len(part.lines) or 1
            continue
        room -= frame
        sizes = itertools.accumulate(len(line.encode()) + 1 for line in part.lines)
        shown = bisect.bisect_right(list(sizes), room)
        room -= _size(part.lines[:shown])
        missing += len(part.lines) - shown
        yield from map(Line, (*part.opening, *part.lines[:shown], *part.closing))
    if missing:
        said = f"**Cut here:** {number(missing, 'more line')} did not fit into one comment."
        yield Line(f"{said} The same command with `--format text` shows all of it.")


def _texts(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Panel):
            yield block.title
            yield from (f"  {line.text}" for line in block.lines)
        else:
            yield block.text


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]} ... ({len(text) - longest} characters more)"


def _longest_run(lines: Iterable[str]) -> int:
    return max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)
