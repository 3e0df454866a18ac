"""Why a body is not valid, in the person's words, best first; values are never shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flametree_cfg.errors import Diagnostic, Path, error
from flametree_cfg.schema import misplaced, misvalued
from flametree_cfg.schema.subject import Subject
from flametree_cfg.schema.validator import failures_of

MOST = 50  # diagnostics of one resource: a person mends the first ones and runs again

# Causes before consequences: a misspelt key explains a missing one, so it stands first.
_RANK = {
    "unknown-type": 0,
    "settings-not-allowed": 1,
    "key-not-allowed": 1,
    "lifecycle-not-own": 1,
    "unknown-setting": 1,
    "unknown-key": 1,
    "unknown-role": 1,
    "literal-secret": 2,
    "reference-not-allowed": 2,
    "wrong-type": 2,
    "bad-value": 3,
    "missing-key": 4,
    "missing-setting": 4,
}
_REFUSALS = frozenset({"settings-not-allowed", "key-not-allowed", "lifecycle-not-own"})


def explain_failures(subject: Subject) -> list[Diagnostic]:
    """
    Explain every failure of a body that is not valid.

    Returns:
        At least one diagnostic, best first, one per place.
    """
    try:
        failures = sorted(failures_of(subject.schema, subject.body), key=_least_telling)
    except RecursionError:
        return [error("bad-value", misvalued.BAD_VALUE, "it is nested too deeply", "flatten it")]
    found = _best(_explained(subject, failures))
    return found or [
        error(
            "bad-value",
            misvalued.BAD_VALUE,
            "somewhere in it stands what JSON cannot hold, such as .nan or .inf",
            "write finite numbers and ordinary text",
        )
    ]


def _explained(subject: Subject, failures: list[Any]) -> Iterator[Diagnostic]:
    unknown = list(misplaced.unknown_keys(subject, failures))
    yield from (guess.diagnostic for guess in unknown)
    meant = {place for guess in unknown for place in guess.explains}
    for failure in failures:
        match failure.validator:
            case "additionalProperties":
                continue
            case "required":
                yield from misplaced.missing_keys(subject, failure, meant)
            case _ if "propertyNames" in failure.absolute_schema_path:
                yield from misplaced.refused_keys(subject, failure)
            case _:
                yield misvalued.wrong_value(subject, failure)


def _least_telling(failure: Any) -> bool:
    # A pattern only says "no": at the same place a forbidden comma, reference or length says why.
    return bool(failure.validator == "pattern")


def _best(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    ranked = sorted(found, key=lambda d: _RANK[d.code])
    refused = {d.path for d in ranked if d.code in _REFUSALS}
    kept: dict[tuple[Path, str], Diagnostic] = {}
    for diagnostic in ranked:
        missing = diagnostic.detail if diagnostic.code.startswith("missing") else ""
        speaks_of_refused = diagnostic.code not in _REFUSALS and any(diagnostic.path[: len(p)] == p for p in refused)
        if not speaks_of_refused:
            kept.setdefault((diagnostic.path, missing), diagnostic)
    return list(kept.values())[:MOST]
