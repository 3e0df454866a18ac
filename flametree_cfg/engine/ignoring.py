"""Drift that a person lets be until a day: plans leave it, drift checks show it as such, both say what is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config import has_ignores
from flametree_cfg.config.ignorefile import Rule, read_ignores
from flametree_cfg.diff import compare, fill_secrets, patch
from flametree_cfg.drift import Drift, DriftKind, Fate, Judged
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Path, has_errors, warning
from flametree_cfg.model import (
    Address,
    Declaration,
    Entry,
    FieldChange,
    LiveTenant,
    Operation,
    Resource,
    Stored,
    Tenant,
    live_snapshot,
)
from flametree_cfg.plan import Plan


class Ignores(Struct, frozen=True):
    """
    What one tenant's folder says to let be.

    Attributes:
        rules: those whose day has not passed.
        told: what is over, and what is wrong with the file.
    """

    rules: Mapping[Address, tuple[Rule, ...]]
    told: tuple[Diagnostic, ...] = ()

    def rule(self, address: Address, path: Path) -> Rule | None:
        """Give what covers a field, of several the one that lasts longest."""
        found = [one for one in self.rules.get(address, ()) if one.covers(path)]
        return max(found, key=lambda one: one.until) if found else None


NOTHING = Ignores({})


def load_ignores(folder: str, session: Session) -> Ignores:
    """Read what is to be let be today; what is wrong with the file is among `told`, and then nothing is."""
    if not has_ignores(folder):
        return NOTHING
    rules, problems = read_ignores(folder)
    if problems:
        return Ignores({}, problems)
    today = session.options.outside.now()[:10]
    good: dict[Address, tuple[Rule, ...]] = {}
    for rule in rules:
        if rule.until >= today:
            good[rule.address] = (*good.get(rule.address, ()), rule)
    lasting = {(rule.address, rule.field) for listed in good.values() for rule in listed}
    return Ignores(good, tuple(_over(rule) for rule in rules if (rule.address, rule.field) not in lasting))


def _over(rule: Rule) -> Diagnostic:
    return warning(
        "ignore-expired",
        "Drift is no longer ignored",
        f"{rule.subject} was to be let be until {rule.until} ({rule.reason})",
        "remove the lines, or give them another day: `flametree-cfg drift ignore`",
        location=rule.place,
    )


def refuse_unusable(ignores: Ignores) -> None:
    """
    Stop where nobody knows what is to be let be.

    Raises:
        ConfigInvalid: something is wrong with the file.
    """
    if has_errors(ignores.told):
        raise ConfigInvalid(*ignores.told)


class Let(Struct, frozen=True):
    """
    A tenant in which what is to be let be is wanted as it is.

    Attributes:
        kept: what the ledger goes on to know of it, by address: changes of a resource to what was applied.
        drift: what is let be, for the reader.
    """

    tenant: Tenant
    kept: Mapping[Address, tuple[FieldChange, ...]]
    drift: tuple[Drift, ...]


def let_be(tenant: Tenant, stored: Stored, live: LiveTenant | None, ignores: Ignores, session: Session) -> Let:
    """
    Want what is ignored as the platform has it, so that no plan touches it; without a platform, as it was applied.

    Every step of a plan is proved with what will be there, and the ledger keeps what was applied: when the day has
    passed, the same drift is found again.
    """
    now = {one: entry.resource for one, entry in stored.entries.items()}
    if live is not None:
        now = dict(live_snapshot(live, stored.ids())[0].resources)
    declarations = dict(tenant.declarations)
    kept: dict[Address, tuple[FieldChange, ...]] = {}
    drift: list[Drift] = []
    for address in ignores.rules:
        declaration = declarations.get(address)
        entry = _entry(address, declaration, stored)
        if declaration is None or entry is None or (seen := now.get(entry.resource.address)) is None:
            continue
        seen = fill_secrets(seen, entry.resource, session.catalog)
        covered = _covered(declaration.resource, seen, ignores, session)
        if not covered:
            continue
        wanted = patch(declaration.resource, covered, session.catalog)
        declarations[address] = replace(declaration, resource=wanted)
        kept[address] = _covered(wanted, entry.resource, ignores, session)
        judged = tuple(judged_ignored(change, ignores, address) for change in covered)
        drift.append(Drift(address, DriftKind.CHANGED, seen.type, seen.name, covered, judged))
    return Let(replace(tenant, declarations=declarations), kept, tuple(sorted(drift, key=lambda one: one.address)))


def _entry(address: Address, declaration: Declaration | None, stored: Stored) -> Entry | None:
    """Find what the ledger has of it, under the key before where that was renamed."""
    keys = (address.key, *(declaration.previously if declaration else ()))
    return next((entry for key in keys if (entry := stored.entries.get(Address(address.kind, key)))), None)


def _covered(one: Resource, other: Resource, ignores: Ignores, session: Session) -> tuple[FieldChange, ...]:
    """List what ignored fields are in the other, where that is another value."""
    found = compare(one, replace(other, address=one.address), one, session.catalog).fields
    return tuple(change for change in found if change.path != ("type",) and ignores.rule(one.address, change.path))


def judged_ignored(change: FieldChange, ignores: Ignores, address: Address) -> Judged:
    """Say until when a field is ignored, and why."""
    rule = ignores.rule(address, change.path)
    assert rule is not None  # noqa: S101  # callers saw that it is covered
    return Judged(change.path, Fate.IGNORED, change.before, rule.place, until=rule.until, reason=rule.reason)


def with_ignored(plan: Plan, let: Let, session: Session) -> Plan:
    """Complete a plan that was made of what is let be: the ledger keeps what it knew, and the reader is told."""
    if not (let.drift or let.kept):
        return plan
    heals = tuple(heal for heal in _kept(plan.heals, let, session) if heal.after != heal.before)
    without = plan.without_values and tuple(_kept(plan.without_values, let, session))
    return replace(
        plan,
        operations=tuple(_kept(plan.operations, let, session)),
        without_values=without,
        heals=heals,
        drift=tuple(_unsaid(plan.drift, let)),
        ignored=let.drift,
    )


def _kept(operations: Iterable[Operation], let: Let, session: Session) -> Iterator[Operation]:
    for operation in operations:
        changes = let.kept.get(operation.address)
        if changes and operation.after is not None:
            yield replace(operation, after=patch(operation.after, changes, session.catalog))
        else:
            yield operation


def _unsaid(drift: Iterable[Drift], let: Let) -> Iterator[Drift]:
    """Leave out of a plan's drift what is let be."""
    ignored = {(one.address, field.path) for one in let.drift for field in one.fields}
    for one in drift:
        left = tuple(field for field in one.fields if (one.address, field.path) not in ignored)
        if left or one.kind is not DriftKind.CHANGED:
            yield replace(one, fields=left)
