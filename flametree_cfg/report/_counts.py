"""The numbers of a summary line, counted once for every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from flametree_cfg.errors import Diagnostic, Severity
from flametree_cfg.report._documents import Planned, TenantOutcome

if TYPE_CHECKING:
    from flametree_cfg.plan import Plan


class PlanCounts(Struct, frozen=True):
    """How much one plan, or several together, would do; `ledger` counts what only the ledger records."""

    add: int = 0
    change: int = 0
    delete: int = 0
    replace: int = 0
    handovers: int = 0
    restarts: int = 0
    ledger: int = 0
    imports: int = 0

    def __add__(self, other: PlanCounts) -> PlanCounts:
        mine, theirs = asdict(self), asdict(other)
        return PlanCounts(**{key: mine[key] + theirs[key] for key in mine})

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do at all."""
        return self == PlanCounts()


def count_plan(plan: Plan) -> PlanCounts:
    """Count one plan's changes, a replaced object once."""
    from flametree_cfg.report._fields import LEDGER_SIGNS, Sign, signs

    counted = Counter(signs(plan.changes))
    listed = sum(counted[sign] for sign in LEDGER_SIGNS)
    unlisted = 0 if listed or plan.changes else len(plan.operations)
    return PlanCounts(
        add=counted[Sign.CREATE],
        change=counted[Sign.CHANGE],
        delete=counted[Sign.DELETE],
        replace=counted[Sign.REPLACE],
        handovers=len(plan.handovers),
        restarts=len(plan.restarts),
        ledger=listed + unlisted,
        imports=counted[Sign.IMPORT],
    )


def count_plans(items: Iterable[Planned]) -> PlanCounts:
    """Count the plans that could be made."""
    return sum((count_plan(item.plan) for item in items if item.plan is not None), PlanCounts())


def failed(items: Iterable[TenantOutcome]) -> int:
    """Count tenants with an error."""
    return sum(any(d.severity is Severity.ERROR for d in item.diagnostics) for item in items)


def severities(diagnostics: Iterable[Diagnostic]) -> tuple[int, int]:
    """Count errors and warnings."""
    counted = Counter(d.severity for d in diagnostics)
    return counted[Severity.ERROR], counted[Severity.WARNING]


def number(count: int, noun: str, plural: str = "") -> str:
    """Say `1 tenant`, `2 tenants`."""
    return f"{count} {noun}" if count == 1 else f"{count} {plural or noun + 's'}"


def joined(parts: Sequence[str]) -> str:
    """Put the parts of a summary that say something into one text."""
    return ", ".join(part for part in parts if part)
