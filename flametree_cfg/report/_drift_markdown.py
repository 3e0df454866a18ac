"""Drift as a comment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from flametree_cfg.drift import DriftKind
from flametree_cfg.report._comment import Part, fenced, folded, span, spans, table, words
from flametree_cfg.report._counts import number
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._documents import DriftChecked
from flametree_cfg.report._drift_text import STATUS, drift_lines, drift_summary
from flametree_cfg.report._drift_words import unseen_text
from flametree_cfg.report._lines import Symbols


def drift_parts(items: Sequence[DriftChecked], symbols: Symbols) -> Iterator[Part]:
    """Write what moved; tenants in which the same moved in the same way are one row."""
    yield words(f"### {drift_summary(items)}")
    groups = alike_drifts(items, symbols)
    if groups:
        heads = ("", "Tenants", "Status", *(kind.value.capitalize() for kind in DriftKind))
        yield table(heads, [_row(number_, alike) for number_, alike in enumerate(groups.values(), 1)])
    for place, alike in enumerate(groups.values(), 1):
        details = list(_details(alike[0], symbols, placed=len(alike) == 1))
        if details:
            yield words(f"#### {place}")
        yield from details
    if unseen := unseen_text(item.not_observable for item in items):
        yield words(unseen)


def alike_drifts(
    items: Sequence[DriftChecked], symbols: Symbols
) -> dict[tuple[str, tuple[Part, ...]], list[DriftChecked]]:
    """Put together the tenants in which the same moved in the same way, by what is said; clean ones are left out."""
    groups: dict[tuple[str, tuple[Part, ...]], list[DriftChecked]] = {}
    for item in items:
        if item.status != "clean" or item.diagnostics or item.ignored:
            groups.setdefault((item.status, tuple(_details(item, symbols, placed=False))), []).append(item)
    return groups


def _row(place: int, alike: Sequence[DriftChecked]) -> list[str]:
    counted = Counter(one.kind for one in alike[0].drift)
    names = spans(item.tenant_name or str(item.folder) for item in alike)
    who = names if len(alike) == 1 else f"**{number(len(alike), 'tenant')}**: {names}"
    status = alike[0].status
    return [str(place), who, STATUS.get(status) or span(status), *(str(counted[kind]) for kind in DriftKind)]


def _details(item: DriftChecked, symbols: Symbols, *, placed: bool) -> Iterator[Part]:
    moved, ignored = (
        [line for one in some for line in drift_lines(one, symbols, "", "", placed=placed)]
        for some in (item.drift, item.ignored)
    )
    if moved:
        yield folded(f"{number(len(item.drift), 'object')} changed outside", fenced(moved, language="diff"))
    if ignored:
        yield folded(f"{number(len(item.ignored), 'object')} with ignored drift", fenced(ignored, language="diff"))
    if item.diagnostics:
        yield folded(
            number(len(item.diagnostics), "thing") + " to know",
            fenced(diagnostic_lines(item.diagnostics)),
            unfolded=True,
        )
