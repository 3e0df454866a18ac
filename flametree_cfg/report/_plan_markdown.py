"""A plan as a comment: the summary, what it does to running things, and the changes folded away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flametree_cfg.plan.types import Plan
from flametree_cfg.report._comment import Part, fenced, folded, span, spans, table, words
from flametree_cfg.report._counts import count_plan, number
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._documents import Planned
from flametree_cfg.report._drift_text import plan_drift
from flametree_cfg.report._fields import Sign, rows
from flametree_cfg.report._impact import durations_text, impact_of, quiet, shouted
from flametree_cfg.report._lines import Line, Symbols
from flametree_cfg.report._plan_text import change_lines, counts_text, plan_summary, says_nothing
from flametree_cfg.report._status_markdown import probed_table


def plan_parts(items: Sequence[Planned], symbols: Symbols) -> Iterator[Part]:
    """Write the plans of one run; tenants that get the same change are one row, with all of them counted."""
    yield words(f"### {plan_summary(items)}")
    groups, quiet = alike_plans(items, symbols)
    if len(items) > 1:
        yield table(("", "Tenants", "Plan", "Digest"), _overview(list(groups.values()), quiet))
    for place, (parts, alike) in enumerate(groups.items(), 1):
        yield words(f"#### {f'{place}: ' if len(items) > 1 else ''}{_who(alike)}")
        if len(alike) == 1 and alike[0].digest:
            yield words(f"Digest {span(alike[0].digest)}")
        yield from parts
        if len(items) == 1 and alike[0].plan is not None and (expected := durations_text(alike[0].plan)):
            yield words(f"{expected[0].upper()}{expected[1:]}.")
    yield from _digests([item for alike in groups.values() if len(alike) > 1 for item in alike])


def alike_plans(
    items: Sequence[Planned], symbols: Symbols
) -> tuple[dict[tuple[Part, ...], list[Planned]], list[Planned]]:
    """
    Put together the tenants that get the same change.

    Returns:
        The groups, in the order of their first tenants, by what is said about them; and the tenants nobody has to
        read about.
    """
    quiet = [item for item in items if says_nothing(item)]
    if len(quiet) == len(items):
        quiet = quiet[1:]
    unheard = {id(item) for item in quiet}
    groups: dict[tuple[Part, ...], list[Planned]] = {}
    for item in items:
        if id(item) not in unheard:
            groups.setdefault(tuple(_about(item, symbols)), []).append(item)
    return groups, quiet


def _overview(groups: Sequence[Sequence[Planned]], quiet: Sequence[Planned]) -> Iterator[Sequence[str]]:
    for place, alike in enumerate(groups, 1):
        digest = span(alike[0].digest) if len(alike) == 1 and alike[0].digest else ""
        each = " in each" if len(alike) > 1 else ""
        yield str(place), _who(alike), f"{_outcome(alike[0])}{each}", digest or ("below" if each else "")
    if quiet:
        yield "", _who(quiet), "no changes", ""


def _who(alike: Sequence[Planned]) -> str:
    names = spans(item.tenant_name or str(item.folder) or "(unknown)" for item in alike)
    return names if len(alike) == 1 else f"**{number(len(alike), 'tenant')}**: {names}"


def _outcome(item: Planned) -> str:
    if item.plan is None:
        return "**none could be made**"
    counts = count_plan(item.plan)
    return "no changes" if counts.nothing else counts_text(counts)


def _about(item: Planned, symbols: Symbols) -> Iterator[Part]:
    """Write what a plan says apart from whose it is and its digest."""
    plan = item.plan
    if plan is None:
        yield fenced(diagnostic_lines(item.diagnostics))
        return
    yield words(f"{_outcome(item)}{'' if plan.refreshed else '; compared with the ledger only'}")
    if loud := shouted(item.diagnostics):
        yield words(f"**{number(len(loud), 'secret goes', 'secrets go')} to a host where it never went**")
        yield fenced(diagnostic_lines(loud))
    impact = [(what, str(len(which)), spans(which)) for what, which in impact_of(plan)]
    if impact:
        yield table(("Impact", "", "What"), impact)
    if more := quiet(item.diagnostics):
        yield folded(f"{number(len(more), 'thing')} to know", fenced(diagnostic_lines(more)))
    if item.probed:
        yield words("Checked, before anything is applied:")
        yield probed_table(item.probed, symbols)
    if plan.drift:
        found = number(len(plan.drift), "object")
        yield folded(f"{found} changed or added outside since the last apply", fenced(plan_drift(plan, symbols)))
    yield from _changes(plan, symbols)
    if plan.operations:
        steps = number(len(plan.operations), "step")
        yield words(f"Proved {number(plan.checks, 'invariant check')} over {steps}.")


def _changes(plan: Plan, symbols: Symbols) -> Iterator[Part]:
    """Fold the changes by what happens, so that a deletion is not searched among creations."""
    for sign in Sign:
        chosen = [row for row in rows(plan.changes) if row.sign is sign]
        if chosen:
            lines = (Line(line.text.removeprefix("  ")) for line in change_lines(chosen, symbols))
            yield folded(f"{number(len(chosen), 'resource')} to {sign.value}", fenced(lines, language="diff"))


def _digests(items: Sequence[Planned]) -> Iterator[Part]:
    listed = [Line(f"{item.digest}  {item.tenant_name}") for item in items if item.digest]
    if listed:
        yield folded(number(len(listed), "digest"), fenced(listed))
