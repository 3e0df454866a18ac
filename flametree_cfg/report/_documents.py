"""What can be rendered: the kinds of document, and the shape of what is handed in."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

from flametree_cfg.errors import Diagnostic, ExitCode, Location, Path
from flametree_cfg.model import Address, AppliedRun, LiveObject, Operation, Probed, Tenant

if TYPE_CHECKING:
    from flametree_cfg.diff import Change
    from flametree_cfg.drift import Drift
    from flametree_cfg.plan import Plan
from flametree_cfg.report._lifecycle_documents import TransitionLike


class Document(enum.StrEnum):
    """Every kind of result a command can have; a format renders all of them."""

    VALIDATE = "validate"
    FORMAT = "fmt"
    PLAN = "plan"
    APPLY = "apply"
    DRIFT = "drift"
    SHOW = "show"
    STATUS = "status"
    CHECK = "check"
    EXPLAIN = "explain"
    RENDER = "render"
    WHY = "why"
    GRAPH = "graph"
    HISTORY = "history"
    RUN = "run"
    RUNS_DIFF = "history diff"
    BLAME = "blame"
    OBJECTS = "objects"
    OBJECT = "object"
    STATE = "state"
    ENTRY = "entry"
    LIFECYCLE = "lifecycle"
    LOGS = "logs"
    DONE = "done"
    FAILURE = "failure"


class TenantOutcome(Protocol):
    """What became of one tenant, whatever the command."""

    @property
    def tenant_name(self) -> str:
        """The tenant; empty where its files could not say."""
        ...

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:
        """What went wrong or should be known."""
        ...

    @property
    def exit_code(self) -> ExitCode:
        """How the command would end for this tenant alone."""
        ...


class InFolder(TenantOutcome, Protocol):
    """The same of a tenant that was read from a folder."""

    @property
    def folder(self) -> object:
        """As the person named it."""
        ...


class Reading(Protocol):
    """What a tenant's folder declares."""

    @property
    def tenant(self) -> Tenant | None:
        """None if anything in it is wrong."""
        ...

    @property
    def locate(self) -> Callable[[str, Path], Location | None]:
        """Find the place of an address, as text, and a path inside it."""
        ...


class Drawn(InFolder, Protocol):
    """What came of a tenant whose folder was read, so that it can be drawn and pointed at."""

    @property
    def reading(self) -> Reading | None:
        """None where there is no folder."""
        ...


class Validated(Drawn, Protocol):
    """What `validate` found."""

    @property
    def resources(self) -> int:
        """How many are declared."""
        ...


class Formatted(InFolder, Protocol):
    """What `fmt` found in one file; its `folder` is the file."""

    @property
    def changed(self) -> bool:
        """Whether it is not in canonical form."""
        ...

    @property
    def written(self) -> bool:
        """Whether it was put into it."""
        ...

    @property
    def diff(self) -> Sequence[str]:
        """Lines of a unified diff; empty unless it was asked for."""
        ...


class Planned(Drawn, Protocol):
    """What `plan` found."""

    @property
    def plan(self) -> Plan | None:
        """None if no plan could be made."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of the plan's body: what people approve; empty without a plan."""
        ...

    @property
    def probed(self) -> Sequence[Probed]:
        """What checks found before anything is applied; empty unless that was asked for."""
        ...


class DriftChecked(Drawn, Protocol):
    """What `drift check` found."""

    @property
    def drift(self) -> Sequence[Drift]:
        """What moved; empty unless the status is `drifted`."""
        ...

    @property
    def status(self) -> str:
        """One of `clean`, `drifted`, `unknown`, `skipped`."""
        ...

    @property
    def ignored(self) -> Sequence[Drift]:
        """What a person said to let be."""
        ...

    @property
    def not_observable(self) -> int:
        """How many secrets nothing can be said of."""
        ...


class Applied(InFolder, Protocol):
    """What `apply` did."""

    @property
    def applied(self) -> int:
        """How many operations happened."""
        ...

    @property
    def total(self) -> int:
        """How many were planned."""
        ...

    @property
    def resumed(self) -> int:
        """How many were settled after an interruption."""
        ...

    @property
    def transitions(self) -> Sequence[TransitionLike]:
        """What was started and stopped."""
        ...

    @property
    def serial(self) -> int:
        """Of the ledger afterwards."""
        ...

    @property
    def run_number(self) -> int:
        """In the tenant's history; 0 if nothing was recorded."""
        ...

    @property
    def plan(self) -> Plan | None:
        """What was planned; None if no plan could be made."""
        ...

    @property
    def checks(self) -> Sequence[Probed]:
        """What checks found of the connectors it made or changed."""
        ...

    @property
    def back(self) -> Applied | None:
        """How going back ended; None where nobody went back."""
        ...


class Apply(Struct, frozen=True):
    """What came of an apply; `verb` is `apply`, `destroy` or `rollback`."""

    results: Sequence[Applied]
    verb: str = "apply"


class History(Struct, frozen=True):
    """The applies of a tenant, newest first, and the newest link; `of` says whose where there are none."""

    of: str
    runs: Sequence[AppliedRun]
    link: str = ""

    @property
    def tenant(self) -> str:
        """Whose."""
        return self.runs[0].tenant if self.runs else self.of


class Run(Struct, frozen=True):
    """One apply of a tenant, with its operations in order."""

    run: AppliedRun
    operations: Sequence[Operation]


class RunsDiff(Struct, frozen=True):
    """What differs between the objects after two applies; `after` is None for what the ledger knows now."""

    tenant: str
    before: int
    after: int | None
    changes: Sequence[Change]


class OriginLike(Protocol):
    """Where one field's value comes from."""

    @property
    def path(self) -> Path:
        """Of the field."""
        ...

    @property
    def value(self) -> Any:
        """As recorded."""
        ...

    @property
    def run(self) -> AppliedRun | None:
        """The apply that set it; None where none did that is known."""
        ...

    @property
    def said(self) -> str:
        """Why there is none."""
        ...


class BlamedLike(Protocol):
    """Which apply set each field of one object."""

    @property
    def tenant(self) -> str:
        """Whose."""
        ...

    @property
    def address(self) -> Address:
        """Of the object."""
        ...

    @property
    def fields(self) -> Sequence[OriginLike]:
        """In their order."""
        ...


class Objects(Struct, frozen=True):
    """What a tenant's portal lists, as the platform reports it: under its own ids."""

    tenant: str
    objects: Sequence[LiveObject]


class Object(Struct, frozen=True):
    """One of them, with the agents that use it."""

    tenant: str
    object: LiveObject
    used_by: Sequence[LiveObject] = ()


class Done(Struct, frozen=True):
    """Something small that was done: one sentence for people, the same as facts for machines."""

    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Failure(Struct, frozen=True):
    """A command that could not go on."""

    diagnostics: Sequence[Diagnostic]
    exit_code: ExitCode
