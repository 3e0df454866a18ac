"""Drift as people read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.model import FieldChange
from flametree_cfg.plan.types import Plan
from flametree_cfg.report._counts import failed, joined, number
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._documents import DriftChecked
from flametree_cfg.report._drift_words import ignored_texts, judged_lines, object_judged, unseen_text
from flametree_cfg.report._fields import leaves
from flametree_cfg.report._lines import BLANK, Block, Line, Symbols, Tone
from flametree_cfg.report._values_text import field_lines, quoted

ADDED_SHOWN = 20  # foreign objects above a plan: nothing happens to them, and the plan itself must stay in sight
STATUS = {
    "clean": "no drift",
    "drifted": "drifted",
    "unknown": "unknown: it could not be read",
    "skipped": "skipped",
}
_TONES = {"clean": Tone.GOOD, "drifted": Tone.WARNING, "unknown": Tone.ERROR}


def drift_document(items: Sequence[DriftChecked], symbols: Symbols) -> Iterator[Block]:
    """Write what `drift check` found, tenant by tenant, the clean ones left out; the last line is the summary."""
    for item in items:
        if item.status == "clean" and not (item.diagnostics or item.ignored):
            continue
        name = item.tenant_name or str(item.folder)
        yield Line(f"Tenant {name}: {STATUS.get(item.status, item.status)}", _TONES.get(item.status, Tone.PLAIN))
        for one in item.drift:
            yield from drift_lines(one, symbols, "")
        if item.ignored:
            yield Line("Ignored:", Tone.FAINT)
            for one in item.ignored:
                yield from drift_lines(one, symbols, "")
        yield from diagnostic_lines(item.diagnostics)
        if (item.drift or item.ignored) and not item.diagnostics:
            yield BLANK
    unseen = unseen_text(item.not_observable for item in items)
    if unseen:
        yield Line(unseen, Tone.FAINT)
    yield Line(drift_summary(items), Tone.HEAD)


def drift_summary(items: Sequence[DriftChecked]) -> str:
    """Write the last line of a drift check."""
    kinds = Counter(one.kind for item in items for one in item.drift)
    status = Counter(item.status for item in items)
    ignored = sum(len(one.judged) for item in items for one in item.ignored)
    extra = joined([f"{status[s]} {s}" if status[s] else "" for s in ("unknown", "skipped")])
    extra = joined([extra, f"{ignored} ignored" if ignored else ""])
    bad = failed(items) if not status["unknown"] else 0
    extra = joined([extra, f"{bad} failed" if bad else ""])
    if not kinds:
        checked = status["clean"] + status["drifted"]
        found = f"No drift in {number(checked, 'tenant')}"
    else:
        listed = joined([f"{kinds[kind]} {kind.value}" for kind in DriftKind if kinds[kind]])
        of = f"{status['drifted']} of {number(len(items), 'tenant')}"
        found = f"Drift: {kinds.total()} found in {of} ({listed})"
    return f"{found}; {extra}" if extra else found


def drift_lines(
    drift: Drift, symbols: Symbols, fate: str, indent: str = "  ", *, placed: bool = True
) -> Iterator[Line]:
    """
    Write one object that moved.

    Args:
        drift: it.
        symbols: signs the output can write.
        fate: what a plan does about it; empty outside a plan.
        indent: spaces before the first line; its fields stand four further in.
        placed: whether places and applies are named, which differ from tenant to tenant.
    """
    sign, words, tone = {
        DriftKind.CHANGED: (symbols.change, "changed outside", Tone.CHANGE),
        DriftKind.DELETED: (symbols.delete, "deleted outside", Tone.DELETE),
        DriftKind.ADDED: (symbols.create, "added outside", Tone.CREATE),
    }[drift.kind]
    name = f" {quoted(drift.name)}" if drift.name else ""
    kind = f"   {drift.type}" if drift.type else ""
    ending = f"; {fate}" if fate else ""
    yield Line(f"{indent}{sign} {words}   {drift.address}{kind}{name}{ending}", tone)
    for whole in object_judged(drift):
        yield from (Line(text) for text in judged_lines(whole, drift.kind, indent + "    ", placed=placed))
    for field, judged in drift.told:
        for leaf in leaves([field]):
            yield from field_lines(leaf, symbols, indent + "    ")
        if judged is not None:
            below = judged_lines(judged, drift.kind, indent + "      ", placed=placed)
            yield from (Line(text, Tone.FAINT) for text in below)


def plan_drift(plan: Plan, symbols: Symbols) -> Iterator[Line]:
    """Write the drift a plan stands on, above its changes."""
    ours = [one for one in plan.drift if one.kind is not DriftKind.ADDED]
    added = [one for one in plan.drift if one.kind is DriftKind.ADDED]
    if ours:
        yield Line("Changed outside since the last apply:", Tone.HEAD)
        touched = {change.address: change for change in plan.changes}
        for one in ours:
            change = touched.get(one.address)
            yield from drift_lines(one, symbols, _fate(one, change.fields if change else None))
        yield BLANK
    if plan.ignored:
        yield Line("Ignored, left as the platform has it:", Tone.HEAD)
        yield from (Line(f"  {text}") for text in ignored_texts(plan.ignored))
        yield BLANK
    if added:
        yield Line("Added outside, left alone:", Tone.HEAD)
        for one in added[:ADDED_SHOWN]:
            yield from drift_lines(one, symbols, "")
        if len(added) > ADDED_SHOWN:
            yield Line(f"  and {len(added) - ADDED_SHOWN} more; `drift check` lists them")
        yield BLANK


def _fate(drift: Drift, planned: Sequence[FieldChange] | None) -> str:
    """Say what the plan does about it: the change put back, something else, or nothing."""
    if planned is None:
        return "the configuration says the same now" if drift.kind is DriftKind.CHANGED else "this plan leaves it so"
    if drift.kind is DriftKind.DELETED:
        return "this plan makes it again"
    after = {field.path: field.after for field in planned}
    put_back = [field for field in drift.fields if field.path in after and after[field.path] == field.before]
    if len(put_back) == len(drift.fields):
        return "this plan puts it back"
    if any(field.path in after for field in drift.fields):
        return "this plan changes it again" if not put_back else "this plan puts some of it back"
    return "this plan keeps it"
