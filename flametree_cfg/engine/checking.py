"""Drift check: what changed behind our back, in every tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from flametree_cfg.config import TenantReading, located
from flametree_cfg.diff import fill_secrets
from flametree_cfg.drift import find_drift
from flametree_cfg.engine.agreement import load_agreement
from flametree_cfg.engine.options import DriftResult, Options
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.sight import as_settled, of_this_platform
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import Diagnostic, ExitCode, FlametreeError, by_place, warning
from flametree_cfg.model import Snapshot, live_snapshot


def check_drift(paths: Sequence[str | Path], options: Options) -> list[DriftResult]:
    """
    Compare what was last applied with what the platform reports; one result a folder. Writes nothing.

    A tenant whose YAML is broken is still checked: drift is between ledger and platform. A read that failed is
    `unknown`, never clean and never deleted; a tenant that is being applied right now is skipped.
    """
    with Session(options, paths) as session:
        return [
            result
            for reading, diagnostics in read_and_check(paths, session)
            for result in _check(reading, diagnostics, session)
        ]


def _check(reading: TenantReading, diagnostics: Sequence[Diagnostic], session: Session) -> Iterator[DriftResult]:
    if not reading.name:
        yield DriftResult(reading.folder, "", (), "unknown", tuple(diagnostics), ExitCode.INVALID, reading)
        return
    try:
        yield _compare(reading, session)
    except FlametreeError as problem:
        found = by_place(located(reading, problem.diagnostics))
        yield DriftResult(reading.folder, reading.name, (), "unknown", found, problem.exit_code, reading)


def _compare(reading: TenantReading, session: Session) -> DriftResult:
    holder = session.ledger.holder(reading.name)
    if holder is not None:
        running = warning(
            "apply-running",
            "An apply is running, drift is not judged",
            f"{holder.who} on {holder.host} (pid {holder.pid}) since {holder.since}",
            "check again when it is done",
        )
        return DriftResult(reading.folder, reading.name, (), "skipped", (running,), ExitCode.OK, reading)
    agreement = load_agreement(reading, session)
    if agreement is not None and not agreement.outside:
        return DriftResult(reading.folder, reading.name, (), "clean", (), ExitCode.OK, reading)
    stored = as_settled(session.ledger.read(reading.name), session)
    live, _ = live_snapshot(of_this_platform(session.platform.read(reading.name), stored, session), stored.ids())
    filled = {
        address: fill_secrets(resource, stored.entries[address].resource, session.catalog)
        if address in stored.entries
        else resource
        for address, resource in live.resources.items()
    }
    drift = find_drift(stored.snapshot(), Snapshot(live.tenant, filled), session.catalog)
    if drift:
        return DriftResult(reading.folder, reading.name, drift, "drifted", (), ExitCode.DRIFT, reading)
    return DriftResult(reading.folder, reading.name, (), "clean", (), ExitCode.OK, reading)
