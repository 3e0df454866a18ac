"""Drift check: what changed behind our back, in every tenant, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.config import TenantReading, each_reading, located
from flametree_cfg.diff import fill_secrets
from flametree_cfg.drift import find_drift
from flametree_cfg.engine.agreement import load_agreement
from flametree_cfg.engine.ignoring import Ignores, load_ignores
from flametree_cfg.engine.judging import Judge
from flametree_cfg.engine.options import DriftResult, Options
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.sight import as_settled, of_this_platform
from flametree_cfg.engine.validation import judge
from flametree_cfg.errors import Diagnostic, ExitCode, FlametreeError, Severity, by_place, error, has_errors, warning
from flametree_cfg.model import LiveTenant, Snapshot, Stored, live_snapshot, secrets_in

LOOKS = 3  # at a tenant that is being applied to again and again
DRAWN = 50  # tenants whose YAML is kept for who draws it: memory must not grow with all that drifted


def check_drift(paths: Sequence[str | Path], options: Options) -> list[DriftResult]:
    """
    Compare what was last applied with what the platform reports; one result a folder. Writes nothing.

    A tenant whose YAML is broken is still checked: drift is between ledger and platform. A read that failed is
    `unknown`, never clean and never deleted; a tenant that is being applied right now is skipped.
    """
    with Session(options, paths) as session:
        return list(each_check(paths, session))


def each_check(paths: Sequence[str | Path], session: Session) -> Iterator[DriftResult]:
    """Check tenants one by one; of what was read only what drifted is kept."""
    checking = _Checking(session)
    for reading in each_reading([Path(path) for path in paths], session.catalog, session.cache, session.given):
        yield checking.check(reading)


class _Checking(Struct):
    """A run over many tenants; `seen` has the folder of each tenant."""

    session: Session
    seen: dict[str, str] = field(default_factory=dict)
    drawn: int = 0

    def check(self, reading: TenantReading) -> DriftResult:
        """Check one tenant; whatever goes wrong is its result."""
        if not reading.name:
            return DriftResult(reading.folder, "", (), "unknown", reading.diagnostics, ExitCode.INVALID)
        try:
            twins = self._twins(reading)
            return self._looked(reading, twins)
        except FlametreeError as problem:
            found = by_place(located(reading, problem.diagnostics))
            return DriftResult(reading.folder, reading.name, (), "unknown", found, problem.exit_code)

    def _twins(self, reading: TenantReading) -> tuple[Diagnostic, ...]:
        """Notice two folders of one tenant: of neither is it known whether it is meant."""
        other = self.seen.setdefault(reading.name, reading.folder)
        if other == reading.folder:
            return ()
        both = f"tenant {reading.name!r} is in {other} and in {reading.folder}"
        said = ("Two folders declare the same tenant", both, "merge the folders, or name one tenant differently")
        return (error("tenant-twice", *said),)

    def _looked(self, reading: TenantReading, twins: tuple[Diagnostic, ...]) -> DriftResult:
        session = self.session
        running = _running(reading.name, session)
        if running is not None:
            return DriftResult(reading.folder, reading.name, (), "skipped", (running,), ExitCode.OK)
        ignores = load_ignores(reading.folder, session)
        told = (replace(one, severity=Severity.WARNING) for one in ignores.told)  # it is judged without them
        notes = (*told, *_broken(twins or reading.diagnostics))
        agreement = None if twins else load_agreement(reading.folder, reading.name, session, declared=reading.declared)
        if agreement is not None and not agreement.outside:
            unseen = len(agreement.references)
            return DriftResult(reading.folder, reading.name, (), "clean", notes, ExitCode.OK, not_observable=unseen)
        for _ in range(LOOKS):
            serial = session.ledger.read_some(reading.name, ()).serial
            compared = self._compared(reading, ignores, notes, usable=reading.valid and not twins)
            if not compared.drift:
                return compared
            # An apply that began meanwhile, and may have ended, wrote to one side after the other was read.
            running = _running(reading.name, session)
            if running is None and serial == session.ledger.read_some(reading.name, ()).serial:
                return compared
        moving = running or _moving(reading.name)
        return DriftResult(reading.folder, reading.name, (), "skipped", (moving,), ExitCode.OK)

    def _compared(
        self, reading: TenantReading, ignores: Ignores, notes: tuple[Diagnostic, ...], *, usable: bool
    ) -> DriftResult:
        session = self.session
        stored = as_settled(session.ledger.read(reading.name), session)
        _, live = live_sides(reading.name, stored, session)
        found = find_drift(stored.snapshot(), live, session.catalog)
        unseen = len(_references(stored))
        if not found:
            if not stored.lineage:
                notes = (*notes, _never_applied(reading.name))
            return DriftResult(reading.folder, reading.name, (), "clean", notes, ExitCode.OK, not_observable=unseen)
        wrong = judge(reading, session.catalog, session.options) if usable else ()
        if has_errors(wrong):
            notes, usable = (*notes, *_broken(wrong)), False
        tenant = reading.tenant if usable else None
        drift, ignored = Judge(reading, tenant, live, ignores, session).judge(found)
        code, status = (ExitCode.DRIFT, "drifted") if drift else (ExitCode.OK, "clean")
        self.drawn += 1
        drawn = reading if self.drawn <= DRAWN else None
        return DriftResult(reading.folder, reading.name, drift, status, notes, code, drawn, ignored, unseen)


def _running(tenant: str, session: Session) -> Diagnostic | None:
    holder = session.ledger.holder(tenant)
    if holder is None:
        return None
    return warning(
        "apply-running",
        "An apply is running, drift is not judged",
        f"{holder.who} on {holder.host} (pid {holder.pid}) since {holder.since}",
        "check again when it is done",
    )


def _never_applied(tenant: str) -> Diagnostic:
    return warning(
        "never-applied",
        "Nothing was ever applied, so nothing can have drifted",
        f"tenant {tenant!r}: neither the ledger nor the platform has anything of it",
        "apply it first; or look at --tenant-id, --state and --platform",
    )


def _moving(tenant: str) -> Diagnostic:
    said = ("Applies follow each other, drift is not judged", f"tenant {tenant!r}", "check again when they are done")
    return warning("apply-running", *said)


def _broken(wrong: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Say that the YAML cannot be used, with the first thing that is wrong."""
    errors = [one for one in by_place(wrong) if one.severity == "error"]
    if not errors:
        return ()
    first, more = errors[0], f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    said = f"{first.summary}{more}" + (f": {first.detail}" if first.detail else "")
    return (
        warning(
            "yaml-not-used",
            "Drift is judged without the YAML, which is broken",
            said,
            "`flametree-cfg validate` tells all; until then it is not known what the next plan would put back",
            address=first.address,
            path=first.path,
            location=first.location,
        ),
    )


def live_sides(tenant: str, stored: Stored, session: Session) -> tuple[LiveTenant, Snapshot]:
    """Read the platform, as it is and under our addresses, there with secrets filled from the ledger."""
    seen = of_this_platform(session.platform.read(tenant), stored, session)
    live, _ = live_snapshot(seen, stored.ids())
    filled = {
        address: fill_secrets(resource, stored.entries[address].resource, session.catalog)
        if address in stored.entries
        else resource
        for address, resource in live.resources.items()
    }
    return seen, Snapshot(live.tenant, filled)


def _references(stored: Stored) -> set[str]:
    """List the secrets we applied: no platform reports their values, so none of them is compared."""
    fields = (entry.resource.fields for entry in stored.entries.values())
    return {secret.reference for one in fields for _, secret in secrets_in(one) if secret.reference}
