"""What starts and stops: what became of it, and its logs."""

from __future__ import annotations

from collections.abc import Iterator

from flametree_cfg.model import Status
from flametree_cfg.report._counts import number
from flametree_cfg.report._lifecycle_documents import LogLike, SwitchLike
from flametree_cfg.report._lines import Block, Line, Symbols, Tone
from flametree_cfg.report._tables_text import table

TONES = {
    Status.RUNNING: Tone.GOOD,
    Status.ERROR: Tone.ERROR,
    Status.STARTING: Tone.WARNING,
    Status.STOPPING: Tone.WARNING,
}
_DONE = {"start": "running", "stop": "stopped", "restart": "running again"}
_LEVELS = {"ERROR": Tone.ERROR, "WARNING": Tone.WARNING}


def lifecycle_document(result: SwitchLike, symbols: Symbols) -> Iterator[Block]:
    """Write where each object is now; the last line is the summary."""
    rows = [
        (
            str(one.address),
            one.name,
            one.status.value if one.before is one.status else f"{one.before.value} {symbols.arrow} {one.status.value}",
            one.message,
            f"{one.duration_s:.1f} s" if one.duration_s else "",
        )
        for one in result.objects
    ]
    tones = [TONES.get(one.status, Tone.PLAIN) for one in result.objects]
    yield from table(("ADDRESS", "NAME", "STATUS", "MESSAGE", "TOOK"), rows, tones)
    wanted = Status.STOPPED if result.verb == "stop" else Status.RUNNING
    there = sum(one.status is wanted for one in result.objects)
    of = "" if there == len(result.objects) else f" of {len(result.objects)}"
    tone = Tone.ERROR if of else Tone.GOOD
    yield Line(f"{result.verb.capitalize()}: {there}{of} {_DONE[result.verb]} in tenant {result.tenant_name}", tone)


def logs_document(log: LogLike, _symbols: Symbols) -> Iterator[Block]:
    """Write lines of a log; the last line is the summary."""
    for line in log.lines:
        yield Line(f"{line.at}  {line.level:5}  {line.text}", _LEVELS.get(line.level, Tone.PLAIN))
    yield Line(f"Logs: {number(len(log.lines), 'line')} of {log.address} in tenant {log.tenant_name}", Tone.HEAD)
