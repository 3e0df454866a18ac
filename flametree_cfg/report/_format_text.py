"""What `fmt` says when it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flametree_cfg.report._counts import failed, number
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._documents import Formatted
from flametree_cfg.report._lines import Block, Line, Symbols, Tone

_TONES = {"+": Tone.CREATE, "-": Tone.DELETE, "@": Tone.FAINT}


def format_document(items: Sequence[Formatted], _symbols: Symbols) -> Iterator[Block]:
    """Write what became of each file that is not as it should be; the last line is the summary."""
    for item in items:
        yield from diagnostic_lines(item.diagnostics)
        if item.written:
            yield Line(f"formatted  {item.folder}")
        yield from (Line(line, _TONES.get(line[:1], Tone.PLAIN)) for line in item.diff)
    bad = any(item.exit_code for item in items)
    yield Line(format_summary(items), Tone.ERROR if bad else Tone.GOOD)


def format_summary(items: Sequence[Formatted]) -> str:
    """Write the last line of `fmt`."""
    written = sum(item.written for item in items)
    waiting = sum(item.changed for item in items) - written
    parts = [f"{written} written" if written else "", f"{waiting} not in canonical form" if waiting else ""]
    wrong = sum(item.exit_code != 0 and not item.changed for item in items)
    parts.append(f"{wrong} left because of errors" if wrong and failed(items) else "")
    said = ", ".join(part for part in parts if part)
    return f"Format: {number(len(items), 'file')}, {said or 'nothing to change'}"
