"""Workflow commands of GitHub Actions: annotations beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flametree_cfg.errors import Location
from flametree_cfg.report._counts import number
from flametree_cfg.report._documents import Document, Planned
from flametree_cfg.report._escape import escape
from flametree_cfg.report._fields import Row, Sign, rows
from flametree_cfg.report._findings import FINDERS, Finding, Level, findings_of
from flametree_cfg.report._lines import UNICODE, Block, Line, Symbols
from flametree_cfg.report._markup import workflow_data, workflow_property
from flametree_cfg.report._place import relative
from flametree_cfg.report._plan_text import change_lines

MOST = 10  # annotations of one level that GitHub shows for a step
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_FIRST = (Sign.DELETE, Sign.REPLACE, Sign.CHANGE, Sign.CREATE)  # what must not be overlooked stands first


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write a line for each annotation, as many as are shown; what a plan changes is a notice. A summary ends it."""
    found = findings_of(kind, document)
    planned = _planned(document) if kind is Document.PLAN else []
    for level in Level:
        some = [finding for finding in (*found.all, *planned) if finding.level is level]
        yield from (Line(_command(finding)) for finding in _as_many_as_shown(some, command))
    if found.summary:
        yield Line(escape(found.summary))


def _as_many_as_shown(findings: Sequence[Finding], command: str) -> Iterator[Finding]:
    if len(findings) <= MOST:
        yield from findings
        return
    yield from findings[: MOST - 1]
    more = number(len(findings) - MOST + 1, "more finding")
    what = f"{more} of this kind: GitHub shows {MOST} of one step; `{command} --format text` shows all"
    yield Finding("more", findings[0].level, "Not all is shown", what)


def _command(finding: Finding) -> str:
    place = finding.place
    properties = {"title": f"{finding.summary} [{finding.code}]"}
    if place is not None:
        properties = {"file": place.file, **_position(place), **properties}
    listed = ",".join(f"{name}={workflow_property(escape(value))}" for name, value in properties.items())
    message = "\n".join(escape(line) for line in finding.message.splitlines())
    return f"::{_COMMANDS[finding.level]} {listed}::{workflow_data(message)}"


def _position(place: Location) -> dict[str, str]:
    column = {"col": str(place.column)} if place.column else {}
    return {"line": str(place.line), **column} if place.line else {}


def _planned(items: Sequence[Planned]) -> list[Finding]:
    return [
        _change(row, item)
        for sign in _FIRST
        for item in items
        if item.plan is not None
        for row in rows(item.plan.changes)
        if row.sign is sign
    ]


def _change(row: Row, item: Planned) -> Finding:
    lines = [line.text.strip() for line in change_lines([row], UNICODE)]
    path = row.fields[0].path if row.sign is Sign.CHANGE and row.fields else ()
    place = item.reading.locate(str(row.address), path) if item.reading is not None else None
    folder = Location(relative(str(item.folder))) if str(item.folder) else None
    where = Location(relative(place.file), place.line, place.column) if place else folder
    return Finding("planned", Level.NOTE, f"Planned: {row.sign.value}", "\n".join(lines), place=where)


_WRITERS = FINDERS
