"""What a plan does to running things and what goes, as rows that every format shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flametree_cfg.drift import DriftKind
from flametree_cfg.model import Kind
from flametree_cfg.plan.types import Plan
from flametree_cfg.report._fields import Sign, rows


def impact_of(plan: Plan) -> Iterator[tuple[str, list[str]]]:
    """List what happens, in our own words (Markdown's backticks among them), each with what it happens to."""
    changed = rows(plan.changes)
    outside = [one.address for one in plan.drift if one.kind is not DriftKind.ADDED]
    said: list[tuple[str, Iterable[object]]] = [
        ("Agents restart", [address for address in plan.restarts if address.kind is Kind.AGENT]),
        ("Channels restart", [address for address in plan.restarts if address.kind is Kind.CHANNEL]),
        ("Handed over", [str(one).removeprefix("handover ") for one in plan.handovers]),
        ("Agents deleted, with what they hold (needs `--allow-delete`)", plan.agents_deleted),
        ("Deleted", [r.address for r in changed if r.sign is Sign.DELETE and r.address not in plan.agents_deleted]),
        ("Deleted and made anew", [row.address for row in changed if row.sign is Sign.REPLACE]),
        ("Kept: protected, or deletions were not asked for", plan.held),
        ("No longer managed", plan.unmanaged),
        ("Changed outside since the last apply", outside),
        ("Secrets not checked here", plan.not_checked),
    ]
    for what, which in said:
        listed = [str(one) for one in which]
        if listed:
            yield what, listed
