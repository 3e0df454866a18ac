"""How things look: one file per format, one sink. What few commands show is loaded by those."""

from typing import TYPE_CHECKING, Any

from flametree_cfg.report._documents import (
    Apply,
    Document,
    Done,
    Failure,
    History,
    Object,
    Objects,
    Run,
    RunsDiff,
)
from flametree_cfg.report._formats import formats, render
from flametree_cfg.report._lines import Line, Symbols, Tone
from flametree_cfg.report.sink import Sink, escape

if TYPE_CHECKING:
    from flametree_cfg.report._diagnostics_text import diagnostic_lines
    from flametree_cfg.report._health import check_line, probed_lines
    from flametree_cfg.report._plan_text import plan_summary, tenant_lines
    from flametree_cfg.report._runs_text import event_lines

_SELDOM = {
    "check_line": "_health",
    "diagnostic_lines": "_diagnostics_text",
    "event_lines": "_runs_text",
    "plan_summary": "_plan_text",
    "probed_lines": "_health",
    "tenant_lines": "_plan_text",
}

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
    "RunsDiff",
    "Sink",
    "Symbols",
    "Tone",
    "check_line",
    "diagnostic_lines",
    "escape",
    "event_lines",
    "formats",
    "plan_summary",
    "probed_lines",
    "render",
    "tenant_lines",
]


def __getattr__(name: str) -> Any:
    if name not in _SELDOM:
        raise AttributeError(name)
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"flametree_cfg.report.{_SELDOM[name]}"), name)
    return found
