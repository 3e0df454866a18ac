"""What starts and stops, for machines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flametree_cfg.report import _shapes as shape
from flametree_cfg.report._lifecycle_documents import LogLike, SwitchLike, TransitionLike

Json = dict[str, Any]


def lifecycle(result: SwitchLike) -> Json:
    """Give what `start`, `stop` or `restart` did."""
    return {
        "tenant": result.tenant_name,
        "exit_code": int(result.exit_code),
        "objects": [
            {
                "address": str(one.address),
                "name": one.name,
                "before": one.before.value,
                "status": one.status.value,
                "message": one.message,
                "duration_s": one.duration_s,
            }
            for one in result.objects
        ],
        "diagnostics": shape.diagnostics(result.diagnostics),
    }


def logs(log: LogLike) -> Json:
    """Give lines of a log."""
    return {
        "tenant": log.tenant_name,
        "address": str(log.address),
        "name": log.name,
        "lines": [{"number": one.number, "at": one.at, "level": one.level, "text": one.text} for one in log.lines],
    }


def transitions(found: Iterable[TransitionLike]) -> list[Json]:
    """Give what an apply started and stopped, in the order it got there."""
    return [
        {
            "address": str(one.address),
            "wanted": one.settled.wanted.value,
            "status": one.settled.status.value,
            "message": one.settled.message,
            "duration_s": round(one.settled.duration_s, 3),
        }
        for one in found
    ]
