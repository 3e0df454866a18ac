"""Roll back: make the objects what they were after an earlier apply, by a plan like any other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config import TenantReading
from flametree_cfg.config.parts import Parts
from flametree_cfg.engine.applying import Confirm, Hand, OnPlan, and_looked_after, apply_reading
from flametree_cfg.engine.carrying import OnEvent
from flametree_cfg.engine.choosing import one_tenant_wanted
from flametree_cfg.engine.options import ApplyResult, Options, PlanResult
from flametree_cfg.engine.planning import plan_reading
from flametree_cfg.engine.recalling import Entries, entries_after, renamed, run_of
from flametree_cfg.engine.saving import not_approved
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import ConfigInvalid, Diagnostic, PlanStale, Refused, error, has_errors, warning
from flametree_cfg.model import (
    LEDGER_ONLY,
    Action,
    Address,
    AppliedRun,
    Declaration,
    Kind,
    Operation,
    Resource,
    Secret,
    Tenant,
    Value,
    links,
    map_secrets,
    secrets_in,
)

_SECTIONS = frozenset({"connectors", "channels", "agents"})
_OUTGOING = "~old"  # ends the key of an object whose successor is there before it goes


class _Target(Struct, frozen=True):
    """What to go back to: the tenant as it was, the apply that made it so, and what a person should know."""

    reading: TenantReading
    run: AppliedRun
    told: tuple[Diagnostic, ...]


def plan_rollback(path: str | Path, number: int, options: Options) -> PlanResult:
    """
    Plan to make the objects of a tenant what they were after an apply; writes nothing.

    Raises:
        WrongUsage: there is no such apply, or what it left is no longer kept.
        StorageFailed: history is not as it was written.
    """
    with Session(options, [path]) as session:
        target = _target(path, number, session)
        planned = plan_reading(target.reading, target.told, session)
        return replace(planned, note=_note(number), commit=target.run.commit)


def rollback(
    path: str | Path,
    number: int,
    options: Options,
    on_plan: OnPlan,
    confirm: Confirm | None,
    on_event: OnEvent,
    expect: str = "",
) -> list[ApplyResult]:
    """
    Make the objects of a tenant what they were after an apply.

    What is wanted comes from history, how it is reached from a plan: gates, protections and proofs are those of every
    apply, the serial goes up, secrets are sent as their references resolve now. An interrupted one is continued by
    the next.

    Args:
        path: of the tenant; its files are read for its name only, and may be broken.
        number: of the apply.
        options: the operator's.
        on_plan, confirm, on_event, expect: as for `apply`.

    Raises:
        Refused: `confirm` said no; nothing was written.
        PlanStale: the plan has another digest than `expect`; nothing was written.
        WrongUsage, StorageFailed: as `plan_rollback`.
    """
    with Session(options, [path], create=True) as session:
        target = _target(path, number, session)
        approved = None
        if confirm is not None or expect:
            shown = plan_reading(target.reading, target.told, session)
            on_plan(shown)
            if expect and shown.digest != expect:
                raise PlanStale(not_approved(expect, shown.digest))
            asked = confirm is not None and shown.plan is not None and not (shown.plan.empty or shown.plan.refusals)
            if asked and confirm is not None and not confirm([shown]):
                raise Refused(error("declined", "Nothing was applied", "the plan was not approved"))
            approved = {target.reading.folder: shown.digest}
        hand = Hand(on_plan, on_event, approved, _note(number), target.run.commit)
        result = apply_reading(target.reading, target.told, session, hand)
        return [and_looked_after(result, target.reading, session, hand)]


def go_back(folder: str, number: int, session: Session, hand: Hand) -> ApplyResult:
    """
    Make the objects of a tenant what they were after an apply, without asking, as a step of another command.

    Raises:
        WrongUsage, StorageFailed: as `plan_rollback`.
    """
    target = _target(folder, number, session)
    own = Hand(hand.on_plan, hand.on_event, None, _note(number), target.run.commit)
    return apply_reading(target.reading, target.told, session, own)


def _note(number: int) -> str:
    return f"rollback to run {number}"


def _target(path: str | Path, number: int, session: Session) -> _Target:
    reading, broken = _read(path, session)
    tenant, ledger = reading.name, session.ledger
    then = entries_after(session, tenant, number, path)
    run = run_of(session, tenant, number, path)
    now = ledger.read(tenant).entries
    taken = _taken_over(_later_operations(session, tenant, number), then)
    keys = {before: after.key for before, after in renamed(then, now)}
    recorded = {
        address: Declaration(
            _recorded(entry.resource, session),
            (keys[address],) if address in keys and address.kind is not Kind.ATTACHMENT else (),
            entry.protected,
            attachments=address.kind is Kind.AGENT,
        )
        for address, entry in then.items()
        if _OUTGOING not in address.key
    }
    wanted = {
        address: replace(one, resource=_with_taken(one.resource, taken.get(address, {}), then))
        for address, one in recorded.items()
    }
    parts = Parts(reading.folder, (), session.catalog)
    given = Tenant(tenant, wanted, _SECTIONS, reading.folder)
    back = TenantReading(reading.folder, tenant, (), parts, valid=True, count=len(wanted), given=given)
    same = not broken and reading.tenant is not None and _said(reading.tenant.declarations) == _said(recorded)
    told = [] if same else [_yaml_differs(run, reading.folder)]
    return _Target(back, run, (*_made_anew(wanted, then, now), *told))


def _read(path: str | Path, session: Session) -> tuple[TenantReading, bool]:
    """Read the folder for its tenant's name; tell whether it has errors."""
    readings = list(read_and_check([path], session))
    if len(readings) > 1:
        raise one_tenant_wanted(path, [reading for reading, _ in readings])
    for reading, diagnostics in readings:
        if reading.name:
            return reading, has_errors(diagnostics)
    raise ConfigInvalid(*(found for _, diagnostics in readings for found in diagnostics))


