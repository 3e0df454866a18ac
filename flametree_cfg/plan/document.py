"""A plan's body as a document, and the digest people approve."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from flametree_cfg.model import Effect, FieldChange, Operation, Value, canonical, to_json
from flametree_cfg.plan.types import Plan
from flametree_cfg.plan.written import Writer, not_said

FORMAT_VERSION = 1


def plan_body(plan: Plan) -> dict[str, Any]:
    """
    Give what approving a plan approves: operations with before, after and read sets; references, never values.

    No clock, no serial, no fingerprint is in it: same inputs, same body.
    """
    return {
        "format_version": FORMAT_VERSION,
        "tenant": plan.tenant,
        "operations": [operation_to_json(operation) for operation in plan.approved],
    }


def plan_digest(plan: Plan) -> str:
    """
    Name a plan by the SHA-256 of its body in RFC 8785 form: 64 hex digits.

    Operation by operation: the body of a large plan is larger than the plan.
    """
    before, opening, after = canonical(plan_body(replace(plan, operations=(), without_values=None))).partition(
        b'"operations":['
    )
    digest = hashlib.sha256(before + opening)
    writer = Writer()
    for number, operation in enumerate(plan.approved):
        digest.update(b"," if number else b"")
        digest.update(writer.written(operation) or canonical(_document(operation, _as_it_is)))
    digest.update(after)
    return digest.hexdigest()


def operation_to_json(operation: Operation) -> dict[str, Any]:
    """Turn one operation into plain JSON; absent parts are left out, what has no order is sorted."""
    return _document(operation, partial(to_json, fingerprints=False))


def _document(operation: Operation, value: Callable[[Value], Value]) -> dict[str, Any]:
    document: dict[str, Any] = {"id": operation.id, "action": operation.action.value, "address": str(operation.address)}
    if operation.type:
        document["type"] = operation.type
    if operation.previous:
        document["previous"] = str(operation.previous)
    if operation.before is not None:
        document["before"] = value(operation.before.fields)
    if operation.after is not None and (after := not_said(operation, operation.after)):
        document["after"] = value(after)
    if operation.changes:
        document["changes"] = [_field(change, value) for change in sorted(operation.changes, key=_path)]
    if operation.preconditions:
        document["preconditions"] = [
            {"check": p.check.value, "subject": p.subject, "path": p.path, "expect": p.expect}
            for p in sorted(operation.preconditions, key=lambda p: (p.check, p.subject, p.path))
        ]
    if operation.effects:
        document["effects"] = [
            _effect(effect, value) for effect in sorted(operation.effects, key=lambda e: (e.address, e.path))
        ]
    if operation.part_of:
        document["part_of"] = operation.part_of
    if operation.platform_id:
        document["platform_id"] = operation.platform_id
    return document | _flags(operation)


def _flags(operation: Operation) -> dict[str, bool]:
    resource = operation.after or operation.before
    flags = {
        "protected": operation.protected,
        "external": resource is not None and resource.external,
        "system": resource is not None and resource.system,
    }
    return {flag: True for flag, is_set in flags.items() if is_set}


_path = attrgetter("path")


def _as_it_is(value: Value) -> Value:
    """Leave a value to `canonical`, which knows secrets."""
    return value


def _field(change: FieldChange, value: Callable[[Value], Value]) -> dict[str, Any]:
    return {
        "path": list(change.path),
        "before": value(change.before),
        "after": value(change.after),
        "note": change.note.value,
    }


def _effect(effect: Effect, value: Callable[[Value], Value]) -> dict[str, Any]:
    return {
        "address": str(effect.address),
        "path": list(effect.path),
        "before": value(effect.before),
        "after": value(effect.after),
    }
