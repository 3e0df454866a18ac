"""What is said of something that drifted: where the YAML stands, what the next apply makes of it, who set it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flametree_cfg.drift import Drift, DriftKind, Fate, Judged
from flametree_cfg.report._counts import number
from flametree_cfg.report._diagnostics_text import place_text
from flametree_cfg.report._values_text import value_text

COMMIT_SHOWN = 12  # hex digits: enough to find it


def fate_text(one: Judged, kind: DriftKind = DriftKind.CHANGED) -> str:
    """Say in one sentence what the next apply makes of it."""
    match one.fate:
        case Fate.REVERTED if kind is DriftKind.DELETED:
            return "the next apply makes it again"
        case Fate.REVERTED:
            return "the next apply puts it back"
        case Fate.SET:
            return f"the YAML says {value_text(one.declared)} by now: the next apply sets that"
        case Fate.REMOVED:
            return "the YAML no longer has the object: the next apply deletes it"
        case Fate.LEFT if kind is DriftKind.ADDED:
            return "outside our care: nothing happens to it"
        case Fate.LEFT:
            return "outside our care: the YAML says nothing about it, no apply touches it"
        case Fate.IGNORED:
            return f"ignored until {one.until}: {one.reason}"
        case Fate.UNKNOWN:
            return "what the next apply makes of it is not known"


def origin_text(one: Judged) -> str:
    """Say which apply set it; empty where that is not known."""
    if one.run is None:
        return ""
    commit = f", commit {one.run.commit[:COMMIT_SHOWN]}" if one.run.commit else ""
    return f"set by apply {one.run.number}, {one.run.at}, {one.run.who}{commit}"


def judged_lines(one: Judged, kind: DriftKind, indent: str, *, placed: bool = True) -> Iterator[str]:
    """
    Write what is to be said below a field or an object.

    Args:
        one: the verdict.
        kind: how the object drifted.
        indent: spaces before each line.
        placed: with place and origin, which differ from tenant to tenant.
    """
    yield f"{indent}{fate_text(one, kind)}"
    if placed and one.place is not None:
        yield f"{indent}{'ignored' if one.fate is Fate.IGNORED else 'declared'} at {place_text(one.place)}"
    if placed and (origin := origin_text(one)):
        yield f"{indent}{origin}"


def ignored_texts(drift: Iterable[Drift]) -> Iterator[str]:
    """Write each field that is let be on one line, by address; for the lists of a plan."""
    for one in drift:
        for judged in one.judged:
            path = "".join(f".{step}" for step in judged.path)
            yield f"{one.address}{path}: {fate_text(judged, one.kind)}"


def unseen_text(counts: Iterable[int]) -> str:
    """Say of how many secrets nothing can be said; empty if there are none."""
    count = sum(counts)
    return f"Not observable: the values of {number(count, 'secret')}; no platform reports them" if count else ""


def object_judged(one: Drift) -> Sequence[Judged]:
    """Give what is said of the object as a whole."""
    return one.judged if one.kind is not DriftKind.CHANGED else ()
