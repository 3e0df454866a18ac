"""How much a finding weighs is the person's choice, where safety allows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from flametree_cfg.errors import Diagnostic, Severity, WrongUsage, error
from flametree_cfg.invariants.rules import ALL_CODES, STEP_CODES

CATALOG_CODES = ("deprecated-setting", "deprecated-type")
"""What the catalog warns of, where it is wrong to stop a run unasked."""


def adjust(
    diagnostics: Iterable[Diagnostic],
    errors: Collection[str] = (),
    warnings: Collection[str] = (),
    others: Collection[str] = CATALOG_CODES,
) -> tuple[Diagnostic, ...]:
    """
    Make errors of some codes and warnings of others (`-E CODE`, `-W CODE`).

    Args:
        diagnostics: as found.
        errors: codes that stop the run.
        warnings: codes that only tell.
        others: codes of other rooms whose severity may be chosen too.

    Raises:
        WrongUsage: a code is unknown, is asked to be both, or guards every write and cannot be a warning.
    """
    refused = [*_unknown({*errors, *warnings}, {*ALL_CODES, *others}), *_both(errors, warnings), *_guards(warnings)]
    if refused:
        raise WrongUsage(*refused)
    wanted = {**dict.fromkeys(errors, Severity.ERROR), **dict.fromkeys(warnings, Severity.WARNING)}
    return tuple(replace(d, severity=wanted[d.code]) if d.code in wanted else d for d in diagnostics)


def _unknown(asked: Collection[str], known: Collection[str]) -> list[Diagnostic]:
    from difflib import get_close_matches

    found = []
    for code in sorted(set(asked) - set(known)):
        close = get_close_matches(code, sorted(known), n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"the codes are: {', '.join(sorted(known))}"
        found.append(error("unknown-code", "There is no such code to adjust", f"`{code}`", hint))
    return found


def _both(errors: Collection[str], warnings: Collection[str]) -> list[Diagnostic]:
    return [
        error("code-asked-twice", "Code cannot be both error and warning", f"`{code}`", "keep one of -E and -W")
        for code in sorted(set(errors) & set(warnings))
    ]


def _guards(warnings: Collection[str]) -> list[Diagnostic]:
    return [
        error(
            "code-guards-writes",
            "Code cannot be made a warning",
            f"`{code}` is kept at every step of a plan and by the registry itself: the change could not be applied",
            "mend the configuration",
        )
        for code in sorted(STEP_CODES.intersection(warnings))
    ]
