"""Text for people. Plain lines; the sink decides what a terminal adds."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from flametree_cfg.report._documents import Document
from flametree_cfg.report._lines import Block, Symbols

_WRITERS = {
    Document.VALIDATE: ("_runs_text", "validate_document"),
    Document.FORMAT: ("_format_text", "format_document"),
    Document.PLAN: ("_plan_text", "plan_document"),
    Document.APPLY: ("_runs_text", "apply_document"),
    Document.DRIFT: ("_drift_text", "drift_document"),
    Document.SHOW: ("_cards_text", "show_document"),
    Document.STATUS: ("_status_text", "status_document"),
    Document.CHECK: ("_status_text", "check_document"),
    Document.EXPLAIN: ("_explain_text", "explain_document"),
    Document.RENDER: ("_why_text", "render_document"),
    Document.WHY: ("_why_text", "why_document"),
    Document.GRAPH: ("_graph_text", "graph_document"),
    Document.HISTORY: ("_history_text", "history_document"),
    Document.RUN: ("_history_text", "run_document"),
    Document.RUNS_DIFF: ("_history_text", "runs_diff_document"),
    Document.BLAME: ("_history_text", "blame_document"),
    Document.OBJECTS: ("_objects_text", "objects_document"),
    Document.OBJECT: ("_objects_text", "object_document"),
    Document.STATE: ("_tables_text", "state_document"),
    Document.ENTRY: ("_tables_text", "entry_document"),
    Document.LIFECYCLE: ("_lifecycle_text", "lifecycle_document"),
    Document.LOGS: ("_lifecycle_text", "logs_document"),
    Document.DONE: ("_tables_text", "done_document"),
    Document.FAILURE: ("_tables_text", "failure_document"),
}


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write a document as lines; the last one is always a summary."""
    module, writer = _WRITERS[kind]
    blocks: Iterator[Block] = getattr(import_module(f"flametree_cfg.report.{module}"), writer)(document, symbols)
    return blocks
