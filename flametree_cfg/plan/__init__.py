"""Differences become ordered, safe, digestible operations. Knows nothing about files, platforms or ledgers."""

from typing import TYPE_CHECKING, Any

from flametree_cfg.plan.document import plan_body, plan_digest
from flametree_cfg.plan.near import Near, near
from flametree_cfg.plan.sweep import (
    Page,
    Reading,
    Swept,
    SweptAhead,
    as_declared,
    mentioned,
    part_of,
    sweep,
    sweep_ahead,
    versions,
)
from flametree_cfg.plan.types import Handover, Plan, Selection, nothing_to_do

if TYPE_CHECKING:
    from flametree_cfg.plan.make import make_plan
    from flametree_cfg.plan.simulation import managed_view

_WHERE_SOMETHING_DIFFERS = {"make_plan": "make", "managed_view": "simulation"}

__all__ = [
    "Handover",
    "Near",
    "Page",
    "Plan",
    "Reading",
    "Selection",
    "Swept",
    "SweptAhead",
    "as_declared",
    "make_plan",
    "managed_view",
    "mentioned",
    "near",
    "nothing_to_do",
    "part_of",
    "plan_body",
    "plan_digest",
    "sweep",
    "sweep_ahead",
    "versions",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE_SOMETHING_DIFFERS:
        raise AttributeError(name)
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"flametree_cfg.plan.{_WHERE_SOMETHING_DIFFERS[name]}"), name)
    return found
