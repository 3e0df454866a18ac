"""`doctor`: say what is wrong with where this runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode, worst

if TYPE_CHECKING:
    from flametree_cfg.engine.doctor import Finding
    from flametree_cfg.report import Line


@click.command("doctor")
@common
@click.argument("path", metavar="[PATH]", default=".")
def doctor(invocation: Invocation, path: str) -> ExitCode:
    """Look at versions, files, key, state, platform, locks and clock. Changes nothing; leaves with 0 if all is well."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    found = engine.diagnose(path, invocation.options())
    counted = Counter(one.verdict.value for one in found)
    summary = {verdict: counted[verdict] for verdict in ("ok", "warning", "failed")}
    sentence = f"Doctor: {summary['ok']} ok, {summary['warning']} to know, {summary['failed']} failed"
    if invocation.for_people:
        invocation.out.show(_lines(found))
    facts = {"findings": [{**asdict(one), "exit_code": int(one.exit_code)} for one in found], "summary": summary}
    invocation.show(Document.DONE, Done(sentence, facts))
    return worst(one.exit_code for one in found)


def _lines(found: Sequence[Finding]) -> Iterator[Line]:
    from flametree_cfg.report import Line, Tone

    tones = {"ok": Tone.PLAIN, "warning": Tone.WARNING, "failed": Tone.ERROR}
    for one in found:
        yield Line(f"{one.verdict.value:<8} {one.name:<9} {one.detail}", tones[one.verdict.value])
        if one.hint:
            yield Line(f"{'':<18} hint: {one.hint}")
