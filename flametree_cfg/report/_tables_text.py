"""The ledger as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flametree_cfg.model import Entry, Stored
from flametree_cfg.report._counts import joined, number
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._documents import Done, Failure
from flametree_cfg.report._escape import escape
from flametree_cfg.report._fields import fields_of, leaves
from flametree_cfg.report._lines import Block, Line, Symbols, Tone
from flametree_cfg.report._runs_text import operation_text
from flametree_cfg.report._values_text import field_lines


def state_document(stored: Stored, _symbols: Symbols) -> Iterator[Block]:
    """Write what the ledger knows."""
    rows = [
        (str(address), entry.resource.type, entry.resource.name, entry.id, "protected" if entry.protected else "")
        for address, entry in sorted(stored.entries.items())
    ]
    yield from table(("ADDRESS", "TYPE", "NAME", "ID", ""), rows)
    for operation in stored.pending:
        yield Line(f"in doubt after an interruption: {operation_text(operation)}", Tone.WARNING)
    counted = number(len(stored.entries), "resource")
    yield Line(f"State: {counted} of tenant {stored.tenant}, serial {stored.serial}", Tone.HEAD)


def entry_document(entry: Entry, symbols: Symbols) -> Iterator[Block]:
    """Write one entry of the ledger."""
    resource = entry.resource
    for field in leaves(tuple(fields_of(resource))):
        yield from field_lines(field, symbols, "  ", new=True)
    marks = {"external": resource.external, "system": resource.system, "protected": entry.protected}
    said = joined([mark for mark, on in marks.items() if on])
    yield Line(f"State: {resource.address} is {entry.id} on the platform{f' ({said})' if said else ''}", Tone.HEAD)


def done_document(done: Done, _symbols: Symbols) -> Iterator[Block]:
    """Write the one sentence."""
    yield Line(done.sentence)


def failure_document(failure: Failure, _symbols: Symbols) -> Iterator[Block]:
    """Write why a command could not go on."""
    yield from diagnostic_lines(failure.diagnostics)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], tones: Sequence[Tone] = ()) -> Iterator[Line]:
    """Write columns as wide as their widest cell; nothing is cut, a narrow terminal wraps."""
    if not rows:
        return
    cells = [[escape(cell) for cell in row] for row in rows]
    widths = [max(len(head), *(len(row[i]) for row in cells)) for i, head in enumerate(heads)]
    yield Line(_columns(heads, widths), Tone.FAINT)
    for index, row in enumerate(cells):
        yield Line(_columns(row, widths), tones[index] if tones else Tone.PLAIN)


def _columns(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
