"""GitLab's code quality report: what was found, beside the lines of a merge request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flametree_cfg.report._documents import Document
from flametree_cfg.report._escape import escape
from flametree_cfg.report._findings import FINDERS, Finding, Level, findings_of
from flametree_cfg.report._lines import Block, Line, Symbols

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "minor", Level.NOTE: "info"}
NO_FILE = "."  # the report knows nothing without a path; this one is no file


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write one list, on one line."""
    yield Line(json.dumps([_entry(finding) for finding in findings_of(kind, document).all]))


def _entry(finding: Finding) -> dict[str, Any]:
    place = finding.place
    about = f"{finding.summary}: {finding.message}" if finding.message != finding.summary else finding.summary
    return {
        "description": " ".join(escape(line) for line in about.splitlines()),
        "check_name": finding.code,
        "fingerprint": finding.mark,
        "severity": _SEVERITIES[finding.level],
        "location": {
            "path": escape(place.file) if place else NO_FILE,
            "lines": {"begin": max(1, place.line) if place else 1},
        },
    }


_WRITERS = FINDERS
