"""A plan as its reviewer reads it, and as somebody reads it at two in the morning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flametree_cfg.model import Action, Address
from flametree_cfg.plan.types import Plan
from flametree_cfg.report._counts import PlanCounts, count_plan, count_plans, failed, joined, number
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._documents import Planned
from flametree_cfg.report._drift_text import plan_drift
from flametree_cfg.report._fields import Row, Sign, leaves, rows
from flametree_cfg.report._lines import BLANK, Block, Line, Symbols, Tone
from flametree_cfg.report._values_text import field_lines, quoted

_TONES = {
    Sign.CREATE: Tone.CREATE,
    Sign.CHANGE: Tone.CHANGE,
    Sign.DELETE: Tone.DELETE,
    Sign.REPLACE: Tone.REPLACE,
}
_IN_THE_ROW = {("type",), ("name",)}


def plan_document(items: Sequence[Planned], symbols: Symbols) -> Iterator[Block]:
    """Write the plans of one run, tenant by tenant; the last line is the summary."""
    for item in items:
        yield from tenant_lines(item, symbols)
    yield Line(plan_summary(items), Tone.HEAD)


def tenant_lines(item: Planned, symbols: Symbols) -> Iterator[Line]:
    """Write one tenant: where it stands, drift above changes, then what the reader should know."""
    plan = item.plan
    yield Line(_header(item), Tone.HEAD)
    if plan is None:
        yield Line("  no plan could be made; see the errors", Tone.ERROR)
        yield BLANK
        return
    if not plan.refreshed:
        yield Line("  compared with the ledger only; the platform was not read", Tone.FAINT)
    yield BLANK
    yield from plan_drift(plan, symbols)
    yield from _changes(plan, symbols)
    yield from _named(plan, symbols)
    yield from _kept(plan)
    yield from _not_checked(plan)
    yield from diagnostic_lines(plan.warnings)
    yield from _proof(plan, item.digest)


def _header(item: Planned) -> str:
    name = item.tenant_name or "(unknown)"
    folder = str(item.folder)
    shown = f"Tenant {name}" if folder in ("", name) else f"Tenant {name} ({folder})"
    if item.plan is None:
        return shown
    return f"{shown}: {_counts(count_plan(item.plan))}"


def _changes(plan: Plan, symbols: Symbols) -> Iterator[Line]:
    for row in rows(plan.changes):
        yield Line(_row(row, symbols), _TONES.get(row.sign, Tone.PLAIN))
        new = row.sign in (Sign.CREATE, Sign.REPLACE)
        for field in leaves(row.fields):
            if row.sign is Sign.CREATE and field.path in _IN_THE_ROW:
                continue
            yield from field_lines(field, symbols, "      ", new=new)
    if plan.changes:
        yield BLANK


def _row(row: Row, symbols: Symbols) -> str:
    sign = {
        Sign.CREATE: symbols.create,
        Sign.CHANGE: symbols.change,
        Sign.DELETE: symbols.delete,
        Sign.REPLACE: symbols.replace,
    }.get(row.sign, symbols.ledger)
    kind = f"{row.type_before} {symbols.arrow} {row.type}" if row.type_before else row.type
    parts = [f"  {sign} {row.sign.value:<8}{row.address}"]
    if kind or row.name:
        parts.append(" ".join(part for part in (kind, quoted(row.name) if row.name else "") if part))
    if row.previous is not None and row.previous != row.address:
        parts.append(f"(was {row.previous})")
    return "   ".join(parts)


def _named(plan: Plan, symbols: Symbols) -> Iterator[Line]:
    """Write handovers and restarts, each one thing however many steps it takes."""
    for handover in plan.handovers:
        sides = f"{handover.before or 'nobody'} {symbols.arrow} {handover.after or 'nobody'}"
        yield Line(f"  {symbols.arrow} handover {handover.slot}: {sides}", Tone.HANDOVER)
    reasons = _restart_reasons(plan)
    for address in plan.restarts:
        why = reasons.get(address, "")
        yield Line(f"  {symbols.restart} restart {address}{f' ({why})' if why else ''}", Tone.RESTART)
    if plan.handovers or plan.restarts:
        yield BLANK


def _restart_reasons(plan: Plan) -> dict[Address, str]:
    if not plan.restarts:
        return {}
    acts = (Action.STOP, Action.START)
    return {op.address: op.reason for op in reversed(plan.operations) if op.action in acts and op.reason}


def _kept(plan: Plan) -> Iterator[Line]:
    if not plan.unmanaged:
        return
    yield Line("No longer managed (their section is absent; kept, `state rm` forgets them):", Tone.HEAD)
    for address in plan.unmanaged:
        yield Line(f"  {address}")
    yield BLANK


def _not_checked(plan: Plan) -> Iterator[Line]:
    if not plan.not_checked:
        return
    yield Line("Secrets not checked here (their reference does not resolve):", Tone.HEAD)
    for place in plan.not_checked:
        yield Line(f"  {place}")
    yield BLANK


def _proof(plan: Plan, digest: str) -> Iterator[Line]:
    if plan.operations:
        steps = number(len(plan.operations), "step")
        yield Line(f"  proved {number(plan.checks, 'invariant check')} over {steps}", Tone.FAINT)
        if digest:
            yield Line(f"  digest {digest}", Tone.FAINT)
        yield BLANK


def _counts(counts: PlanCounts) -> str:
    if counts.nothing:
        return "no changes"
    return joined(
        [
            f"{counts.add} to add",
            f"{counts.change} to change",
            f"{counts.delete} to delete",
            f"{counts.replace} to replace" if counts.replace else "",
            number(counts.handovers, "handover") if counts.handovers else "",
            number(counts.restarts, "restart") if counts.restarts else "",
            f"{counts.ledger} in the ledger only" if counts.ledger else "",
        ]
    )


def plan_summary(items: Sequence[Planned], verb: str = "Plan") -> str:
    """Write the last line of a plan; the same words whatever the format."""
    made = [item for item in items if item.plan is not None]
    counts = count_plans(items)
    bad = failed(items)
    ending = f"; {number(bad, 'tenant')} failed" if bad else ""
    if not made:
        return f"{verb}: none could be made{ending}"
    over = f" in {number(len(made), 'tenant')}" if len(items) > 1 else ""
    if counts.nothing:
        return f"No changes{over}. The platform is as the configuration says{ending}"
    return f"{verb}: {_counts(counts)}{over}{ending}"
