"""What a rule is."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from flametree_cfg.errors import Diagnostic, Severity
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Kind, Resource, Tenant

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog

Found = Iterable[Diagnostic]
"""What a rule gives; an empty tuple, which costs less than an iterator, where it sees at once that nothing is wrong."""

Scope = Sequence[Resource]


class When(enum.StrEnum):
    """
    Where a rule is kept; closed.

    `STEP` rules hold after every single write: each prefix of a plan and each change of a registry keeps them.
    `DOCUMENT` rules judge what a person wrote.
    """

    DOCUMENT = "document"
    STEP = "step"


class Rule(Struct, frozen=True):
    """
    One rule.

    Attributes:
        code: of every diagnostic it yields.
        about: one line, for people who ask what the code means.
        severity: of every diagnostic it yields, unless a person adjusts it.
        kinds: what it looks at; its scope holds nothing else, and one kind at a time.
        check: judges the resources in a scope, looking around in the World; costs no more than what it touches.
        running: whether it looks at `running`; what others say is the same before and after a start or a stop.
    """

    code: str
    about: str
    severity: Severity
    at: frozenset[When]
    kinds: frozenset[Kind]
    check: Callable[[World, Catalog, Scope], Found]
    running: bool = False


class TenantRule(Struct, frozen=True):
    """A rule over what only YAML says."""

    code: str
    about: str
    severity: Severity
    check: Callable[[Tenant], Found]


class Checked(Struct, frozen=True):
    """
    What came of a check: how many judgements hold for it (one per rule and resource), and what was found.

    It is gone over, counted and tested like the diagnostics themselves: `if checked:` means something was found.
    """

    diagnostics: tuple[Diagnostic, ...]
    count: int

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.diagnostics)

    def __len__(self) -> int:
        return len(self.diagnostics)
