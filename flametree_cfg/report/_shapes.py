"""Parts that several JSON documents share, as plain objects. Models would cost more than a large plan itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flametree_cfg.drift import Drift, Judged
from flametree_cfg.errors import Diagnostic, Location
from flametree_cfg.model import Address, FieldChange, LiveObject, Operation, Probed, Resource, to_json
from flametree_cfg.report._fields import Row, leaves
from flametree_cfg.report._wiring import Wiring

if TYPE_CHECKING:
    from flametree_cfg.impact.types import Impact, Model

Json = dict[str, Any]
_SCALARS = (str, int, float, bool, type(None))


def diagnostics(found: Iterable[Diagnostic]) -> list[Json]:
    """Give diagnostics in the order they have."""
    return [_diagnostic(d) for d in found]


def _diagnostic(diagnostic: Diagnostic) -> Json:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "hint": diagnostic.hint,
        "address": diagnostic.address,
        "path": list(diagnostic.path),
        "location": location(diagnostic.location),
        "related": [
            {"text": r.text, "address": r.address, "path": list(r.path), "location": location(r.location)}
            for r in diagnostic.related
        ],
    }


def location(place: Location | None) -> Json | None:
    """Give a place."""
    return None if place is None else {"file": place.file, "line": place.line, "column": place.column}


def value(given: Any) -> Any:  # any JSON
    """Give a value as JSON; a secret becomes `{"$secret": "${env:NAME}"}`, its fingerprint stays here."""
    return given if type(given) in _SCALARS else to_json(given, fingerprints=False)


def field_change(change: FieldChange) -> Json:
    """Give one field's change."""
    return {
        "path": list(change.path),
        "before": value(change.before),
        "after": value(change.after),
        "note": change.note.value,
    }


def row(changed: Row) -> Json:
    """Give one resource's change."""
    return {
        "action": changed.sign.value,
        "address": str(changed.address),
        "type": changed.type,
        "type_before": changed.type_before,
        "name": changed.name,
        "previous": str(changed.previous) if changed.previous else None,
        "imported": changed.imported or None,
        "fields": [field_change(f) for f in leaves(changed.fields)],
    }


def drift(one: Drift) -> Json:
    """Give one object that moved; `before` is what was applied, `after` what the platform has now."""
    return {
        "address": str(one.address),
        "kind": one.kind.value,
        "type": one.type,
        "name": one.name,
        "fields": [field_change(f) for f in leaves(one.fields)],
        "judged": [_judged(judged) for judged in one.judged],
    }


def _judged(one: Judged) -> Json:
    run = one.run
    return {
        "path": list(one.path),
        "fate": one.fate.value,
        "declared": value(one.declared),
        "location": location(one.place),
        "run": run and {"number": run.number, "at": run.at, "who": run.who, "commit": run.commit},
        "until": one.until,
        "reason": one.reason,
    }


def operation(step: Operation) -> Json:
    """Give one step; the fields stand in the changes."""
    return {
        "id": step.id,
        "action": step.action.value,
        "address": str(step.address),
        "previous": str(step.previous) if step.previous else None,
        "type": step.type,
        "part_of": step.part_of,
        "reason": step.reason,
    }


def impact(found: Impact) -> Json:
    """Give what a plan does besides what it changes; `null` is nobody."""
    return {
        "restarts": [
            {
                "address": str(one.address),
                "reasons": list(one.reasons),
                "without": [str(agent) for agent in one.without],
            }
            for one in found.restarts
        ],
        "stopped": _texts(found.stopped),
        "models": [
            {"agent": str(m.agent), "role": m.role, "before": _models(m.before), "after": _models(m.after)}
            for m in found.models
        ],
        "inbound": [
            {"channel": str(m.channel), "before": _text(m.before), "after": _text(m.after)} for m in found.inbound
        ],
        "defaults": [
            {"type": m.type, "before": _text(m.before), "after": _text(m.after), "agents": _texts(m.agents)}
            for m in found.defaults
        ],
        "losses": [
            {"connector": str(m.connector), "agent": str(m.agent), "role": m.role, "instead": _texts(m.instead)}
            for m in found.losses
        ],
        "mentions": [
            {"agent": str(m.agent), "connector": str(m.connector), "name": m.name, "now": m.now or None}
            for m in found.mentions
        ],
        "likely_renames": [{"before": str(m.before), "after": str(m.after)} for m in found.renames],
        "deleted_agents": _texts(found.deleted),
        "affected_agents": _texts(found.affected),
    }


def _models(models: Iterable[Model]) -> list[Json]:
    return [{"connector": str(one.connector), "model": one.name, "default": one.default} for one in models]


def _texts(addresses: Iterable[Address]) -> list[str]:
    return [str(address) for address in addresses]


def _text(address: Address | None) -> str | None:
    return None if address is None else str(address)


def resource(given: Resource) -> Json:
    """Give a whole resource."""
    return {
        "address": str(given.address),
        "external": given.external,
        "system": given.system,
        "fields": {key: value(item) for key, item in given.fields.items()},
    }


def live(one: LiveObject) -> Json:
    """Give one object as the platform reports it; references are the platform's ids, secrets are masked."""
    return {
        "kind": one.kind.value,
        "id": one.id,
        "system": one.system,
        "status": one.status.value,
        "health": one.health.value,
        "message": one.message,
        "checked": one.checked,
        "checked_at": one.checked_at,
        "fields": {key: value(item) for key, item in one.fields.items()},
    }


def probed(checks: Iterable[Probed]) -> list[Json]:
    """Give what checks found."""
    return [
        {
            "address": str(one.address),
            "type": one.type,
            "name": one.name,
            "health": one.found.health.value,
            "finding": one.found.finding,
            "message": one.found.message,
            "at": one.found.at,
            "duration_s": one.found.duration_s,
            "age_s": one.age_s,
        }
        for one in checks
    ]


def graph(picture: Wiring | None) -> Json:
    """Give what leads from what to what; empty for a tenant that cannot be drawn."""
    nodes = picture.nodes if picture else ()
    edges = picture.edges if picture else ()
    return {
        "objects": [{"address": str(n.address), "type": n.type, "name": n.name, "default": n.default} for n in nodes],
        "connections": [{"from": str(e.source), "to": str(e.target), "as": e.label} for e in edges],
    }
