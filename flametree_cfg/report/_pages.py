"""Every kind of result as a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import asdict, replace

from flametree_cfg.drift import Drift, DriftKind, Judged
from flametree_cfg.errors import has_errors
from flametree_cfg.model import FieldChange, Probed
from flametree_cfg.report import text
from flametree_cfg.report._counts import PlanCounts, count_plan, count_plans, failed, number, severities
from flametree_cfg.report._documents import Document, Drawn, DriftChecked, Failure, InFolder, Planned, Validated
from flametree_cfg.report._drawings import drawing
from flametree_cfg.report._drift_markdown import alike_drifts
from flametree_cfg.report._drift_text import STATUS, drift_summary
from flametree_cfg.report._drift_words import fate_text, judged_lines, object_judged, unseen_text
from flametree_cfg.report._fields import Row as Changed
from flametree_cfg.report._fields import Sign, rows
from flametree_cfg.report._graph_text import graph_summary
from flametree_cfg.report._health import check_summary, counted, dot, when_text, word
from flametree_cfg.report._health_documents import HealthChecked
from flametree_cfg.report._impact import durations_text, impact_of, quiet, shouted
from flametree_cfg.report._lines import UNICODE, Panel
from flametree_cfg.report._page import Cell, Entry, Page, Row, Section, cells, findings, names
from flametree_cfg.report._plan_markdown import alike_plans
from flametree_cfg.report._plan_text import counts_text, plan_summary
from flametree_cfg.report._runs_text import validate_summary
from flametree_cfg.report._values_text import quoted
from flametree_cfg.report._wiring import Wiring

ENTRIES_SHOWN = 2000  # resources of one tenant: a browser stays quick
PICTURES_SHOWN = 40  # tenants that are drawn

_TONES = {Sign.CREATE: "create", Sign.CHANGE: "change", Sign.DELETE: "delete", Sign.REPLACE: "replace"}
_SIGNS = {Sign.CREATE: "+", Sign.CHANGE: "~", Sign.DELETE: "\u2212", Sign.REPLACE: "\u00b1"}
_MOVED = {
    DriftKind.CHANGED: ("change", "~", "changed outside"),
    DriftKind.DELETED: ("delete", "\u2212", "deleted outside"),
    DriftKind.ADDED: ("outside", "?", "added outside"),
}
_SAID_ELSEWHERE = frozenset({("type",), ("name",)})


def _plan(items: Sequence[Planned]) -> Page:
    by_text, quiet = alike_plans(items, UNICODE)
    groups = list(by_text.values())
    counts = count_plans(items)
    sections = tuple(_planned(alike, drawn=place < PICTURES_SHOWN) for place, alike in enumerate(groups))
    overview = [Row(s.names, s.count, s.said, s.digest, place) for place, s in enumerate(sections, 1)]
    if quiet:
        overview.append(Row(names(_name(item) for item in quiet), len(quiet), "no changes"))
    bad = failed(items)
    tone = "bad" if bad else "good" if counts.nothing else "change"
    chips = tuple(_chips(counts, bad))
    return Page(plan_summary(items), tone, chips, tuple(overview) if len(items) > 1 else (), sections)


def _chips(counts: PlanCounts, bad: int) -> Iterator[tuple[int, str, str]]:
    tones = {"add": "create", "restarts": "restart", "handovers": "restart", "ledger": "ledger"}
    words = {what: f"to {what}" for what in ("add", "change", "delete", "replace")} | {"ledger": "in the ledger only"}
    for what, count in asdict(counts).items():
        if count:
            noun = what if count > 1 or not what.endswith("s") else what.removesuffix("s")
            yield count, words.get(what, noun), tones.get(what, what)
    if bad:
        yield bad, "failed", "delete"


def _planned(alike: Sequence[Planned], *, drawn: bool) -> Section:
    item = alike[0]
    plan, one = item.plan, len(alike) == 1
    listed = names(_name(other) for other in alike)
    if plan is None:
        return Section(listed, len(alike), "no plan could be made", findings=findings(item.diagnostics))
    counts = count_plan(plan)
    said = "no changes" if counts.nothing else counts_text(counts) + ("" if one else " in each")
    changed = rows(plan.changes)
    return Section(
        listed,
        len(alike),
        said if plan.refreshed else f"{said}; compared with the ledger only",
        item.digest if one else "",
        _picture(Document.PLAN, item) if drawn else None,
        "" if one else _name(item),
        tuple((what.replace("`", ""), len(which), names(which)) for what, which in impact_of(plan)),
        (*findings(shouted(item.diagnostics)), *findings(quiet(item.diagnostics))),
        _dots(item.probed),
        tuple(map(_moved, (*plan.drift, *plan.ignored)[:ENTRIES_SHOWN])),
        tuple(map(_changed, changed[:ENTRIES_SHOWN])),
        max(0, len(changed) - ENTRIES_SHOWN),
        _proof(item),
        () if one else tuple((_name(other), other.digest) for other in alike),
    )


def _dots(checks: Sequence[Probed]) -> tuple[tuple[str, str, str, str, str], ...]:
    return tuple(
        (
            one.found.health.name.lower().replace("_", "-"),
            dot(one.found.health, UNICODE),
            word(one.found.health),
            str(one.address),
            f"{one.found.message} ({when})" if (when := when_text(one)) else one.found.message,
        )
        for one in checks
    )


def _checked(items: Sequence[HealthChecked]) -> Page:
    sections = tuple(
        Section(
            names([_name(item)]),
            1,
            counted(one.found.health for one in item.checks),
            findings=() if item.checks else findings(item.diagnostics),
            probed=_dots(item.checks),
        )
        for item in items
    )
    return Page(check_summary(items), "bad" if any(item.exit_code for item in items) else "good", sections=sections)


def _proof(item: Planned) -> str:
    plan = item.plan
    if plan is None or not plan.operations:
        return ""
    expected = durations_text(plan)
    measured = f" {expected[0].upper()}{expected[1:]}." if expected else ""
    return f"Proved {number(plan.checks, 'invariant check')} over {number(len(plan.operations), 'step')}.{measured}"


def _changed(row: Changed) -> Entry:
    kind = f"{row.type_before} \u2192 {row.type}" if row.type_before else row.type
    new = row.sign in (Sign.CREATE, Sign.REPLACE)
    hidden = _SAID_ELSEWHERE if row.sign is Sign.CREATE else frozenset[tuple[str, ...]]()
    return Entry(
        _TONES.get(row.sign, "ledger"),
        _SIGNS.get(row.sign, "="),
        row.sign.value,
        str(row.address),
        " ".join(part for part in (kind, quoted(row.name) if row.name else "") if part),
        str(row.previous) if row.previous is not None and row.previous != row.address else "",
        tuple(cells(row.fields, new=new, without=hidden)),
    )


def _moved(one: Drift) -> Entry:
    tone, sign, word = _MOVED[one.kind]
    about = " ".join(part for part in (one.type, quoted(one.name) if one.name else "") if part)
    said = [fate_text(whole, one.kind) for whole in object_judged(one)]
    fields = tuple(cell for field, judged in one.told for cell in _judged(field, judged))
    return Entry(tone, sign, word, str(one.address), "; ".join(part for part in (about, *said) if part), fields=fields)


def _judged(field: FieldChange, judged: Judged | None) -> Iterator[Cell]:
    said = "; ".join(text.strip() for text in judged_lines(judged, DriftKind.CHANGED, "")) if judged else ""
    for cell in cells([field], new=False):
        yield replace(cell, note="; ".join(part for part in (cell.note, said) if part))


def _drift(items: Sequence[DriftChecked]) -> Page:
    groups = list(alike_drifts(items, UNICODE).values())
    sections = tuple(_drifted(alike, drawn=place < PICTURES_SHOWN) for place, alike in enumerate(groups))
    overview = [Row(s.names, s.count, s.said, section=place) for place, s in enumerate(sections, 1)]
    clean = [item for item in items if item.status == "clean" and not (item.diagnostics or item.ignored)]
    if clean:
        overview.append(Row(names(map(_name, clean)), len(clean), STATUS["clean"]))
    kinds = [(kind, sum(one.kind is kind for item in items for one in item.drift)) for kind in DriftKind]
    chips = tuple((count, _MOVED[kind][2], _MOVED[kind][0]) for kind, count in kinds if count)
    tone = "bad" if any(item.status == "unknown" for item in items) else "change" if chips else "good"
    unseen = unseen_text(item.not_observable for item in items)
    text = (unseen,) if unseen else ()
    return Page(drift_summary(items), tone, chips, tuple(overview) if len(items) > 1 else (), sections, text)


def _drifted(alike: Sequence[DriftChecked], *, drawn: bool) -> Section:
    item = alike[0]
    return Section(
        names(map(_name, alike)),
        len(alike),
        STATUS.get(item.status, item.status),
        picture=_picture(Document.DRIFT, item) if drawn and item.drift else None,
        picture_of=_name(item) if len(alike) > 1 else "",
        findings=findings(item.diagnostics),
        moved=tuple(map(_moved, (*item.drift, *item.ignored)[:ENTRIES_SHOWN])),
        left_out=max(0, len(item.drift) + len(item.ignored) - ENTRIES_SHOWN),
    )


def _validate(items: Sequence[Validated]) -> Page:
    told = [item for item in items if item.diagnostics]
    shown = told or items[:1]
    sections = tuple(_validated(item, drawn=place < PICTURES_SHOWN) for place, item in enumerate(shown))
    overview = [Row(s.names, 1, s.said, section=place) for place, s in enumerate(sections, 1) if told]
    right = [item for item in items if not item.diagnostics]
    if right:
        overview.append(Row(names(map(_name, right)), len(right), "valid"))
    errors, warnings = severities(d for item in items for d in item.diagnostics)
    chips = tuple(
        chip
        for chip in (
            (errors, "error" if errors == 1 else "errors", "delete"),
            (warnings, "warning" if warnings == 1 else "warnings", "change"),
        )
        if chip[0]
    )
    tone = "bad" if errors else "change" if warnings else "good"
    return Page(validate_summary(items), tone, chips, tuple(overview) if len(items) > 1 else (), sections)


def _validated(item: Validated, *, drawn: bool) -> Section:
    errors, warnings = severities(item.diagnostics)
    counted = [number(errors, "error") if errors else "", number(warnings, "warning") if warnings else ""]
    said = ", ".join(part for part in counted if part) or f"valid, {number(item.resources, 'resource')}"
    picture = _picture(Document.VALIDATE, item) if drawn else None
    return Section(names([_name(item)]), 1, said, picture=picture, findings=findings(item.diagnostics))


def _graph(items: Sequence[Validated]) -> Page:
    drawn = [(item, picture) for item in items if (picture := _picture(Document.GRAPH, item)) is not None]
    sections = tuple(
        Section(names([_name(item)]), 1, number(len(picture.nodes), "object"), picture=picture)
        for item, picture in drawn
    )
    bad = any(has_errors(item.diagnostics) for item in items)
    return Page(graph_summary([picture for _, picture in drawn]), "bad" if bad else "good", sections=sections)


def _failure(failure: Failure) -> Page:
    said = f"The command could not go on (exit code {int(failure.exit_code)})"
    section = Section(names(()), 1, "", findings=findings(failure.diagnostics))
    return Page(said, "bad", sections=(section,))


def _name(item: InFolder) -> str:
    return item.tenant_name or str(item.folder) or "(unknown)"


def _picture(kind: Document, item: Drawn) -> Wiring | None:
    picture = drawing(kind, item)
    return picture if picture is not None and picture.nodes else None


def page_of(kind: Document, document: Any) -> Page:
    """Lay one result out; what is no matter for a review is text."""
    maker = MAKERS.get(kind)
    if maker is not None:
        return maker(document)
    lines: list[str] = []
    for block in text.render(kind, document, command="", symbols=UNICODE):
        lines += (
            [block.title, *(f"  {line.text}" for line in block.lines)] if isinstance(block, Panel) else [block.text]
        )
    return Page(lines[-1] if lines else "", "good", text=tuple(lines[:-1]))


MAKERS: Mapping[Document, Callable[[Any], Page]] = {
    Document.VALIDATE: _validate,
    Document.PLAN: _plan,
    Document.DRIFT: _drift,
    Document.GRAPH: _graph,
    Document.CHECK: _checked,
    Document.FAILURE: _failure,
}
