"""JUnit XML, which every CI shows: a suite for each tenant, a failed case for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flametree_cfg.report._diagnostics_text import place_text
from flametree_cfg.report._documents import Document
from flametree_cfg.report._findings import FINDERS, Finding, Findings, Level, Suite, findings_of
from flametree_cfg.report._lines import Block, Line, Symbols
from flametree_cfg.report._markup import markup


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write one document; drift fails, warnings only tell."""
    yield from map(Line, _lines(findings_of(kind, document), command, drift_fails=kind is Document.DRIFT))


def _lines(found: Findings, command: str, *, drift_fails: bool) -> Iterator[str]:
    suites = [(suite, list(_cases(suite, command, drift_fails=drift_fails))) for suite in found.suites]
    total = _counted([case for _, cases in suites for case in cases])
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites{_attributes({'name': f'flametree-cfg {command}', **total})}>"
    for suite, cases in suites:
        yield f"  <testsuite{_attributes({'name': suite.name or command, **_counted(cases)})}>"
        for _, lines in cases:
            yield from lines
        yield "  </testsuite>"
    yield "</testsuites>"


_END = "    </testcase>"
_Case = tuple[str, list[str]]  # what came of it (`failure`, `error`, `skipped`, or nothing), and its lines


def _cases(suite: Suite, command: str, *, drift_fails: bool) -> Iterator[_Case]:
    failed = False
    for finding in suite.findings:
        fails = finding.level is Level.ERROR or (drift_fails and finding.code.startswith("drift-"))
        failed |= fails
        outcome = ("failure" if suite.read else "error") if fails else ""
        yield outcome, list(_case(finding, suite, command, outcome))
    for name in suite.passed:
        yield "", [*_opening(suite, command, name), _END]
    for name, why in suite.unjudged:
        yield "skipped", [*_opening(suite, command, name), f"      <skipped{_attributes({'message': why})}/>", _END]
    if suite.passed or suite.unjudged:
        return
    if suite.skipped:
        said = [f"      <skipped{_attributes({'message': suite.said})}/>"]
        yield "skipped", [*_opening(suite, command, command), *said, _END]
    elif not suite.read and not failed:
        said = [f"      <error{_attributes({'message': suite.said or 'it could not be judged'})}/>"]
        yield "error", [*_opening(suite, command, command), *said, _END]
    elif not failed:  # a suite without a case looks as if nothing had been tested
        yield "", [*_opening(suite, command, command), _END]


def _case(finding: Finding, suite: Suite, command: str, outcome: str) -> Iterator[str]:
    place = finding.place
    where = {"file": place.file, **({"line": place.line} if place.line else {})} if place else {}
    name = ": ".join(part for part in (finding.code, finding.address or place_text(place)) if part)
    yield from _opening(suite, command, name, where)
    told = "\n".join(part for part in (place_text(place), finding.message) if part)
    shown = "\n".join(markup(line) for line in told.splitlines())
    if outcome:
        kind = _attributes({"message": finding.summary, "type": finding.code})
        yield from f"      <{outcome}{kind}>{shown}</{outcome}>".splitlines()
    else:
        said = markup(f"{finding.level.value}: {finding.summary}")
        yield from f"      <system-out>{said}\n{shown}</system-out>".splitlines()
    yield _END


def _opening(suite: Suite, command: str, name: str, where: Mapping[str, object] | None = None) -> list[str]:
    names = {"classname": ".".join(part for part in (command, suite.name) if part), "name": name}
    return [f"    <testcase{_attributes({**names, **(where or {})})}>"]


def _counted(cases: list[_Case]) -> dict[str, int]:
    outcomes = [outcome for outcome, _ in cases]
    return {
        "tests": len(cases),
        "failures": outcomes.count("failure"),
        "errors": outcomes.count("error"),
        "skipped": outcomes.count("skipped"),
    }


def _attributes(pairs: Mapping[str, object]) -> str:
    return "".join(f' {name}="{markup(str(value))}"' for name, value in pairs.items())


_WRITERS = FINDERS
