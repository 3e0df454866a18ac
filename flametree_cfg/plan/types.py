"""What a plan is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from flametree_cfg.diff import Change
from flametree_cfg.drift import Drift
from flametree_cfg.errors import Diagnostic
from flametree_cfg.model import Action, Address, Kind, Note, Operation, Stored

if TYPE_CHECKING:
    from flametree_cfg.impact.types import Impact


_DELETE, _ROTATED = Action.DELETE, Note.ROTATED  # a member costs more to look up than a comparison

STILL_MOVING = "still-moving"
"""Code of the warning that something is on its way to run or to stop, which an apply waits for."""


class Handover(Struct, frozen=True):
    """One slot that passes from one holder to another: a default of a type, or inbound on a channel."""

    slot: str  # "default llm" or "inbound channel.support-tg"
    before: str  # address of the holder, "" for nobody
    after: str

    def __str__(self) -> str:
        return f"handover {self.slot}: {self.before or 'nobody'} → {self.after or 'nobody'}"


class Plan(Struct, frozen=True):
    """
    What applying would do to one tenant.

    Attributes:
        operations: in a legal order; every prefix keeps the invariants.
        changes: the same, one entry a resource, for the reader; sorted by address.
        handovers, restarts: named things the operations serve.
        drift: what differs from what we last applied, ours and foreign.
        ignored: what differs from the YAML and is let be until a day; no operation touches it.
        heals: ledger-only operations that bring the ledger up to what YAML and platform agree on; not shown, not
            in the body.
        unmanaged: addresses in the ledger whose section is absent from the YAML: kept, no longer managed.
        held: no longer declared, kept all the same.
        protected: those of `held` that are protected, with what hangs on them; the others, because deletions were not
            asked for.
        warnings: what a reader should know (violations already live, roles lost by foreign agents …).
        checks: how many invariant checks held while the steps were simulated.
        not_checked: addresses and paths of secrets whose reference does not resolve here.
        refreshed: whether the platform was read; otherwise the plan compares with the ledger.
        without_values: the operations as they are planned without comparing secret values, which is what people
            approve; None where they are `operations`.
        impact: what the operations do besides; None where there are none.
        refusals: why apply would refuse as things are, each with the flag that allows it. The operator's limits: the
            planner knows none.
        durations: seconds that the last applies of the tenant took, newest first; empty where too few were measured.
    """

    tenant: str
    operations: tuple[Operation, ...] = ()
    changes: tuple[Change, ...] = ()
    handovers: tuple[Handover, ...] = ()
    restarts: tuple[Address, ...] = ()
    drift: tuple[Drift, ...] = ()
    ignored: tuple[Drift, ...] = ()
    heals: tuple[Operation, ...] = ()
    unmanaged: tuple[Address, ...] = ()
    held: tuple[Address, ...] = ()
    protected: tuple[Address, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    checks: int = 0
    not_checked: tuple[str, ...] = ()
    serial: int = 0
    lineage: str = ""
    platform: str = ""
    refreshed: bool = True
    without_values: tuple[Operation, ...] | None = None
    impact: Impact | None = None
    refusals: tuple[Diagnostic, ...] = ()
    durations: tuple[float, ...] = ()

    @property
    def approved(self) -> tuple[Operation, ...]:
        """What approving the plan approves; rewriting rotated secrets is covered, and not in it."""
        return self.operations if self.without_values is None else self.without_values

    @property
    def rotated(self) -> tuple[Address, ...]:
        """Whose secrets have other values behind the same references, sorted."""
        return tuple(sorted({o.address for o in self.operations for c in o.changes if c.note is _ROTATED}))

    @property
    def settled(self) -> bool:
        """Whether an apply would have nothing to do and nothing to wait for."""
        return self.empty and all(one.code != STILL_MOVING for one in self.warnings)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do on the platform or in the ledger."""
        return not self.operations

    @property
    def agents_deleted(self) -> tuple[Address, ...]:
        """Agents that go, with prompts and workflows nobody models here: always needs `--allow-delete`."""
        deleted = [operation.address for operation in self.operations if operation.action is _DELETE]
        return tuple(address for address in deleted if address.kind is Kind.AGENT)


class Selection(Struct, frozen=True):
    """
    What of the differences shall be planned.

    Attributes:
        targets: only these addresses and what they need; empty for everything.
        deletions: whether anything may be deleted; otherwise deletions are held.
    """

    targets: frozenset[Address] = frozenset()
    deletions: bool = True


EVERYTHING = Selection()


def nothing_to_do(tenant: str, stored: Stored) -> Plan:
    """Plan where nothing differs: what `make_plan` makes of nothing at all."""
    return Plan(tenant, serial=stored.serial, lineage=stored.lineage, platform=stored.platform)
