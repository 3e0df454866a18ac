"""History for people: which applies there were, what they left, and which of them set what."""

from __future__ import annotations

from collections.abc import Iterator

from flametree_cfg.model import AppliedRun
from flametree_cfg.report._counts import joined, number
from flametree_cfg.report._documents import BlamedLike, History, OriginLike, Run, RunsDiff
from flametree_cfg.report._fields import Sign, leaves, rows
from flametree_cfg.report._lines import BLANK, Block, Line, Symbols, Tone
from flametree_cfg.report._plan_text import change_lines
from flametree_cfg.report._runs_text import operation_text
from flametree_cfg.report._tables_text import table
from flametree_cfg.report._values_text import field_lines, path_text, value_text

_RESULTS = {"applied": Tone.PLAIN, "partial": Tone.WARNING, "failed": Tone.ERROR, "interrupted": Tone.WARNING}
COMMIT_SHOWN = 12  # hex digits: as git abbreviates in a large repository
VALUE_SHOWN = 60  # characters: blame is about who and when


def history_document(history: History, _symbols: Symbols) -> Iterator[Block]:
    """Write the applies of a tenant, newest first."""
    rows = [(str(r.number), r.at, r.who, r.commit[:COMMIT_SHOWN], r.result, _took(r), r.summary) for r in history.runs]
    heads = ("RUN", "AT", "WHO", "COMMIT", "RESULT", "TOOK", "SUMMARY")
    yield from table(heads, rows, [_RESULTS.get(r.result, Tone.PLAIN) for r in history.runs])
    if history.link:
        yield Line(f"newest link {history.link}", Tone.FAINT)
    yield Line(f"History: {number(len(history.runs), 'run')} of tenant {history.tenant}", Tone.HEAD)


def run_document(run: Run, symbols: Symbols) -> Iterator[Block]:
    """Write one apply with its operations."""
    facts = run.run
    yield Line(f"Run {facts.number} of tenant {facts.tenant}: {facts.result}", Tone.HEAD)
    yield Line(f"  at {facts.at} by {facts.who}, {_took(facts)}, serial {facts.serial}")
    if facts.commit:
        yield Line(f"  commit {facts.commit}")
    yield Line(f"  digest {facts.digest}")
    yield BLANK
    for operation in run.operations:
        yield Line(f"  {operation_text(operation)}")
        for field in leaves(operation.changes):
            yield from field_lines(field, symbols, "      ", new=operation.before is None)
    yield BLANK
    yield Line(facts.summary or f"{number(len(run.operations), 'operation')}", Tone.HEAD)


def _took(run: AppliedRun) -> str:
    return "-" if run.result == "interrupted" else f"{run.duration_s:.1f} s"


def runs_diff_document(found: RunsDiff, symbols: Symbols) -> Iterator[Block]:
    """Write what differs between the objects after two applies."""
    changed = rows(found.changes)
    yield from change_lines(changed, symbols)
    if changed:
        yield BLANK
    yield Line(runs_diff_summary(found), Tone.HEAD)


def runs_diff_summary(found: RunsDiff) -> str:
    """Write the last line of a comparison."""
    signs = [row.sign for row in rows(found.changes)]
    added, deleted = signs.count(Sign.CREATE), signs.count(Sign.DELETE)
    counted = joined([f"{added} added", f"{len(signs) - added - deleted} changed", f"{deleted} deleted"])
    until = "now" if found.after is None else f"run {found.after}"
    return f"History: {counted} from run {found.before} to {until} of tenant {found.tenant}"


def blame_document(found: BlamedLike, _symbols: Symbols) -> Iterator[Block]:
    """Write which apply set each field."""
    cells = [(path_text(one.path), _short(value_text(one.value)), *_who(one)) for one in found.fields]
    yield from table(("FIELD", "VALUE", "RUN", "AT", "WHO", "COMMIT"), cells)
    counted = number(len(found.fields), "field")
    yield Line(f"Blame: {counted} of {found.address} in tenant {found.tenant}", Tone.HEAD)


def _who(one: OriginLike) -> tuple[str, str, str, str]:
    if one.run is None:
        return ("-", one.said, "", "")
    return (str(one.run.number), one.run.at, one.run.who, one.run.commit[:COMMIT_SHOWN])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= VALUE_SHOWN else f"{line[: VALUE_SHOWN - 1]}\u2026"
