"""A plan's body as a document, and the digest people approve."""

from __future__ import annotations

import hashlib
from typing import Any

from flametree_cfg.model import Action, FieldChange, Operation, Resource, canonical, to_json
from flametree_cfg.plan.types import Plan

FORMAT_VERSION = 1


def plan_body(plan: Plan) -> dict[str, Any]:
    """
    Give what approving a plan approves: operations with before, after and read sets; references, never values.

    No clock, no serial, no fingerprint is in it: same inputs, same body.
    """
    return {
        "format_version": FORMAT_VERSION,
        "tenant": plan.tenant,
        "operations": [operation_to_json(operation) for operation in plan.operations],
    }


def plan_digest(plan: Plan) -> str:
    """Name a plan by the SHA-256 of its body in RFC 8785 form: 64 hex digits."""
    return hashlib.sha256(canonical(plan_body(plan))).hexdigest()


def operation_to_json(operation: Operation) -> dict[str, Any]:
    """Turn one operation into plain JSON; absent parts are left out, what has no order is sorted."""
    document = {
        "id": operation.id,
        "action": operation.action.value,
        "address": str(operation.address),
        "type": operation.type,
        "previous": str(operation.previous) if operation.previous else None,
        "before": _resource(operation.before),
        "after": _resource(operation.after) if operation.action is not Action.CREATE else None,
        "changes": [_field(change) for change in sorted(operation.changes, key=lambda c: c.path)],
        "preconditions": [
            {"check": p.check.value, "subject": p.subject, "path": p.path, "expect": p.expect}
            for p in sorted(operation.preconditions, key=lambda p: (p.check, p.subject, p.path))
        ],
        "effects": [
            {
                "address": str(effect.address),
                "path": list(effect.path),
                "before": to_json(effect.before, fingerprints=False),
                "after": to_json(effect.after, fingerprints=False),
            }
            for effect in sorted(operation.effects, key=lambda e: (e.address, e.path))
        ],
        "part_of": operation.part_of,
        "protected": operation.protected,
        "platform_id": operation.platform_id,
    }
    return {key: value for key, value in document.items() if value not in (None, "", [], False)}


def _field(change: FieldChange) -> dict[str, Any]:
    return {
        "path": list(change.path),
        "before": to_json(change.before, fingerprints=False),
        "after": to_json(change.after, fingerprints=False),
        "note": change.note.value,
    }


def _resource(resource: Resource | None) -> dict[str, Any] | None:
    return None if resource is None else to_json(resource.fields, fingerprints=False)
