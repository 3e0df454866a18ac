"""JSON for machines: one document a command, the same facts as the text, keys sorted, ASCII only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec.structs import asdict

from flametree_cfg.model import Entry, Health, Kind, Stored
from flametree_cfg.plan.types import Plan
from flametree_cfg.report import _history_json, _lifecycle_json
from flametree_cfg.report import _shapes as shape
from flametree_cfg.report._counts import count_plan, count_plans, failed, severities
from flametree_cfg.report._documents import (
    Applied,
    Apply,
    Document,
    Done,
    DriftChecked,
    Failure,
    Formatted,
    InFolder,
    Object,
    Objects,
    Planned,
    Validated,
)
from flametree_cfg.report._drawings import drawings
from flametree_cfg.report._explain_json import explain
from flametree_cfg.report._fields import rows
from flametree_cfg.report._health_documents import CardLike, HealthChecked, StatusLike
from flametree_cfg.report._impact import quiet, shouted
from flametree_cfg.report._lines import Block, Line, Symbols
from flametree_cfg.report._why_json import rendered, why

FORMAT_VERSION = 1
"""Grows when a reader of the old shape would misread the new one; a new key alone does not change it."""

Json = dict[str, Any]
_KINDS = (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write a document as one line of JSON."""
    body = {"format_version": FORMAT_VERSION, "command": command, **_WRITERS[kind](document)}
    yield Line(json.dumps(body, sort_keys=True, default=str))


def _validate(items: Sequence[Validated]) -> Json:
    errors, warnings = severities(d for item in items for d in item.diagnostics)
    return {
        "tenants": [{**_tenant(item), "resources": item.resources} for item in items],
        "summary": {"tenants": len(items), "failed": failed(items), "errors": errors, "warnings": warnings},
    }


def _format(items: Sequence[Formatted]) -> Json:
    return {
        "files": [
            {
                "file": str(item.folder),
                "changed": item.changed,
                "written": item.written,
                "diff": list(item.diff),
                "exit_code": int(item.exit_code),
                "diagnostics": shape.diagnostics(item.diagnostics),
            }
            for item in items
        ],
        "summary": {
            "files": len(items),
            "changed": sum(item.changed for item in items),
            "written": sum(item.written for item in items),
            "failed": failed(items),
        },
    }


def _plan(items: Sequence[Planned]) -> Json:
    return {
        "tenants": [_planned(item) for item in items],
        "summary": {**asdict(count_plans(items)), "tenants": len(items), "failed": failed(items)},
    }


def _planned(item: Planned) -> Json:
    diagnostics = [*shouted(item.diagnostics), *quiet(item.diagnostics)]
    plan = None if item.plan is None else _one_plan(item.plan)
    told = {"diagnostics": shape.diagnostics(diagnostics), "digest": item.digest, "probed": shape.probed(item.probed)}
    return {**_tenant(item), **told, "plan": plan}


def _one_plan(plan: Plan) -> Json:
    return {
        "lineage": plan.lineage,
        "serial": plan.serial,
        "platform": plan.platform,
        "refreshed": plan.refreshed,
        "changes": [shape.row(row) for row in rows(plan.changes)],
        "operations": [shape.operation(step) for step in plan.operations],
        "handovers": [{"slot": h.slot, "before": h.before, "after": h.after} for h in plan.handovers],
        "restarts": [str(address) for address in plan.restarts],
        "drift": [shape.drift(one) for one in plan.drift],
        "ignored": [shape.drift(one) for one in plan.ignored],
        "held": [str(address) for address in plan.held],
        "protected": [str(address) for address in plan.protected],
        "impact": None if plan.impact is None else shape.impact(plan.impact),
        "refusals": shape.diagnostics(plan.refusals),
        "last_applies_s": list(plan.durations),
        "unmanaged": [str(address) for address in plan.unmanaged],
        "not_checked": list(plan.not_checked),
        "checks": plan.checks,
        "summary": asdict(count_plan(plan)),
    }


def _apply(document: Apply) -> Json:
    results = document.results
    return {
        "tenants": [_applied(result) for result in results],
        "summary": {
            "tenants": len(results),
            "failed": sum(bool(result.exit_code) for result in results),
            "applied": sum(result.applied for result in results),
            "operations": sum(result.total for result in results),
        },
    }


def _applied(result: Applied) -> Json:
    return {
        **_tenant(result),
        "applied": result.applied,
        "operations": result.total,
        "resumed": result.resumed,
        "serial": result.serial,
        "run": result.run_number,
        "transitions": _lifecycle_json.transitions(result.transitions),
        "plan": _one_plan(result.plan) if result.plan is not None else None,
        "checks": shape.probed(result.checks),
        "back": _applied(result.back) if result.back is not None else None,
    }


