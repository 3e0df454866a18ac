"""Text for people. Plain lines; the sink decides what a terminal adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flametree_cfg.report._cards_text import show_document
from flametree_cfg.report._documents import Document
from flametree_cfg.report._drift_text import drift_document
from flametree_cfg.report._explain_text import explain_document
from flametree_cfg.report._lines import Block, Symbols
from flametree_cfg.report._objects_text import object_document, objects_document
from flametree_cfg.report._plan_text import plan_document
from flametree_cfg.report._runs_text import apply_document, validate_document
from flametree_cfg.report._tables_text import (
    done_document,
    entry_document,
    failure_document,
    history_document,
    run_document,
    state_document,
)

_WRITERS: dict[Document, Callable[[Any, Symbols], Iterator[Block]]] = {
    Document.VALIDATE: validate_document,
    Document.PLAN: plan_document,
    Document.APPLY: apply_document,
    Document.DRIFT: drift_document,
    Document.SHOW: show_document,
    Document.EXPLAIN: explain_document,
    Document.HISTORY: history_document,
    Document.RUN: run_document,
    Document.OBJECTS: objects_document,
    Document.OBJECT: object_document,
    Document.STATE: state_document,
    Document.ENTRY: entry_document,
    Document.DONE: done_document,
    Document.FAILURE: failure_document,
}


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write a document as lines; the last one is always a summary."""
    return _WRITERS[kind](document, symbols)
