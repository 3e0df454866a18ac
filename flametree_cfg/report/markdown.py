"""Markdown for a comment on a pull request. Whatever stands in it as data is shown, never obeyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flametree_cfg.errors import has_errors
from flametree_cfg.report import text
from flametree_cfg.report._comment import Part, fenced, fit, folded, span, table, words
from flametree_cfg.report._counts import number, severities
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._documents import Document, Drawn, Failure, Validated
from flametree_cfg.report._drawings import drawings
from flametree_cfg.report._drift_markdown import drift_parts
from flametree_cfg.report._graph_text import graph_summary
from flametree_cfg.report._lines import Block, Line, Symbols
from flametree_cfg.report._plan_markdown import plan_parts
from flametree_cfg.report._runs_text import validate_summary
from flametree_cfg.report._status_markdown import check_parts, status_parts
from flametree_cfg.report.mermaid import mermaid_lines


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:
    """Write a document as a comment of less than 65,536 characters; it begins with the summary."""
    yield from fit(_WRITERS[kind](kind, document, command, symbols))


def _plan(_kind: Document, items: Any, _command: str, symbols: Symbols) -> Iterator[Part]:
    return plan_parts(items, symbols)


def _drift(_kind: Document, items: Any, _command: str, symbols: Symbols) -> Iterator[Part]:
    return drift_parts(items, symbols)


def _status(_kind: Document, one: Any, _command: str, symbols: Symbols) -> Iterator[Part]:
    return status_parts(one, symbols)


def _check(_kind: Document, items: Any, _command: str, symbols: Symbols) -> Iterator[Part]:
    return check_parts(items, symbols)


def _validate(_kind: Document, items: Sequence[Validated], _command: str, _symbols: Symbols) -> Iterator[Part]:
    yield words(f"### {validate_summary(items)}")
    told = [item for item in items if item.diagnostics]
    if told:
        rows = [[span(_name(item)), *map(str, severities(item.diagnostics))] for item in told]
        yield table(("Tenant", "Errors", "Warnings"), rows)
    for item in told:
        found = fenced(diagnostic_lines(item.diagnostics))
        title = f"What was found in tenant {told.index(item) + 1} of the table"
        yield folded(title, found, unfolded=has_errors(item.diagnostics))


def _name(item: Validated) -> str:
    return item.tenant_name or str(item.folder)


def _failure(_kind: Document, failure: Failure, command: str, _symbols: Symbols) -> Iterator[Part]:
    yield words(f"### {span(command)} could not go on (exit code {int(failure.exit_code)})")
    yield fenced(diagnostic_lines(failure.diagnostics))


def _as_text(kind: Document, document: Any, command: str, symbols: Symbols) -> Iterator[Part]:
    """Show what people read on a terminal; comments are about plans, validation and drift."""
    lines = list(text.render(kind, document, command=command, symbols=symbols))
    yield words(f"### {span(command)}: {number(len(lines), 'line')}")
    yield fenced(lines)


def _graph(_kind: Document, items: Sequence[Drawn], _command: str, _symbols: Symbols) -> Iterator[Part]:
    pictures = drawings(Document.GRAPH, items)
    yield words(f"### {graph_summary(pictures)}")
    for picture in pictures:
        yield fenced(map(Line, mermaid_lines([picture])), language="mermaid")


_WRITERS: dict[Document, Callable[[Document, Any, str, Symbols], Iterator[Part]]] = {
    **dict.fromkeys(Document, _as_text),
    Document.VALIDATE: _validate,
    Document.PLAN: _plan,
    Document.DRIFT: _drift,
    Document.GRAPH: _graph,
    Document.STATUS: _status,
    Document.CHECK: _check,
    Document.FAILURE: _failure,
}
