"""What a run is asked to do, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from flametree_cfg.engine.outside import Outside
from flametree_cfg.errors import Diagnostic, ExitCode
from flametree_cfg.model import Address, Health, Hiding, Probed, Settled, Status

if TYPE_CHECKING:
    from flametree_cfg.config import TenantReading
    from flametree_cfg.drift import Drift
    from flametree_cfg.plan import Plan

WAIT_S = 60.0  # seconds: some slow providers one after the other, shorter than a CI step's patience
LOCK_WAIT_S = 30.0  # seconds: longer than one slow apply of a small tenant, shorter than a CI step's patience


class Options(Hiding, frozen=True):
    """
    What the operator chose; tenant YAML chooses none of it.

    Attributes:
        platform, state: URLs; None for the SQLite files in `.flametree/`.
        schemas: a folder with more types.
        errors, warnings: diagnostic codes to raise or lower (`-E`, `-W`).
        refresh: whether a plan reads the platform; otherwise it compares with the ledger and resolves no secret.
        targets: limit changes to these addresses and what they need; empty for all.
        no_delete: leave out deletions, list them as held.
        allow_delete: addresses whose deletion is allowed although it needs saying, or `all`.
        max_delete: how many objects may go, `N`, or how much of a kind, `N%`; None for the default.
        max_affected_agents: how many agents may notice; None for any number.
        var_files, variables: paths of YAML files with variables, and `NAME=VALUE` each, which win.
        tenant_id: what the platform calls the tenant; None for what its files say.
        cache: whether what reading and comparing gave is kept for the next run, and used.
        verify: whether what is started or applied is checked against its provider by itself.
        allow_address: networks and hosts that checks may call although they are not public.
        endpoint: `TYPE=URL`, base URLs that stand in for a provider's.
        authorities: a PEM file of certificate authorities that checks trust beside the public ones; empty for none.
        wait_s: seconds to wait each time for what starts or stops.
        rollback_on_unhealthy: whether an apply goes back when something it made or changed does not answer.
        read_only: ledger and platform are opened so that nothing can be written to them.
        outside: clock, ids and who we are.
        mask: told every secret value before it is used, so that no output can show one.
    """

    never_shown = frozenset({"mask", "outside"})

    platform: str | None = None
    state: str | None = None
    schemas: Path | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    lock_wait_s: float = LOCK_WAIT_S
    refresh: bool = True
    targets: tuple[str, ...] = ()
    no_delete: bool = False
    allow_delete: tuple[str, ...] = ()
    max_delete: str | None = None
    max_affected_agents: int | None = None
    var_files: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    tenant_id: str | None = None
    cache: bool = True
    wait_s: float = WAIT_S
    verify: bool = True
    allow_address: tuple[str, ...] = ()
    endpoint: tuple[str, ...] = ()
    authorities: str = ""
    rollback_on_unhealthy: bool = False
    read_only: bool = False
    debug: bool = False
    command: str = "flametree-cfg"
    outside: Outside = field(default_factory=Outside)
    mask: Callable[[Iterable[str]], None] = lambda _values: None


class TenantResult(Hiding, frozen=True):
    """
    What `validate` found in one folder.

    Attributes:
        resources: how many are declared, attachments among them.
        reading: what was read there, for who draws it.
    """

    never_shown = frozenset({"reading"})

    folder: str
    tenant_name: str
    diagnostics: tuple[Diagnostic, ...]
    exit_code: ExitCode
    resources: int = 0
    reading: TenantReading | None = None


class PlanResult(Hiding, frozen=True):
    """
    A tenant's plan.

    Attributes:
        plan: None where none could be made, which the diagnostics explain.
        digested: gives the digest of the plan's body, which may be on its way; asked again, it gives the same at once.
        platform: identity of the platform that was read; empty if none was.
        reading: what its folder declares, for who draws it; None where there is no folder.
        note, commit: as a `Hand` has them, for history.
        probed: what checks found of what it makes or changes, before anything is applied; if that was asked for.
    """

    never_shown = frozenset({"digested", "reading"})

    folder: str
    tenant_name: str
    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    exit_code: ExitCode
    digested: Callable[[], str] = str
    platform: str = ""
    reading: TenantReading | None = None
    note: str = ""
    commit: str | None = None
    probed: tuple[Probed, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the plan's body, 64 hex digits; empty without a plan."""
        return self.digested()


class Transition(Struct, frozen=True):
    """What became of one channel or agent that an apply started or stopped."""

    address: Address
    settled: Settled


class ApplyResult(Struct, frozen=True):
    """
    What an apply did to one tenant.

    Attributes:
        applied, total: operations the platform carried out, of those planned.
        resumed: operations settled after an interruption.
        run_number: its line in history; 0 if nothing was written there.
        transitions: what was started and stopped, in the order it got there.
        checks: what checks found of the connectors it made or changed.
        back: how going back ended, where a check failed and that was asked for.
    """

    folder: str
    tenant_name: str
    exit_code: ExitCode
    diagnostics: tuple[Diagnostic, ...] = ()
    applied: int = 0
    total: int = 0
    resumed: int = 0
    serial: int = 0
    run_number: int = 0
    plan: Plan | None = None
    transitions: tuple[Transition, ...] = ()
    checks: tuple[Probed, ...] = ()
    back: ApplyResult | None = None


class DriftResult(Hiding, frozen=True):
    """
    What `drift check` found.

    Attributes:
        status: clean, drifted, unknown (a read failed) or skipped (an apply runs).
        reading: what the tenant's folder declares, for who draws it; of the first few that drifted.
        ignored: what a person said to let be, until a day.
        not_observable: how many secrets nothing can be said of: no platform reports their values.
    """

    never_shown = frozenset({"reading"})

    folder: str
    tenant_name: str
    drift: tuple[Drift, ...]
    status: str
    diagnostics: tuple[Diagnostic, ...]
    exit_code: ExitCode
    reading: TenantReading | None = None
    ignored: tuple[Drift, ...] = ()
    not_observable: int = 0


class CheckResult(Struct, frozen=True):
    """
    What `check` found in one tenant.

    Attributes:
        checks: one for each object that was looked at, sorted by address.
    """

    folder: str
    tenant_name: str
    checks: tuple[Probed, ...]
    diagnostics: tuple[Diagnostic, ...]
    exit_code: ExitCode


class StatusResult(Struct, frozen=True):
    """How a tenant's objects are, as the portal's lists show it; `cards` are sorted by address."""

    folder: str
    tenant_name: str
    cards: tuple[Card, ...]


class Card(Struct, frozen=True):
    """
    One object as the portal's card shows it.

    Attributes:
        tags: DEFAULT, SYS.INT., EXTERNAL, FOREIGN, PROTECTED.
        checked: what the last check of its provider found, in words.
        age_s: seconds since; None if there was none with its settings as they are.
        linked: addresses of what it is linked or attached to; for a connector or channel the agents.
        parameters: the main non-secret settings, as text; secrets show as present only.
    """

    address: Address
    type: str
    name: str
    description: str = ""
    platform_id: str = ""
    tags: tuple[str, ...] = ()
    status: Status = Status.NONE
    health: Health = Health.NOT_CHECKED
    message: str = ""
    checked: str = ""
    age_s: float | None = None
    linked: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
