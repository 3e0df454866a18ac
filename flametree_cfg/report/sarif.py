"""SARIF 2.1.0: what was found, for code scanning and editors. Says what is wrong, not what is planned."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from flametree_cfg import __version__
from flametree_cfg.invariants import ALL_CODES
from flametree_cfg.report._documents import Document
from flametree_cfg.report._escape import escape_lines
from flametree_cfg.report._findings import FINDERS, Finding, findings_of
from flametree_cfg.report._lines import Block, Line, Symbols
from flametree_cfg.report._place import uri

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MARK = "flametreeFinding/v1"
"""Names how a finding is recognised in the next run; another way of doing so would be `v2`."""

Json = dict[str, Any]


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write one log with one run, on one line."""
    found = findings_of(kind, document)
    placed = [finding for finding in found.all if finding.place]
    rules = _rules(found.all)
    index = {rule["id"]: place for place, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "flametree-cfg", "semanticVersion": __version__, "rules": rules}},
        "automationDetails": {"id": f"flametree-cfg/{command.replace(' ', '-')}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": found.whole, **_notifications(found.all)}],
        "results": [_result(finding, index) for finding in placed],
    }
    yield Line(json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}))


def _rules(findings: Sequence[Finding]) -> list[Json]:
    by_code = {finding.code: finding for finding in reversed(findings)}
    return [_rule(by_code[code]) for code in sorted(by_code)]


def _rule(finding: Finding) -> Json:
    summary = escape_lines(finding.summary)
    weight = f" `-E {finding.code}` makes it an error, `-W {finding.code}` a warning."
    adjustable = finding.code in ALL_CODES  # others are refused by `-E` and `-W`
    return {
        "id": finding.code,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": f"{summary}."},
        "help": {"text": f"{summary}.{weight if adjustable else ''}"},
        "defaultConfiguration": {"level": finding.level.value},
    }


def _result(finding: Finding, index: dict[str, int]) -> Json:
    logical = [{"fullyQualifiedName": escape_lines(finding.address)}] if finding.address else []
    return {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": finding.level.value,
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": _place(finding), **({"logicalLocations": logical} if logical else {})}],
        "partialFingerprints": {MARK: finding.mark},
    }


def _place(finding: Finding) -> Json:
    place = finding.place
    assert place is not None  # noqa: S101  # callers saw to it
    file = uri(place.file)
    artifact = {"uri": file} if file.startswith("file:") else {"uri": file, "uriBaseId": "%SRCROOT%"}
    if not place.line:
        return {"artifactLocation": artifact}
    column = {"startColumn": place.column} if place.column else {}
    return {"artifactLocation": artifact, "region": {"startLine": place.line, **column}}


def _notifications(findings: Sequence[Finding]) -> Json:
    """Tell what stands in no file: code scanning takes no result without one."""
    told = [
        {
            "descriptor": {"id": finding.code},
            "level": finding.level.value,
            "message": {"text": _message(finding)},
        }
        for finding in findings
        if not finding.place
    ]
    return {"toolExecutionNotifications": told} if told else {}


def _message(finding: Finding) -> str:
    """Say it in plain text; a viewer would make `[text](target)` a link (SARIF 3.11.6)."""
    said = [finding.summary, *([finding.message] if finding.message != finding.summary else [])]
    text = escape_lines("\n".join(said))
    return text.replace("\\", "\\\\").replace("[", r"\[").replace("]", r"\]") if "](" in text else text


_WRITERS = FINDERS
