"""The door to a live platform."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from flametree_cfg.model import Batch, Checked, Kind, LiveObject, LiveTenant, LogLine, Outcome, Settled

SETTLE_S = 60.0  # seconds: several checks one after the other, each within ten; shorter than a CI step's patience


class Platform(Protocol):
    """
    What every platform can do; one contract suite in tests runs over every implementation of this room.

    `identity` names the installation for ever (not its address): the ledger refuses to use ids of another one.
    """

    @property
    def identity(self) -> str:
        """The installation's own name; empty for a registry that does not exist yet."""
        ...

    def read(self, tenant: str) -> LiveTenant:
        """
        Read every object of a tenant, in one consistent view; an unknown tenant has none.

        Raises:
            PlatformFailed: it could not be read whole; never returns a part.
        """
        ...

    def revision(self, tenant: str) -> str:
        """
        Name the state of what `read` gives this tenant.

        After every write to the tenant or to the public tenant it is another text, and never one that was before, not
        even when a backup is restored. Health is not part of that state.

        Returns:
            Empty where nothing can be told (no registry, nothing written yet): then never rely on it.
        """
        ...

    def sweep(self, tenant: str) -> Iterator[LiveObject]:
        """
        Read what `read` reads, in the same order and one consistent view, without ever holding it all.

        The view is held until the iterator is closed or at its end, and nothing is written here meanwhile.

        Raises:
            PlatformFailed: it could not be read whole; what was given until then is worth nothing.
        """
        ...

    def read_some(self, tenant: str, ids: Collection[str]) -> LiveTenant:
        """
        Read only the objects with these platform ids, as `read` gives them and in its order.

        Raises:
            PlatformFailed: as `read`.
        """
        ...

    def execute(self, batch: Batch) -> Sequence[Outcome]:
        """
        Carry out a batch, all or nothing, one outcome an operation, in order.

        An operation id that was executed before gives the same outcome and has no second effect.

        Raises:
            PlanStale: a precondition does not hold; nothing was written.
            PlatformFailed: the platform refused or failed; nothing was written.
        """
        ...

    def outcomes(self, operation_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """Tell what became of operations; those never executed are absent."""
        ...

    def settle(
        self, tenant: str, ids: Collection[str] | None = None, deadline_s: float = SETTLE_S
    ) -> Sequence[Settled]:
        """
        Wait until what is starting or stopping has come to where it goes.

        `execute` only begins to start and to stop. Never called while `execute` runs; may be called again, by anybody,
        after a crash too: what has arrived is not asked about twice.

        Args:
            tenant: whose.
            ids: of what to wait for; None for all that is on its way.
            deadline_s: seconds after which waiting is given up.

        Returns:
            What became of each that was on its way; empty if nothing was.

        Raises:
            PlatformFailed: it could not be asked.
        """
        ...

    def logs(self, tenant: str, kind: Kind, platform_id: str, limit: int) -> Sequence[LogLine]:
        """Give the newest log lines of a channel or an agent, oldest first."""
        ...

    def check(
        self,
        tenant: str,
        platform_ids: Collection[str],
        *,
        asked: Collection[str] = (),
        told: Callable[[Checked], None] = lambda _: None,
    ) -> Sequence[Checked]:
        """
        Check connectors and channels against their providers, and keep what was found as their health.

        What is kept is no change of the tenant: neither versions nor the revision move. Objects that are gone, agents
        and attachments are left out.

        Args:
            tenant: whose.
            platform_ids: what to check.
            asked: those of them that a person named; some types are checked only then.
            told: hears each result as soon as there is one.

        Returns:
            One result for each object, by its platform id, in the order of ids.

        Raises:
            PlatformFailed: it could not be read or written; a provider that does not answer is a result.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
