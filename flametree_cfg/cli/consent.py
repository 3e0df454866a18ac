"""Ask before anything changes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flametree_cfg.cli.invocation import Invocation
from flametree_cfg.errors import Diagnostic, Refused, error

if TYPE_CHECKING:
    from flametree_cfg.engine import PlanResult

Confirm = Callable[[Sequence["PlanResult"]], bool]


def consent(invocation: Invocation, *, yes: bool, question: str, answer: str = "yes") -> Confirm:
    """
    Make the function that the engine asks once, with the plans made under the lock.

    It shows the plans, then asks; with `--yes` it only shows.

    Args:
        invocation: of the command.
        yes: whether `--yes` was given.
        question: what to ask.
        answer: the only one that is accepted; empty: the name of the one tenant.

    Raises (the function):
        Refused: declined, or nobody can be asked.
    """

    def confirm(plans: Sequence[PlanResult]) -> bool:
        from flametree_cfg.report import Document

        invocation.tell(d for plan in plans for d in plan.diagnostics)
        invocation.aside(Document.PLAN, plans)
        if yes:
            return True
        if not _somebody_there():
            raise Refused(_nobody())
        wanted = answer or plans[0].tenant_name
        invocation.err.write(f"{question} Only '{wanted}' is accepted: ")
        invocation.err.flush()
        if _read_line().strip() != wanted:
            raise Refused(
                error("declined", "The changes were declined", f"the answer was not '{wanted}'", "nothing was changed")
            )
        return True

    return confirm


def _somebody_there() -> bool:
    with contextlib.suppress(ValueError, OSError, AttributeError):
        return sys.stdin.isatty()
    return False


def _read_line() -> str:
    with contextlib.suppress(ValueError, OSError, UnicodeDecodeError):
        return sys.stdin.readline()
    return ""


def _nobody() -> Diagnostic:
    return error(
        "no-terminal",
        "Nobody can be asked",
        "there is no terminal to ask on, and --yes was not given",
        "look at the plan, then run the command again with `--yes`",
    )
