"""What is to be pointed at in files: diagnostics and what moved outside, for machines that put them beside lines."""

from __future__ import annotations

import enum
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.errors import Diagnostic, Location, Path, Severity, by_place
from flametree_cfg.model import Health
from flametree_cfg.report._diagnostics_text import place_text
from flametree_cfg.report._documents import (
    Apply,
    Document,
    Drawn,
    DriftChecked,
    Failure,
    Formatted,
    InFolder,
    Planned,
    Validated,
)
from flametree_cfg.report._drift_text import STATUS, drift_summary
from flametree_cfg.report._drift_words import fate_text, origin_text
from flametree_cfg.report._fields import leaves
from flametree_cfg.report._format_text import format_summary
from flametree_cfg.report._health import check_summary
from flametree_cfg.report._health_documents import HealthChecked
from flametree_cfg.report._lines import UNICODE
from flametree_cfg.report._markup import cut
from flametree_cfg.report._place import relative
from flametree_cfg.report._plan_text import plan_summary
from flametree_cfg.report._runs_text import validate_summary
from flametree_cfg.report._values_text import field_lines, path_text, quoted

TEXT_SHOWN = 2000  # characters of one message: forges cut at some thousands
FIELDS_SHOWN = 20  # of one object


class Level(enum.StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(Struct, frozen=True):
    """
    One thing to point at.

    Attributes:
        code: stable for ever, as of a diagnostic.
        summary: always the same words for one code.
        detail, hint: as of a diagnostic.
        address: the resource; empty for a file or the run.
        place: the file relative to where the command ran, if it is below; None for what stands in no file.
        related: other places in one line each.
        mark: the same in the next run, wherever its line went: hex SHA-256.
    """

    code: str
    level: Level
    summary: str
    detail: str = ""
    hint: str = ""
    address: str = ""
    path: Path = ()
    place: Location | None = None
    related: tuple[str, ...] = ()
    mark: str = ""

    @property
    def message(self) -> str:
        """Say what and what to do, in a few lines."""
        about = f"{self.address}: {self.detail}" if self.address and self.detail else self.detail or self.address
        hint = f"hint: {self.hint}" if self.hint else ""
        return cut("\n".join(part for part in (about, *self.related, hint) if part) or self.summary, TEXT_SHOWN)


class Suite(Struct, frozen=True):
    """
    What was found in one tenant.

    Attributes:
        name: of the tenant, else its folder.
        said: what came of it besides, in a word or two; empty if the findings say all.
        read: whether it could be judged at all.
        skipped: whether it was not looked at.
        passed: what was looked at one by one, and is well.
        unjudged: what was not looked at among those, and why.
    """

    name: str
    findings: tuple[Finding, ...]
    said: str = ""
    read: bool = True
    skipped: bool = False
    passed: tuple[str, ...] = ()
    unjudged: tuple[tuple[str, str], ...] = ()


class Findings(Struct, frozen=True):
    """What was found in a run; `whole` says whether the run reached its end."""

    suites: tuple[Suite, ...] = ()
    summary: str = ""
    whole: bool = True

    @property
    def all(self) -> list[Finding]:
        """List the findings of all tenants."""
        return [finding for suite in self.suites for finding in suite.findings]


def findings_of(kind: Document, document: Any) -> Findings:
    """Say what is to be pointed at; nothing for results that judge nothing."""
    found = FINDERS[kind](document)
    return replace(found, suites=tuple(_marked(found.suites)))


def _validate(items: Sequence[Validated]) -> Findings:
    return Findings(tuple(Suite(_name(item), _diagnosed(item)) for item in items), validate_summary(items))


def _format(items: Sequence[Formatted]) -> Findings:
    return Findings(tuple(Suite(_name(item), _diagnosed(item)) for item in items), format_summary(items))


def _plan(items: Sequence[Planned]) -> Findings:
    suites = []
    for item in items:
        moved = [one for one in item.plan.drift if one.kind is not DriftKind.ADDED] if item.plan else []
        found = (*_diagnosed(item), *(replace(_moved(one, item), hint="") for one in moved))
        suites.append(Suite(_name(item), found, read=item.plan is not None))
    return Findings(tuple(suites), plan_summary(items))


def _drift(items: Sequence[DriftChecked]) -> Findings:
    suites = []
    for item in items:
        found = (
            *_diagnosed(item),
            *(_moved(one, item) for one in item.drift),
            *(_ignored(one, item) for one in item.ignored),
        )
        known = item.status != "unknown"
        said = STATUS.get(item.status, item.status)
        suites.append(Suite(_name(item), found, said, known, skipped=item.status == "skipped"))
    return Findings(tuple(suites), drift_summary(items))


def _apply(document: Apply) -> Findings:
    return Findings(tuple(Suite(_name(item), _diagnosed(item)) for item in document.results))


def _check(items: Sequence[HealthChecked]) -> Findings:
    suites = []
    for item in items:
        by_health = {health: [one for one in item.checks if one.found.health is health] for health in Health}
        passed = tuple(str(one.address) for one in by_health[Health.HEALTHY])
        unjudged = tuple((str(one.address), one.found.message) for one in by_health[Health.NOT_CHECKED])
        read = bool(item.checks) or not item.exit_code
        suites.append(Suite(_name(item), _diagnosed(item), read=read, passed=passed, unjudged=unjudged))
    return Findings(tuple(suites), check_summary(items))


def _failure(failure: Failure) -> Findings:
    found = tuple(_of_diagnostic(one) for one in by_place(failure.diagnostics))
    said = f"The command could not go on (exit code {int(failure.exit_code)})"
    return Findings((Suite("", found, said, read=False),), said, whole=False)


def _nothing(_document: Any) -> Findings:
    return Findings()


FINDERS: Mapping[Document, Callable[[Any], Findings]] = {
    **dict.fromkeys(Document, _nothing),
    Document.VALIDATE: _validate,
    Document.FORMAT: _format,
    Document.GRAPH: _validate,
    Document.PLAN: _plan,
    Document.DRIFT: _drift,
    Document.APPLY: _apply,
    Document.CHECK: _check,
    Document.FAILURE: _failure,
}


def _name(item: InFolder) -> str:
    return item.tenant_name or str(item.folder)


def _diagnosed(item: InFolder) -> tuple[Finding, ...]:
    """Give a tenant's diagnostics; what has no place of its own points at the tenant's folder."""
    folder = Location(relative(str(item.folder))) if str(item.folder) else None
    found = (_of_diagnostic(one) for one in by_place(item.diagnostics))
    return tuple(one if one.place else replace(one, place=folder) for one in found)


def _of_diagnostic(one: Diagnostic) -> Finding:
    level = Level.ERROR if one.severity is Severity.ERROR else Level.WARNING
    related = tuple(
        f"see {' '.join(part for part in (place_text(other.location), other.address) if part)}: {other.text}"
        for other in one.related
    )
    place = _relative(one.location)
    return Finding(one.code, level, one.summary, one.detail, one.hint, one.address, one.path, place, related)


def _relative(place: Location | None) -> Location | None:
    return None if place is None else replace(place, file=relative(place.file))


_DRIFTED = {
    DriftKind.CHANGED: ("drift-changed", Level.WARNING, "Changed outside since the last apply"),
    DriftKind.DELETED: ("drift-deleted", Level.WARNING, "Deleted outside since the last apply"),
    DriftKind.ADDED: ("drift-added", Level.NOTE, "Added outside, in nobody's YAML"),
}
_TO_DO = {
    DriftKind.CHANGED: "`apply` puts it back; or write what the platform has into the YAML",
    DriftKind.DELETED: "`apply` makes it again; or remove it from the YAML",
    DriftKind.ADDED: "nothing happens to it; `import` takes it into our care",
}


def _moved(one: Drift, item: Drawn) -> Finding:
    code, level, summary = _DRIFTED[one.kind]
    address = str(one.address)
    changed = list(leaves(one.fields))
    path = changed[0].path if changed else ()
    lines = [line.text.strip() for field in changed[:FIELDS_SHOWN] for line in field_lines(field, UNICODE, "")]
    what = " ".join(part for part in (one.type, quoted(one.name) if one.name else "") if part)
    place = next((judged.place for judged in one.judged if judged.place is not None), None)
    if place is None and item.reading is not None and not one.address.foreign:
        place = item.reading.locate(address, path)
    folder = Location(relative(str(item.folder))) if str(item.folder) else None
    said = _said(one)
    detail = "; ".join((*(lines or [what]), *said))
    hint = _TO_DO[one.kind] if not said else ""
    return Finding(code, level, summary, detail, hint, address, path, _relative(place) or folder)


def _said(one: Drift) -> list[str]:
    """Say of an object, each thing once, what the next apply makes of it and which applies set it."""
    texts = [text for judged in one.judged for text in (fate_text(judged, one.kind), origin_text(judged)) if text]
    return list(dict.fromkeys(texts))[:FIELDS_SHOWN]


def _ignored(one: Drift, item: Drawn) -> Finding:
    """Tell what is let be: a note, which fails nothing."""
    return replace(_moved(one, item), code="ignored-drift", level=Level.NOTE, summary="Drift that is ignored", hint="")


def _marked(suites: Sequence[Suite]) -> Iterator[Suite]:
    """Give every finding what recognises it; of several that are alike each its own."""
    seen: Counter[str] = Counter()
    for suite in suites:
        marked = []
        for finding in suite.findings:
            file = finding.place.file if finding.place else ""
            facts = [suite.name, finding.code, file, finding.address, path_text(finding.path), finding.detail]
            alike = json.dumps(facts)
            seen[alike] += 1
            mark = hashlib.sha256(f"{alike} {seen[alike]}".encode()).hexdigest()
            marked.append(replace(finding, mark=mark))
        yield replace(suite, findings=tuple(marked))
