"""Differences become ordered, safe, digestible operations. Knows nothing about files, platforms or ledgers."""

from flametree_cfg.plan.document import plan_body, plan_digest
from flametree_cfg.plan.make import make_plan
from flametree_cfg.plan.near import AnyLine, Line, Near, near
from flametree_cfg.plan.selection import Selection
from flametree_cfg.plan.simulation import managed_view
from flametree_cfg.plan.sweep import Swept, mentioned, part_of, sweep, versions
from flametree_cfg.plan.types import Handover, Plan

__all__ = [
    "AnyLine",
    "Handover",
    "Line",
    "Near",
    "Plan",
    "Selection",
    "Swept",
    "make_plan",
    "managed_view",
    "mentioned",
    "near",
    "part_of",
    "plan_body",
    "plan_digest",
    "sweep",
    "versions",
]
