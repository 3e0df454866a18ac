"""A plan as its reviewer reads it, and as somebody reads it at two in the morning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flametree_cfg.errors import has_errors
from flametree_cfg.model import Address, Note
from flametree_cfg.plan.types import Plan
from flametree_cfg.report._counts import PlanCounts, count_plan, count_plans, failed, joined, number
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._documents import Planned
from flametree_cfg.report._drift_text import plan_drift
from flametree_cfg.report._fields import Row, Sign, leaves, rows
from flametree_cfg.report._health import probed_lines
from flametree_cfg.report._impact import consequences, durations_text, held, quiet, reasons_text, shouted
from flametree_cfg.report._lines import BLANK, UNICODE, Block, Line, Symbols, Tone
from flametree_cfg.report._values_text import field_lines, path_text, quoted, value_text

_FEW = 20  # of what is only to be counted
_TONES = {
    Sign.CREATE: Tone.CREATE,
    Sign.CHANGE: Tone.CHANGE,
    Sign.DELETE: Tone.DELETE,
    Sign.REPLACE: Tone.REPLACE,
}
_new = tuple.__new__  # around NamedTuple's own constructor, a line takes half the time
_PLAIN = Tone.PLAIN
_NONE = Note.NONE  # a member costs more to look up than a comparison
QUIET_SHOWN = 20  # names: more of them would push the changes out of sight
_IN_THE_ROW = {("type",), ("name",)}


def plan_document(items: Sequence[Planned], symbols: Symbols) -> Iterator[Block]:
    """Write the plans of one run: tenants with something to say, then the quiet ones; the last line is the summary."""
    quiet = [item for item in items if len(items) > 1 and says_nothing(item)]
    unheard = {id(item) for item in quiet}
    for item in items:
        if id(item) not in unheard:
            yield from tenant_lines(item, symbols)
    yield from _quiet_lines(quiet)
    yield Line(plan_summary(items), Tone.HEAD)


def says_nothing(item: Planned) -> bool:
    """Tell whether nobody has to read about a tenant."""
    plan = item.plan
    if plan is None or item.diagnostics or not plan.refreshed:
        return False
    return not (plan.operations or plan.changes or plan.drift or plan.unmanaged or plan.held or plan.not_checked)


def _quiet_lines(quiet: Sequence[Planned]) -> Iterator[Line]:
    if not quiet:
        return
    names = ", ".join(item.tenant_name for item in quiet[:QUIET_SHOWN])
    more = f" and {len(quiet) - QUIET_SHOWN} more" if len(quiet) > QUIET_SHOWN else ""
    yield Line(f"No changes in {number(len(quiet), 'tenant')}: {names}{more}")
    yield BLANK


def tenant_lines(item: Planned, symbols: Symbols) -> Iterator[Line]:
    """Write one tenant: where it stands, drift above changes, then what the reader should know."""
    plan = item.plan
    yield Line(_header(item), Tone.HEAD)
    if plan is None:
        said = "errors" if has_errors(item.diagnostics) else "warnings"
        yield Line(f"  nothing is planned; see the {said}")
        yield BLANK
        return
    if not plan.refreshed:
        yield Line("  compared with the ledger only; the platform was not read", Tone.FAINT)
    yield BLANK
    yield from diagnostic_lines(shouted(item.diagnostics))
    yield from plan_drift(plan, symbols)
    yield from change_lines(rows(plan.changes), symbols)
    if plan.changes:
        yield BLANK
    yield from _probed(item, symbols)
    yield from _named(plan, symbols)
    yield from _consequences(plan, symbols)
    yield from _listed("No longer managed (their section is absent; kept, `state rm` forgets them):", plan.unmanaged)
    kept = [f"{why.replace('Held', 'held')}   {one}" for why, which in held(plan) for one in which]
    yield from _listed("No longer declared, kept:", kept)
    why = "no value here, or another key" if plan.refreshed else "planned without looking them up"
    count = number(len(plan.not_checked), "secret")
    yield from _listed(f"{count} not checked here ({why}):", plan.not_checked, _FEW)
    yield from diagnostic_lines(quiet(item.diagnostics))
    yield from _proof(plan, item.digest)


def _probed(item: Planned, symbols: Symbols) -> Iterator[Line]:
    if item.probed:
        yield Line("Checked, before anything is applied:", Tone.HEAD)
        yield from probed_lines(item.probed, symbols)
        yield BLANK


def _header(item: Planned) -> str:
    name = item.tenant_name or "(unknown)"
    folder = str(item.folder)
    shown = f"Tenant {name}" if folder in ("", name) else f"Tenant {name} ({folder})"
    if item.plan is None:
        return shown
    counts = count_plan(item.plan)
    return f"{shown}: {'no changes' if counts.nothing else counts_text(counts)}"


def change_lines(changed: Iterable[Row], symbols: Symbols) -> Iterator[Line]:
    """Write what changes, a line for each resource and below it one for each field."""
    heads = _heads(symbols)
    for row in changed:
        yield Line(_row(row, heads[row.sign], symbols), _TONES.get(row.sign, Tone.PLAIN))
        created = row.sign is Sign.CREATE
        new = created or row.sign is Sign.REPLACE
        for field in leaves(row.fields):
            if created and field.path in _IN_THE_ROW:
                continue
            if new and field.before is None and field.note is _NONE:  # `field_lines` says the same
                yield _new(Line, (f"      {path_text(field.path)}: {value_text(field.after)}", _PLAIN))
            else:
                yield from field_lines(field, symbols, "      ", new=new)


def _heads(symbols: Symbols) -> dict[Sign, str]:
    """Give how the row of each sign begins."""
    shown = {
        Sign.CREATE: symbols.create,
        Sign.CHANGE: symbols.change,
        Sign.DELETE: symbols.delete,
        Sign.REPLACE: symbols.replace,
    }
    return {sign: f"  {shown.get(sign, symbols.ledger)} {sign.value:<8}" for sign in Sign}


def _row(row: Row, head: str, symbols: Symbols) -> str:
    kind = f"{row.type_before} {symbols.arrow} {row.type}" if row.type_before else row.type
    parts = [f"{head}{row.address}"]
    if row.name:
        parts.append(f"{kind} {quoted(row.name)}" if kind else quoted(row.name))
    elif kind:
        parts.append(kind)
    if row.previous is not None and row.previous != row.address:
        parts.append(f"(was {row.previous})")
    if row.imported:
        parts[0] += f" <- {row.imported}"
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
    return {one.address: reasons_text(one) for one in plan.impact.restarts} if plan.impact else {}


def _consequences(plan: Plan, symbols: Symbols) -> Iterator[Line]:
    said = [(what, which) for what, which in consequences(plan.impact) if which] if plan.impact else []
    if not said:
        return
    yield Line("Impact:", Tone.HEAD)
    for what, which in said:
        yield Line(f"  {what}:")
        for one in which[:QUIET_SHOWN]:
            yield Line(f"    {one.replace(UNICODE.arrow, symbols.arrow)}")
        if len(which) > QUIET_SHOWN:
            yield Line(f"    and {len(which) - QUIET_SHOWN} more", Tone.FAINT)
    yield BLANK


def _listed(heading: str, things: Sequence[object], most: int | None = None) -> Iterator[Line]:
    if not things:
        return
    yield Line(heading, Tone.HEAD)
    for thing in things[:most]:
        yield Line(f"  {thing}")
    if most is not None and len(things) > most:
        yield Line(f"  … and {len(things) - most} more")
    yield BLANK


def _proof(plan: Plan, digest: str) -> Iterator[Line]:
    if plan.operations:
        steps = number(len(plan.operations), "step")
        yield Line(f"  proved {number(plan.checks, 'invariant check')} over {steps}", Tone.FAINT)
        if digest:
            yield Line(f"  digest {digest}", Tone.FAINT)
        if plan.rotated:
            more = f"{number(len(plan.rotated), 'resource')} whose secrets are sent again"
            yield Line(f"  outside the digest, applied with it: {more}", Tone.FAINT)
        if expected := durations_text(plan):
            yield Line(f"  {expected}", Tone.FAINT)
        yield BLANK


def counts_text(counts: PlanCounts) -> str:
    """Write what a plan would do as numbers."""
    return joined(
        [
            f"{counts.imports} to import" if counts.imports else "",
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
        return f"No changes. {verb}: {counts_text(counts)}{over}{ending}"
    return f"{verb}: {counts_text(counts)}{over}{ending}"