def _drift(items: Sequence[DriftChecked]) -> Json:
    return {
        "tenants": [
            {
                **_tenant(item),
                "status": item.status,
                "drift": [shape.drift(d) for d in item.drift],
                "ignored": [shape.drift(d) for d in item.ignored],
                "secrets_not_observable": item.not_observable,
            }
            for item in items
        ],
        "summary": {
            "tenants": len(items),
            "drift": sum(len(item.drift) for item in items),
            "ignored": sum(len(item.ignored) for item in items),
            "failed": failed(items),
            "secrets_not_observable": sum(item.not_observable for item in items),
        },
    }


def _tenant(item: InFolder) -> Json:
    return {
        "tenant": item.tenant_name,
        "folder": str(item.folder),
        "exit_code": int(item.exit_code),
        "diagnostics": shape.diagnostics(item.diagnostics),
    }


def _show(cards: Sequence[CardLike]) -> Json:
    return {"cards": [_card(card) for card in cards]}


def _card(card: CardLike) -> Json:
    return {
        "address": str(card.address),
        "type": card.type,
        "name": card.name,
        "description": card.description,
        "tags": list(card.tags),
        "status": card.status.value,
        "health": card.health.value,
        "message": card.message,
        "checked": card.checked,
        "checked_s_ago": card.age_s,
        "linked": [str(one) for one in card.linked],
        "parameters": {key: shape.value(item) for key, item in card.parameters.items()},
        "id": card.platform_id,
        "foreign": card.address.foreign,
    }


def _status(one: StatusLike) -> Json:
    listed = [(card.address.kind, _card(card)) for card in one.cards]
    kinds = {f"{kind.value}s": [card for of, card in listed if of is kind] for kind in _KINDS}
    return {"tenant": one.tenant_name, "folder": str(one.folder), **kinds}


def _check(items: Sequence[HealthChecked]) -> Json:
    counts = Counter(one.found.health for item in items for one in item.checks)
    return {
        "tenants": [{**_tenant(item), "checks": shape.probed(item.checks)} for item in items],
        "summary": {"tenants": len(items), **{health.name.lower(): counts[health] for health in Health}},
    }


def _graph(items: Sequence[Validated]) -> Json:
    drawn = {one.tenant: one for one in drawings(Document.GRAPH, items)}
    return {"tenants": [{**_tenant(item), **shape.graph(drawn.get(item.tenant_name))} for item in items]}


def _objects(listed: Objects) -> Json:
    return {"tenant": listed.tenant, "objects": [shape.live(one) for one in listed.objects]}


def _object(one: Object) -> Json:
    return {"tenant": one.tenant, "object": shape.live(one.object), "used_by": [shape.live(a) for a in one.used_by]}


def _state(stored: Stored) -> Json:
    return {
        "tenant": stored.tenant,
        "lineage": stored.lineage,
        "serial": stored.serial,
        "platform": stored.platform,
        "resources": [_entry_facts(entry) for _, entry in sorted(stored.entries.items())],
        "pending": [shape.operation(step) for step in stored.pending],
    }


def _entry(entry: Entry) -> Json:
    return {"resource": _entry_facts(entry)}


def _entry_facts(entry: Entry) -> Json:
    return {**shape.resource(entry.resource), "id": entry.id, "protected": entry.protected}


def _done(done: Done) -> Json:
    return dict(done.facts)


def _failure(failure: Failure) -> Json:
    return {"exit_code": int(failure.exit_code), "diagnostics": shape.diagnostics(failure.diagnostics)}


_WRITERS: dict[Document, Callable[[Any], Json]] = {
    Document.VALIDATE: _validate,
    Document.FORMAT: _format,
    Document.PLAN: _plan,
    Document.APPLY: _apply,
    Document.DRIFT: _drift,
    Document.SHOW: _show,
    Document.STATUS: _status,
    Document.CHECK: _check,
    Document.EXPLAIN: explain,
    Document.RENDER: rendered,
    Document.WHY: why,
    Document.GRAPH: _graph,
    Document.HISTORY: _history_json.history,
    Document.RUN: _history_json.run,
    Document.RUNS_DIFF: _history_json.runs_diff,
    Document.BLAME: _history_json.blame,
    Document.OBJECTS: _objects,
    Document.OBJECT: _object,
    Document.STATE: _state,
    Document.ENTRY: _entry,
    Document.LIFECYCLE: _lifecycle_json.lifecycle,
    Document.LOGS: _lifecycle_json.logs,
    Document.DONE: _done,
    Document.FAILURE: _failure,
}
