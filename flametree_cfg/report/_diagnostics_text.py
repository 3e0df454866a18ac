"""Diagnostics as people read them; style.md shows the shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flametree_cfg.errors import Diagnostic, Location, Severity, by_place
from flametree_cfg.report._lines import Line, Tone
from flametree_cfg.report._values_text import path_text

_TONES = {Severity.ERROR: Tone.ERROR, Severity.WARNING: Tone.WARNING}


def diagnostic_lines(diagnostics: Iterable[Diagnostic]) -> Iterator[Line]:
    """Write diagnostics in the order of places, a blank line after each."""
    for diagnostic in by_place(diagnostics):
        yield from _one(diagnostic)
        yield Line("")


def _one(diagnostic: Diagnostic) -> Iterator[Line]:
    head = f"{diagnostic.severity.value}[{diagnostic.code}]: {diagnostic.summary}"
    yield Line(head, _TONES[diagnostic.severity])
    where = _where(diagnostic)
    if where:
        yield Line(f"  {where}")
    if diagnostic.detail:
        yield Line(f"  {diagnostic.detail}")
    for other in diagnostic.related:
        place = "   ".join(part for part in (place_text(other.location), other.address) if part)
        yield Line(f"  see {place}: {other.text}" if place else f"  see {other.text}")
    if diagnostic.hint:
        yield Line(f"  hint: {diagnostic.hint}")


def _where(diagnostic: Diagnostic) -> str:
    if diagnostic.location is None:
        inside = path_text(diagnostic.path)
        return " ".join(part for part in (diagnostic.address, inside) if part)
    return "   ".join(part for part in (place_text(diagnostic.location), diagnostic.address) if part)


def place_text(location: Location | None) -> str:
    """Write a place as `file:line:column`, only the file where the whole of it is meant."""
    if location is None:
        return ""
    return str(location) if location.line else location.file
