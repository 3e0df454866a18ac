"""Check: call the providers of a tenant's connectors, and of the channels a person names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from flametree_cfg.config import TenantReading, each_reading, located
from flametree_cfg.engine.choosing import one_tenant_wanted
from flametree_cfg.engine.options import CheckResult, Options
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.sight import of_this_platform
from flametree_cfg.errors import Diagnostic, ExitCode, FlametreeError, WrongUsage, by_place, error
from flametree_cfg.model import (
    Address,
    Checked,
    Health,
    Kind,
    LiveObject,
    Probed,
    Resource,
    Snapshot,
    live_snapshot,
    parse_address,
)

OnCheck = Callable[[str, Probed], None]
"""Told the tenant and what was found, as soon as it is."""

CHECKABLE = (Kind.CONNECTOR, Kind.CHANNEL)
UNHEALTHY = "unhealthy"


def check_health(
    path: str | Path, addresses: Sequence[str], options: Options, on_check: OnCheck = lambda _tenant, _found: None
) -> list[CheckResult]:
    """
    Check objects as they are on the platform, and keep what is found as their health.

    Args:
        path: of a tenant, or of a folder of tenants.
        addresses: of one tenant's connectors and channels; empty for its connectors, ours and those made in the
            portal. System connectors are checked where they are declared.
        options: with where calls may go.
        on_check: told each result as soon as there is one.

    Raises:
        WrongUsage: no such object, or one that nobody can call.
    """
    with Session(options, [path]) as session:
        readings = list(each_reading([Path(path)], session.catalog, session.cache, session.given))
        if addresses and len(readings) > 1:
            raise one_tenant_wanted(path, readings)
        return [_tenant(reading, addresses, session, on_check) for reading in readings]


def _tenant(reading: TenantReading, addresses: Sequence[str], session: Session, on_check: OnCheck) -> CheckResult:
    if not reading.name:
        return CheckResult(reading.folder, "", (), reading.diagnostics, ExitCode.INVALID)
    try:
        stored = session.ledger.read(reading.name)
        live = of_this_platform(session.platform.read(reading.name), stored, session)
        snapshot, objects = live_snapshot(live, stored.ids())
        named = _named(addresses, snapshot)
        chosen = named or _usual(snapshot)
        checks = run_checks(reading.name, chosen, objects, session, on_check, asked=named)
    except WrongUsage:
        raise
    except FlametreeError as problem:
        found = by_place(located(reading, problem.diagnostics))
        return CheckResult(reading.folder, reading.name, (), found, problem.exit_code)
    wrong = located(reading, failures(checks))
    code = ExitCode.CHECK_FAILED if wrong else ExitCode.OK
    return CheckResult(reading.folder, reading.name, checks, wrong, code)


def _usual(snapshot: Snapshot) -> list[Resource]:
    return [one for one in snapshot.of_kind(Kind.CONNECTOR) if not (one.system and one.address.foreign)]


def _named(addresses: Sequence[str], snapshot: Snapshot) -> list[Resource]:
    """
    Find what a person named.

    Raises:
        WrongUsage: it is not there, or is neither a connector nor a channel.
    """
    found = []
    for text in dict.fromkeys(addresses):
        address = parse_address(text)
        resource = snapshot.resources.get(address) if address else None
        if resource is None:
            hint = "`flametree-cfg status PATH` lists what there is"
            said = f"{text} in tenant {snapshot.tenant!r}"
            raise WrongUsage(error("no-such-object", "The platform has no such object", said, hint))
        if resource.address.kind not in CHECKABLE:
            hint = "name its connectors and channels; `flametree-cfg status PATH` shows how agents are"
            raise WrongUsage(error("nothing-to-check", "There is nothing to call", f"{text} has no provider", hint))
        found.append(resource)
    return found


def run_checks(
    tenant: str,
    chosen: Sequence[Resource],
    objects: Mapping[Address, LiveObject],
    session: Session,
    on_check: OnCheck,
    asked: Collection[Resource] = (),
) -> tuple[Probed, ...]:
    """Let the platform check objects of a tenant; one result each, sorted by address."""
    by_id = {objects[one.address].id: one for one in chosen}
    named = {objects[one.address].id for one in asked}

    def probed(found: Checked) -> Probed:
        resource = by_id[found.subject]
        return Probed(resource.address, resource.type, resource.name, found)

    found = session.platform.check(tenant, by_id.keys(), asked=named, told=lambda one: on_check(tenant, probed(one)))
    return tuple(sorted(map(probed, found), key=lambda one: one.address))


def failures(checks: Sequence[Probed]) -> Iterator[Diagnostic]:
    """Tell of what does not answer as it should."""
    for one in checks:
        if one.found.health is Health.UNHEALTHY:
            yield error(
                UNHEALTHY,
                "A check failed",
                one.found.message,
                "repair it, then look again: `flametree-cfg check PATH ADDRESS`",
                address=str(one.address),
            )
