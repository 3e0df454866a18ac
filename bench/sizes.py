"""How large the cases are, and how often they run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """
    One set of cases.

    Attributes:
        small: resources, as are middle and large.
        tenants: how many, each with `of_tenant` resources.
        our_turns: how often our commands run, as their_turns.
        start_turns: how often those run that are short, therefore noisy.
        budget: seconds; a command that has used them is not run again.
    """

    small: int
    middle: int
    large: int
    tenants: int
    of_tenant: int
    our_turns: int
    their_turns: int
    start_turns: int
    budget: float

    @property
    def tenants_of_drift(self) -> tuple[int, int, int]:
        """Give the numbers of tenants between which drift checks are compared."""
        return self.tenants // 10, self.tenants // 3, self.tenants


FULL = Sizes(1_000, 10_000, 100_000, 1_000, 30, our_turns=5, their_turns=3, start_turns=15, budget=120)
QUICK = Sizes(100, 1_000, 10_000, 100, 30, our_turns=5, their_turns=1, start_turns=7, budget=10)
