"""History for machines."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict

from flametree_cfg.report import _shapes as shape
from flametree_cfg.report._documents import BlamedLike, History, Run, RunsDiff
from flametree_cfg.report._fields import rows

Json = dict[str, Any]


def history(document: History) -> Json:
    """Give the applies of a tenant, newest first."""
    return {"tenant": document.tenant, "runs": [asdict(run) for run in document.runs], "link": document.link}


def run(document: Run) -> Json:
    """Give one apply with its operations."""
    steps = [
        {**shape.operation(step), "fields": [shape.field_change(f) for f in step.changes]}
        for step in document.operations
    ]
    return {"tenant": document.run.tenant, "run": asdict(document.run), "operations": steps}


def runs_diff(document: RunsDiff) -> Json:
    """Give what differs between the objects after two applies; `after` is null for now."""
    changes = [shape.row(row) for row in rows(document.changes)]
    return {"tenant": document.tenant, "before": document.before, "after": document.after, "changes": changes}


def blame(document: BlamedLike) -> Json:
    """Give which apply set each field; `run` is null where none did, and `said` says why."""
    fields = [
        {
            "path": list(one.path),
            "value": shape.value(one.value),
            "run": None if one.run is None else asdict(one.run),
            "said": one.said,
        }
        for one in document.fields
    ]
    return {"tenant": document.tenant, "address": str(document.address), "fields": fields}
