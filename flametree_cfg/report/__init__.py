"""How things look: one file per format, one sink."""

from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._documents import (
    Apply,
    Document,
    Done,
    Failure,
    History,
    Object,
    Objects,
    Run,
)
from flametree_cfg.report._formats import formats, render
from flametree_cfg.report._lines import Line, Symbols, Tone
from flametree_cfg.report._plan_text import plan_summary, tenant_lines
from flametree_cfg.report._runs_text import event_lines
from flametree_cfg.report.sink import Sink, escape

__all__ = [
    "Apply",
    "Document",
    "Done",
    "Failure",
    "History",
    "Line",
    "Object",
    "Objects",
    "Run",
    "Sink",
    "Symbols",
    "Tone",
    "diagnostic_lines",
    "escape",
    "event_lines",
    "formats",
    "plan_summary",
    "render",
    "tenant_lines",
]
