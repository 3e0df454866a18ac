"""Plans in a file: written once, read back as they were or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from flametree_cfg.errors import Diagnostic, PlanStale, error
from flametree_cfg.model import (
    Action,
    Address,
    Check,
    Checked,
    Effect,
    FieldChange,
    Health,
    Note,
    Operation,
    Precondition,
    Probed,
    Resource,
    Value,
    canonical,
    from_json,
    parse_address,
)

FORMAT_VERSION = 1
_Read = TypeVar("_Read")
KIND = "flametree-cfg plan"
MAX_SIZE = 256_000_000  # bytes: of a plan that makes 200,000 resources


class SavedTenant(Struct, frozen=True):
    """
    One tenant of a saved plan.

    Attributes:
        tenant, folder: whose, and where it was read; its `${file:…}` are relative to that.
        body: as `plan_body` gives it: what was approved.
        digest: of the body.
        lineage, serial: of the ledger it was made with; empty and 0 before the first apply.
        platform: identity of the platform it was made with; empty where there was none yet.
        commit: of the configuration repository; empty outside git.
        rotated: whose secrets had other values behind the same references.
        note: goes before the summary in history; empty for a plan of what the files say.
        probed: what checks found before anything was applied; nobody approves that.
    """

    tenant: str
    folder: str
    body: Mapping[str, Any]
    digest: str
    lineage: str
    serial: int
    platform: str
    commit: str
    rotated: tuple[Address, ...] = ()
    note: str = ""
    probed: tuple[Probed, ...] = ()


class SavedPlan(Struct, frozen=True):
    """
    What a plan file says.

    Attributes:
        id: unique for ever; names the run that applies it.
        tool: version that made it.
        made_at, expires_at: UTC in ISO 8601.
        tenants: sorted by name.
    """

    id: str
    tool: str
    made_at: str
    expires_at: str
    tenants: tuple[SavedTenant, ...]

    @property
    def digest(self) -> str:
        """What people approve."""
        return overall_digest({tenant.tenant: tenant.digest for tenant in self.tenants})


def overall_digest(digests: Mapping[str, str]) -> str:
    """Name what one run does to all its tenants: of one its own digest, else a SHA-256 over all, by name."""
    if len(digests) == 1:
        return next(iter(digests.values()))
    return hashlib.sha256(canonical(dict(digests))).hexdigest()


def write_saved(plan: SavedPlan) -> bytes:
    """Write a plan file: one line of canonical JSON."""
    document = {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "id": plan.id,
        "tool": plan.tool,
        "made_at": plan.made_at,
        "expires_at": plan.expires_at,
        "digest": plan.digest,
        "tenants": [_tenant_document(tenant) for tenant in plan.tenants],
    }
    return canonical({**document, "checksum": _checksum(document)}) + b"\n"


def _tenant_document(tenant: SavedTenant) -> dict[str, Any]:
    probed = {"probed": [_probed_document(one) for one in tenant.probed]} if tenant.probed else {}
    return {
        "body": tenant.body,
        "digest": tenant.digest,
        "envelope": {
            "folder": tenant.folder,
            "lineage": tenant.lineage,
            "serial": tenant.serial,
            "platform": tenant.platform,
            "commit": tenant.commit,
            "rotated": [str(address) for address in tenant.rotated],
            **({"note": tenant.note} if tenant.note else {}),
            **probed,
        },
    }


def _probed_document(one: Probed) -> dict[str, Any]:
    found = one.found
    return {
        "address": str(one.address),
        "type": one.type,
        "name": one.name,
        "health": found.health.value,
        "finding": found.finding,
        "message": found.message,
        "at": found.at,
        "duration_s": found.duration_s,
    }


def _checksum(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(dict(document))).hexdigest()


def read_saved(data: bytes) -> SavedPlan:
    """
    Read a plan file back.

    Raises:
        PlanStale: it is not, byte for byte, what `write_saved` wrote; or a newer version wrote it.
    """
    document = _document(data)
    if document.get("kind") != KIND:
        raise PlanStale(_no_plan("it is JSON, but no plan"))
    if document.get("format_version") != FORMAT_VERSION:
        raise PlanStale(_newer(document.get("format_version")))
    kept = document.pop("checksum", None)
    if kept != _checksum(document) or canonical({**document, "checksum": kept}) + b"\n" != data:
        raise PlanStale(_no_plan("it was altered after it was written"))
    plan = _attempt(lambda: _plan(document))
    if document["digest"] != plan.digest or any(_digest(one.body) != one.digest for one in plan.tenants):
        raise PlanStale(_no_plan("its digest is not of what it holds"))
    return plan


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(dict(body))).hexdigest()


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise PlanStale(_no_plan("it is cut, or no JSON")) from None
    if not isinstance(document, dict):
        raise PlanStale(_no_plan("it is JSON, but no plan"))
    return document


def _attempt(read: Callable[[], _Read]) -> _Read:
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise PlanStale(_no_plan("it does not have the form of a plan")) from None


def _plan(document: Mapping[str, Any]) -> SavedPlan:
    tenants = tuple(_tenant(one) for one in document["tenants"])
    id_, tool, made_at, expires_at = (_text(document[name]) for name in ("id", "tool", "made_at", "expires_at"))
    if not tenants or len({one.tenant for one in tenants}) < len(tenants):
        raise ValueError("tenants")
    return SavedPlan(id_, tool, made_at, expires_at, tenants)


def _tenant(plain: Mapping[str, Any]) -> SavedTenant:
    envelope, body = plain["envelope"], plain["body"]
    folder, lineage, platform, commit = (_text(envelope[key]) for key in ("folder", "lineage", "platform", "commit"))
    rotated = tuple(_address(text) for text in envelope["rotated"])
    probed = tuple(_probed(one) for one in envelope.get("probed", ()))
    serial, digest, note = int(envelope["serial"]), _text(plain["digest"]), _text(envelope.get("note", ""))
    name = _text(body["tenant"])
    return SavedTenant(name, folder, body, digest, lineage, serial, platform, commit, rotated, note, probed)


def _probed(plain: Mapping[str, Any]) -> Probed:
    address = _address(plain["address"])
    finding, message, at = (_text(plain[key]) for key in ("finding", "message", "at"))
    found = Checked(str(address), Health(plain["health"]), finding, message, at, float(plain["duration_s"]))
    return Probed(address, _text(plain["type"]), _text(plain["name"]), found)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _address(text: str) -> Address:
    found = parse_address(_text(text))
    if found is None:
        raise ValueError("no address")
    return found


def operations_of(body: Mapping[str, Any]) -> tuple[Operation, ...]:
    """
    Undo `plan_body`; secrets have no fingerprints.

    Raises:
        PlanStale: it is no body.
    """
    return _attempt(lambda: tuple(_operation(plain) for plain in body["operations"]))


def _operation(plain: Mapping[str, Any]) -> Operation:
    action, address = Action(plain["action"]), _address(plain["address"])
    previous = _address(plain["previous"]) if "previous" in plain else None
    changes = tuple(_change(one) for one in plain.get("changes", ()))
    flags = (plain.get("external") is True, plain.get("system") is True)
    before = _resource(previous or address, plain["before"], flags) if "before" in plain else None
    after = None
    if action is Action.CREATE:
        made = {str(change.path[0]): change.after for change in changes}
        after = _resource(address, plain.get("after", {}), flags).with_fields(**made)
    elif "after" in plain:
        after = _resource(address, plain["after"], flags)
    return Operation(
        _text(plain["id"]),
        action,
        address,
        _text(plain.get("type", "")),
        previous,
        before,
        after,
        changes,
        tuple(_precondition(one) for one in plain.get("preconditions", ())),
        tuple(_effect(one) for one in plain.get("effects", ())),
        _text(plain.get("part_of", "")),
        protected=plain.get("protected") is True,
        platform_id=_text(plain.get("platform_id", "")),
    )


def _resource(address: Address, fields: Value, flags: tuple[bool, bool]) -> Resource:
    found = from_json(fields)
    if not isinstance(found, dict):
        raise TypeError("no fields")
    return Resource(address, found, *flags)


def _path(steps: Sequence[object]) -> tuple[str | int, ...]:
    if not isinstance(steps, list) or not all(isinstance(step, str | int) for step in steps):
        raise TypeError("no path")
    return tuple(steps)


def _change(plain: Mapping[str, Any]) -> FieldChange:
    path = _path(plain["path"])
    if not path:
        raise ValueError("no path")
    return FieldChange(path, from_json(plain["before"]), from_json(plain["after"]), Note(plain["note"]))


def _precondition(plain: Mapping[str, Any]) -> Precondition:
    return Precondition(Check(plain["check"]), _text(plain["subject"]), _text(plain["path"]), _text(plain["expect"]))


def _effect(plain: Mapping[str, Any]) -> Effect:
    return Effect(
        _address(plain["address"]), _path(plain["path"]), from_json(plain["before"]), from_json(plain["after"])
    )


def _no_plan(detail: str) -> Diagnostic:
    return error(
        "bad-plan-file", "This is no plan to apply", detail, "make it anew: flametree-cfg plan PATH --out FILE"
    )


def _newer(version: object) -> Diagnostic:
    shown = version if isinstance(version, int) else "unknown"
    return error(
        "newer-plan-file",
        "The plan file is of another format",
        f"it has format {shown}, this version reads {FORMAT_VERSION}",
        "apply it with the version that made it, or plan anew",
    )
