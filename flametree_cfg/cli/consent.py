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


def consent(invocation: Invocation, question: str, answer: str = "yes") -> Confirm:
    """
    Make the function that the engine asks once, when every plan was shown and something would change.

    Args:
        invocation: of the command.
        question: what to ask.
        answer: the only one that is accepted; empty: the name of the one tenant.

    Raises (the function):
        Refused: declined, or nobody can be asked.
    """

    def confirm(plans: Sequence[PlanResult]) -> bool:
        from flametree_cfg.report import Line, Tone, plan_summary

        invocation.beside.show([Line(plan_summary(plans), Tone.HEAD)])
        ask(invocation, question, answer or plans[0].tenant_name)
        return True

    return confirm


def ask(invocation: Invocation, question: str, wanted: str) -> None:
    """
    Ask one question on the terminal.

    Raises:
        Refused: the answer is not the wanted one, or nobody can be asked.
    """
    if not _somebody_there():
        raise Refused(_nobody(question))
    invocation.err.write(f"{question} Only '{wanted}' is accepted: ")
    invocation.err.flush()
    if _read_line().strip() != wanted:
        raise Refused(_declined(wanted))


def _somebody_there() -> bool:
    with contextlib.suppress(ValueError, OSError, AttributeError):
        return sys.stdin.isatty()
    return False


def _read_line() -> str:
    with contextlib.suppress(ValueError, OSError, UnicodeDecodeError):
        return sys.stdin.readline()
    return ""


def _nobody(question: str) -> Diagnostic:
    return error(
        "no-terminal",
        "Nobody can be asked",
        f"{question} There is no terminal to answer on, and --yes was not given",
        "look at the plan, then run the command again with `--yes`",
    )


def _declined(wanted: str) -> Diagnostic:
    return error("declined", "Nothing was applied", f"the answer was not '{wanted}'", "run the command again")