def _later_operations(session: Session, tenant: str, number: int) -> Iterator[Operation]:
    for run in reversed(session.ledger.history(tenant)):
        if run.number > number:
            yield from session.ledger.history_operations(tenant, run.number)


def _taken_over(operations: Iterator[Operation], then: Entries) -> dict[Address, dict[tuple[str, ...], Value]]:
    """
    Find fields that nobody managed at the time and that a later apply took into care, as they were before that.

    Returns:
        Values by path, by the address at the time: `("instructions",)`, `("connectors", "llm")`.
    """
    found: dict[Address, dict[tuple[str, ...], Value]] = {}
    origin = {address: address for address in then}
    for moving, group in groupby(operations, key=lambda one: one.action is Action.MOVE):
        if moving:
            moved = {one.address: origin.pop(one.previous) for one in list(group) if one.previous in origin}
            origin |= moved
            continue
        for operation in group:
            address = origin.get(operation.address)
            if address is None or operation.action in LEDGER_ONLY:
                continue
            if operation.action is Action.DELETE or operation.before is None or operation.after is None:
                origin.pop(operation.address)
                continue
            known = found.setdefault(address, {})
            for path, value in _newly_managed(operation.before, operation.after, then[address].resource):
                known.setdefault(path, value)
    return found


def _newly_managed(before: Resource, after: Resource, then: Resource) -> Iterator[tuple[tuple[str, ...], Value]]:
    for key in after.fields.keys() - then.fields.keys() - {"connectors"}:
        yield (key,), before.fields.get(key)
    roles = then.fields.get("connectors") or {}
    for role in (after.fields.get("connectors") or {}).keys() - roles.keys():
        yield ("connectors", role), (before.fields.get("connectors") or {}).get(role)


def _recorded(resource: Resource, session: Session) -> Resource:
    """Make of a recorded resource what a declaration says: secrets by reference alone, later defaults filled in."""
    fields = {
        key: map_secrets(value, lambda _path, one: Secret(one.reference)) for key, value in resource.fields.items()
    }
    if isinstance(fields.get("settings"), Mapping):
        fields["settings"] = session.catalog.live_settings(resource.address.kind, resource.type, fields["settings"])
    return replace(resource, fields=fields)


def _with_taken(resource: Resource, taken: Mapping[tuple[str, ...], Value], then: Entries) -> Resource:
    """Want back too what was taken over since, unless it names an object or a secret that was not ours."""
    fields = dict(resource.fields)
    for (key, *role), value in taken.items():
        if not _is_known(replace(resource, fields={"connectors": {role[0]: value}} if role else {key: value}), then):
            continue
        if role:
            fields["connectors"] = {**(fields.get("connectors") or {}), role[0]: value}
        elif value is not None:
            fields[key] = value
        elif key != "running":
            fields[key] = {} if key == "environment" else None
    return replace(resource, fields=fields) if taken else resource


def _is_known(resource: Resource, then: Entries) -> bool:
    """Tell whether all that a value refers to can be wanted."""
    secrets = (secret for key in ("environment", "push") for _, secret in secrets_in(resource.fields.get(key)))
    return all(secret.reference for secret in secrets) and all(address in then for _, address in links(resource))


def _said(
    declarations: Mapping[Address, Declaration],
) -> dict[Address, tuple[Mapping[str, Value], bool, bool, bool]]:
    """Reduce declarations to what they want, so that YAML and history can be compared."""
    return {
        address: (one.resource.fields, one.resource.external, one.resource.system, one.protected)
        for address, one in declarations.items()
    }


def _made_anew(wanted: Iterable[Address], then: Entries, now: Entries) -> Iterator[Diagnostic]:
    """An agent that was deleted since comes back without what was never in our care."""
    there = {entry.id for entry in now.values()}
    for address in sorted(wanted):
        entry = then[address]
        gone = address not in now and entry.id not in there
        if address.kind is Kind.AGENT and gone and not entry.resource.external:
            yield warning(
                "agent-made-anew",
                "An agent that was deleted is made anew",
                f"{address} gets what was declared of it; prompts and workflows that lived only in the portal are gone",
                "bring those back in the portal afterwards",
                address=str(address),
            )


def _yaml_differs(run: AppliedRun, folder: str) -> Diagnostic:
    way = (
        f"bring the files back to that commit: git checkout {run.commit} -- {folder}"
        if run.commit
        else f"bring the files in {folder} back to what they were at {run.at}"
    )
    made = f"of commit {run.commit} " if run.commit else ""
    return warning(
        "yaml-differs",
        "The YAML says something else than what is gone back to",
        f"run {run.number} was applied {made}at {run.at} by {run.who}; the files in {folder} are not what it applied",
        f"{way}; until then the next apply undoes the rollback",
    )
