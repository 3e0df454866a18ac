"""What can go wrong, where, and what to do next."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

from msgspec import Struct, field
from msgspec.structs import replace


class ExitCode(enum.IntEnum):
    """How a command ends; design.md, *Exit codes*, is the table and README documents it."""

    OK = 0
    ERROR = 1
    CHANGES_PENDING = 2
    DRIFT = 3
    INVALID = 4
    REFUSED = 5
    STALE = 6
    LOCKED = 7
    PARTIAL = 8
    CHECK_FAILED = 9
    DENIED = 10
    USAGE = 64
    INTERRUPTED = 130


# Over many tenants the first that occurs wins: the least safe to overlook stands first.
EXIT_PRECEDENCE: tuple[ExitCode, ...] = (
    ExitCode.INTERRUPTED,
    ExitCode.USAGE,
    ExitCode.DENIED,
    ExitCode.INVALID,
    ExitCode.STALE,
    ExitCode.REFUSED,
    ExitCode.LOCKED,
    ExitCode.PARTIAL,
    ExitCode.CHECK_FAILED,
    ExitCode.ERROR,
    ExitCode.DRIFT,
    ExitCode.CHANGES_PENDING,
    ExitCode.OK,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Choose the exit code of a run over many tenants; OK if there were none."""
    seen = set(codes)
    return next((code for code in EXIT_PRECEDENCE if code in seen), ExitCode.OK)


class Severity(enum.StrEnum):
    """How much a diagnostic weighs: an error stops the run, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Location(Struct, frozen=True, order=True):
    """A place in a file a person wrote; line and column count from 1, 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


Path = tuple[str | int, ...]
"""Where inside a resource: `("settings", "accounts", 0, "password")`."""


class Related(Struct, frozen=True):
    """Another place that a diagnostic speaks of, such as the first of two duplicates."""

    text: str
    address: str = ""
    path: Path = ()
    location: Location | None = None


class Diagnostic(Struct, frozen=True):
    """
    One thing a person should know, as a value.

    Found by one place and located by another: a rule names `address` and `path`; who read the file adds `location`.

    Attributes:
        code: kebab-case, stable for ever; what `-E` and `-W` take.
        summary: always the same words for one code, no data in them.
        detail: names the culprits; never a secret value.
        hint: something to do.
        address: the resource it concerns, as text; empty for a file or the whole run.
        path: where inside that resource.
        related: other places, in the order to read them.
    """

    code: str
    severity: Severity
    summary: str
    detail: str = ""
    hint: str = ""
    address: str = ""
    path: Path = ()
    location: Location | None = None
    related: tuple[Related, ...] = field(default=())

    def at(self, location: Location | None) -> Diagnostic:
        """Give the same diagnostic a place."""
        return replace(self, location=location)


def error(
    code: str,
    summary: str,
    detail: str = "",
    hint: str = "",
    *,
    address: str = "",
    path: Path = (),
    location: Location | None = None,
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    """Make a diagnostic that stops the run."""
    return Diagnostic(code, Severity.ERROR, summary, detail, hint, address, path, location, related)


def warning(
    code: str,
    summary: str,
    detail: str = "",
    hint: str = "",
    *,
    address: str = "",
    path: Path = (),
    location: Location | None = None,
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    """Make a diagnostic that only tells."""
    return Diagnostic(code, Severity.WARNING, summary, detail, hint, address, path, location, related)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether any of them stops the run."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def by_place(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort as a person reads files: file, line, column, then code; without a place last."""
    return tuple(
        sorted(
            diagnostics,
            key=lambda d: (
                d.location is None,
                (d.location.file, d.location.line, d.location.column) if d.location else ("", 0, 0),
                d.severity,
                d.code,
                d.address,
                d.detail,
            ),
        )
    )


class FlametreeError(Exception):
    """
    Something that cannot go on, carrying what to tell the person.

    Every subclass is named after the user's situation and knows its exit code.
    """

    exit_code = ExitCode.ERROR

    def __init__(self, *diagnostics: Diagnostic) -> None:
        self.diagnostics: Sequence[Diagnostic] = diagnostics
        super().__init__("; ".join(f"{d.summary}: {d.detail}" if d.detail else d.summary for d in diagnostics))


class ConfigInvalid(FlametreeError):
    """The YAML (or the operator's configuration) says something that cannot be."""

    exit_code = ExitCode.INVALID


class Refused(FlametreeError):
    """A protection, a threshold, a declined prompt, or no terminal and no `--yes`."""

    exit_code = ExitCode.REFUSED


class PlanStale(FlametreeError):
    """What the plan read has moved, or the plan was altered."""

    exit_code = ExitCode.STALE


class Locked(FlametreeError):
    """Somebody else holds the tenant's lock."""

    exit_code = ExitCode.LOCKED


class PartlyApplied(FlametreeError):
    """Some operations happened, the rest did not; running apply again continues."""

    exit_code = ExitCode.PARTIAL


class CheckFailed(FlametreeError):
    """A probe or a formatting check failed."""

    exit_code = ExitCode.CHECK_FAILED


class AccessDenied(FlametreeError):
    """Wrong or missing credentials, keys or permissions."""

    exit_code = ExitCode.DENIED


class WrongUsage(FlametreeError):
    """The command line asks for something that does not exist."""

    exit_code = ExitCode.USAGE


class Interrupted(FlametreeError):
    """The person (or the runner) asked us to stop; the current call was finished or journaled."""

    exit_code = ExitCode.INTERRUPTED


class StorageFailed(FlametreeError):
    """A database or file of ours cannot be read or written."""


class PlatformFailed(FlametreeError):
    """The platform could not be read or refused a write."""
