"""What an HTML report holds, ready to be laid out: no markup in it, except pictures."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from flametree_cfg.errors import Diagnostic, by_place
from flametree_cfg.model import FieldChange, Note, Secret
from flametree_cfg.report._counts import number
from flametree_cfg.report._diagnostics_text import place_text
from flametree_cfg.report._fields import leaves
from flametree_cfg.report._markup import cut
from flametree_cfg.report._values_text import UNSET, path_text, secret_text, value_text
from flametree_cfg.report._wiring import Wiring

VALUE_SHOWN = 4000  # characters of one value: a reviewer reads no more, and a browser stays quick
NAMES_SHOWN = 24  # tenants in one heading, things in one row of impact
CONTEXT_LINES = 2  # of a long text, around what changes in it


class Cell(Struct, frozen=True):
    """
    One field's change.

    Attributes:
        new: there is nothing before, or nobody wants to see it.
        lines: of a long text what differs, each with `+`, `-`, ` ` or `…`; before and after are empty then.
    """

    path: str
    before: str = ""
    after: str = ""
    note: str = ""
    new: bool = False
    lines: tuple[tuple[str, str], ...] = ()


class Entry(Struct, frozen=True):
    """
    One resource and what happens, or happened, to it.

    Attributes:
        tone: a word the style sheet knows: create, change, delete, replace, outside, ledger.
        sign, word: the same for people.
        about: type and name.
    """

    tone: str
    sign: str
    word: str
    address: str
    about: str = ""
    was: str = ""
    fields: tuple[Cell, ...] = ()

    @property
    def count(self) -> str:
        """Say how much is inside."""
        return number(len(self.fields), "field") if self.fields else ""


class Finding(Struct, frozen=True):
    """A diagnostic, its places as text."""

    severity: str
    code: str
    summary: str
    place: str
    address: str
    detail: str
    related: tuple[str, ...]
    hint: str


class Names(Struct, frozen=True):
    """Data in a row, not too much of it."""

    shown: tuple[str, ...]
    more: int = 0


class Section(Struct, frozen=True):
    """
    One tenant, or several of which the same is said.

    Attributes:
        said: sentences of ours.
        picture: may be None; `picture_of` names the tenant where the section has several.
        facts: what it does to running things: what, how many, which.
        probed: of each check its tone, dot, word, what was checked and what was found.
        digests: of each tenant, where there are several.
    """

    names: Names
    count: int
    said: str
    digest: str = ""
    picture: Wiring | None = None
    picture_of: str = ""
    facts: tuple[tuple[str, int, Names], ...] = ()
    findings: tuple[Finding, ...] = ()
    probed: tuple[tuple[str, str, str, str, str], ...] = ()
    moved: tuple[Entry, ...] = ()
    changes: tuple[Entry, ...] = ()
    left_out: int = 0
    proof: str = ""
    digests: tuple[tuple[str, str], ...] = ()


class Row(Struct, frozen=True):
    """A line of the table of tenants; `section` is its number in the page, 0 if nothing more is said."""

    names: Names
    count: int
    said: str
    digest: str = ""
    section: int = 0


class Page(Struct, frozen=True):
    """
    One report.

    Attributes:
        tone: good, change or bad.
        chips: numbers at the top: how many, of what, and the tone.
        text: lines of a result that is no matter for a review.
    """

    summary: str
    tone: str
    chips: tuple[tuple[int, str, str], ...] = ()
    overview: tuple[Row, ...] = ()
    sections: tuple[Section, ...] = ()
    text: tuple[str, ...] = field(default=())


def names(listed: Iterable[str]) -> Names:
    """List data for a heading or a cell."""
    found = tuple(listed)
    return Names(found[:NAMES_SHOWN], max(0, len(found) - NAMES_SHOWN))


def findings(diagnostics: Iterable[Diagnostic]) -> tuple[Finding, ...]:
    """Lay diagnostics out, in the order of places."""
    return tuple(map(_finding, by_place(diagnostics)))


def _finding(one: Diagnostic) -> Finding:
    related = tuple(
        "  ".join(part for part in (other.text, place_text(other.location), other.address) if part)
        for other in one.related
    )
    place = place_text(one.location) or path_text(one.path)
    return Finding(one.severity.value, one.code, one.summary, place, one.address, one.detail, related, one.hint)


def cells(
    fields: Sequence[FieldChange], *, new: bool, without: frozenset[tuple[str, ...]] = frozenset()
) -> Iterator[Cell]:
    """Lay the fields of one resource out; `new` says that the whole resource is."""
    for change in leaves(fields):
        if change.path not in without:
            yield from _cells(change, new=new)


def _cells(change: FieldChange, *, new: bool) -> Iterator[Cell]:
    before, after = change.before, change.after
    path, note = path_text(change.path), "" if change.note is Note.NONE else change.note.value
    if before is None and new:
        yield Cell(path, after=_shown(after), note=note, new=True)
    elif isinstance(before, Secret) and isinstance(after, Secret) and before.reference == after.reference:
        yield Cell(path, after=secret_text(after), note=note or "set again", new=True)
    elif isinstance(before, str) and isinstance(after, str) and ("\n" in before or "\n" in after):
        yield Cell(path, lines=tuple(_difference(before, after)), note=note)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _inside(change)
    else:
        yield Cell(path, _shown(before), _shown(after), note)


def _inside(change: FieldChange) -> Iterator[Cell]:
    from flametree_cfg.diff import detail

    for inner in detail(change):
        if inner.path == change.path:
            yield Cell(path_text(change.path), _shown(change.before), _shown(change.after))
        else:
            yield from _cells(inner, new=False)


def _shown(value: object) -> str:
    return cut(value_text(value), VALUE_SHOWN) if value is not None else UNSET


def _difference(before: str, after: str) -> Iterator[tuple[str, str]]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=CONTEXT_LINES, lineterm="")
    for line in list(lines)[2:]:
        yield ("\u2026", "") if line.startswith("@@") else (line[0], cut(line[1:], VALUE_SHOWN))
