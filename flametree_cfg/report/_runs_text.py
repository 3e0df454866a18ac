"""What `validate` and `apply` say when they are done, and what an apply says on its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flametree_cfg.errors import ExitCode, Severity
from flametree_cfg.model import Action, Address, Event, Health, Operation, Stage
from flametree_cfg.report._counts import failed, joined, number, severities
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._documents import Applied, Apply, Validated
from flametree_cfg.report._health import probed_lines
from flametree_cfg.report._lines import Block, Line, Symbols, Tone
from flametree_cfg.report._values_text import quoted

EVERY_STEP_UP_TO = 50  # operations: beyond, this many lines of progress are shown for the whole
SHOWN = 5  # names of what is waited for: who wants all of them reads what became of each
LONG_S = 0.1  # seconds: less is no wait


def validate_document(items: Sequence[Validated], _symbols: Symbols) -> Iterator[Block]:
    """Write everything found wrong; the last line is the summary."""
    for item in items:
        yield from diagnostic_lines(item.diagnostics)
    bad = any(d.severity is Severity.ERROR for item in items for d in item.diagnostics)
    yield Line(validate_summary(items), Tone.ERROR if bad else Tone.GOOD)


def validate_summary(items: Sequence[Validated]) -> str:
    """Write the last line of `validate`."""
    errors, warnings = severities(d for item in items for d in item.diagnostics)
    resources = sum(item.resources for item in items)
    of = number(len(items), "tenant")
    if errors:
        found = joined([number(errors, "error"), number(warnings, "warning") if warnings else ""])
        return f"Invalid: {found} in {failed(items)} of {of}"
    said = f", {number(warnings, 'warning')}" if warnings else ""
    return f"Valid: {of}, {number(resources, 'resource')}{said}"


def apply_document(document: Apply, symbols: Symbols) -> Iterator[Block]:
    """Write what became of each tenant; the last line is the summary."""
    for result in document.results:
        if result.total or result.resumed or result.exit_code is not ExitCode.OK:
            yield from _applied(result)
        yield from _checked(result, symbols)
    yield Line(apply_summary(document), Tone.GOOD if _finished(document) else Tone.ERROR)


def _applied(result: Applied) -> Iterator[Line]:
    tenant = result.tenant_name or str(result.folder)
    again = f"{number(result.resumed, 'operation')} settled after an interruption" if result.resumed else ""
    if not result.total:
        yield Line(f"Tenant {tenant}: {again or 'nothing applied'}")
        return
    recorded = joined([f"run {result.run_number}" if result.run_number else "", f"serial {result.serial}", again])
    yield Line(f"Tenant {tenant}: {result.applied} of {number(result.total, 'operation')} applied ({recorded})")


def _checked(result: Applied, symbols: Symbols) -> Iterator[Line]:
    yield from probed_lines(result.checks, symbols)
    back = result.back
    if back is None:
        return
    if back.exit_code in (ExitCode.OK, ExitCode.CHECK_FAILED):
        done = f"{number(back.applied, 'operation')} applied (run {back.run_number}, serial {back.serial})"
        yield Line(f"  went back to run {result.run_number - 1}: {done}", Tone.WARNING)
        yield from probed_lines(back.checks, symbols, "    ")
    else:
        yield Line(f"  could not go back to run {result.run_number - 1}; see the errors", Tone.ERROR)


def _finished(document: Apply) -> bool:
    return all(result.exit_code is ExitCode.OK for result in document.results)


def apply_summary(document: Apply) -> str:
    """Write the last line of an apply."""
    verb = document.verb.capitalize()
    results = document.results
    applied, total = sum(r.applied for r in results), sum(r.total for r in results)
    bad = sum(r.exit_code is not ExitCode.OK for r in results)
    over = f" in {number(len(results), 'tenant')}" if len(results) > 1 else ""
    ending = f"; {number(bad, 'tenant')} failed" if bad and len(results) > 1 else ""
    unwell = sum(one.found.health is Health.UNHEALTHY for result in results for one in result.checks)
    ending = f"; {number(unwell, 'check')} failed{_undone(results)}{ending}" if unwell else ending
    if applied < total:
        return f"{verb}: {applied} of {number(total, 'operation')} applied{over}; run it again to continue{ending}"
    if total:
        return f"{verb}: {number(applied, 'operation')} applied{over}{ending}"
    if bad:
        return f"{verb}: nothing applied{over}{ending}"
    return f"No changes. {verb}: 0 operations{over}"


def _undone(results: Sequence[Applied]) -> str:
    """Say whether anything was put back, in the last line that everybody reads."""
    went = [result.back for result in results if result.back is not None]
    if not went:
        return ", nothing undone"
    well = all(one.exit_code in (ExitCode.OK, ExitCode.CHECK_FAILED) for one in went)
    return ", went back" if well else ", going back failed"


def event_lines(event: Event, _symbols: Symbols) -> Iterator[Line]:
    """Write one event of an apply; of a long one, only some of the steps that went well."""
    where = f"{event.tenant}: "
    if event.stage is Stage.WAITING:
        yield Line(f"{where}waiting for {_some(event.waits)} ({event.message})", Tone.FAINT)
        return
    if event.settled is not None:
        yield from _settled(where, event)
        return
    if event.operation is None:
        if event.message and event.stage is not Stage.STARTED:
            yield Line(where + event.message, Tone.ERROR if event.stage is Stage.FAILED else Tone.FAINT)
        return
    step = f"{where}{event.index}/{event.total} {operation_text(event.operation)}"
    took = f" ({event.elapsed_s:.1f} s)" if event.elapsed_s >= 1 else ""
    match event.stage:
        case Stage.FAILED:
            yield Line(f"{step} failed: {event.message}{took}", Tone.ERROR)
        case Stage.DONE if _told(event):
            yield Line(f"{step}{f': {event.message}' if event.message else ''}{took}")
        case Stage.RESUMED:
            yield Line(f"{step} resumed{f': {event.message}' if event.message else ''}", Tone.WARNING)
        case _:
            return


def _some(waits: Sequence[Address]) -> str:
    said = ", ".join(str(one) for one in waits[:SHOWN])
    return f"{said} and {len(waits) - SHOWN} more" if len(waits) > SHOWN else said


def _settled(where: str, event: Event) -> Iterator[Line]:
    settled = event.settled
    if settled is None or (settled.arrived and not _told(event)):
        return
    message = f": {settled.message}" if settled.message else ""
    took = f" ({settled.duration_s:.1f} s)" if settled.duration_s >= LONG_S else ""
    tone = Tone.FAINT if settled.arrived else Tone.ERROR
    yield Line(f"{where}{event.address} {settled.status.value or 'gone'}{message}{took}", tone)


def _told(event: Event) -> bool:
    if event.total <= EVERY_STEP_UP_TO or event.index == event.total:
        return True
    return event.index % -(-event.total // EVERY_STEP_UP_TO) == 0


def operation_text(operation: Operation) -> str:
    """Write one operation: `create connector.openai-prod llm "OpenAI gpt-4o prod"`."""
    side = operation.after or operation.before
    parts = [operation.action.value, str(operation.address)]
    if operation.action in (Action.CREATE, Action.DELETE, Action.BIND):
        parts.append(operation.type)
        parts.append(quoted(side.name) if side and side.name else "")
    if operation.previous is not None:
        parts.append(f"(was {operation.previous})")
    if operation.part_of:
        parts.append(f"[{operation.part_of}]")
    return " ".join(part for part in parts if part)
