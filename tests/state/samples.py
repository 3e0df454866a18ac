"""Small resources, operations and a world under control, for the tests of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from flametree_cfg.model import (
    Action,
    Address,
    AppliedRun,
    Batch,
    FieldChange,
    Holder,
    Lease,
    Operation,
    Outcome,
    OutcomeStatus,
    Resource,
    Secret,
    agent,
    attachment,
    channel,
    connector,
)
from flametree_cfg.state import Ledger
from flametree_cfg.state.world import World

ALICE = Holder("alice", "build-7", 4711, "flametree-cfg apply tenants/acme")
BOB = Holder("bob", "build-8", 4712, "flametree-cfg apply tenants")
KEY = Secret("${env:OPENAI_API_KEY}", "0a1b2c3d:" + "4" * 64)


@dataclass
class Clock:
    """A world whose clocks stand still until a test moves them; sleeping moves the steady one."""

    wall: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    steady: float = 1000.0
    ids: Iterator[str] = field(default_factory=lambda: (f"lineage-{n}" for n in count(1)))

    def world(self, **changed: object) -> World:
        """Make the world that this clock drives."""
        options: dict[str, object] = {
            "now": lambda: self.wall,
            "monotonic": lambda: self.steady,
            "sleep": self.pass_time,
            "new_id": lambda: next(self.ids),
            "boot": lambda: "boot-1",
        }
        return World(**{**options, **changed})  # type: ignore[arg-type]

    def pass_time(self, seconds: float) -> None:
        """Let both clocks go on."""
        self.steady += seconds
        self.wall += timedelta(seconds=seconds)


def llm(key: str, *, default: bool = False, temperature: float = 0.0) -> Resource:
    """Make a language model connector with a secret."""
    settings = {"access_token": KEY, "model_name": "gpt-4o", "temperature": temperature}
    return Resource(connector(key), {"type": "llm", "name": key.upper(), "default": default, "settings": settings})


def support(links: dict[str, object], key: str = "support") -> Resource:
    """Make an agent with some links."""
    return Resource(agent(key), {"type": "inbound", "name": key.title(), "running": True, "connectors": links})


def telegram(key: str = "bot") -> Resource:
    """Make a channel."""
    return Resource(channel(key), {"type": "telegram", "name": key.title(), "settings": {"bot_token": KEY}})


def attached(agent_key: str, channel_key: str) -> Resource:
    """Make an attachment."""
    fields = {"agent": agent_key, "channel": channel_key, "inbound": True}
    return Resource(attachment(agent_key, channel_key), fields)


def create(resource: Resource, number: int, run: str = "RUN-1", **more: object) -> Operation:
    """Make the operation that creates a resource."""
    return Operation(
        f"{run}-{number:05d}",
        Action.CREATE,
        resource.address,
        str(resource.fields.get("type", "")),
        after=resource,
        changes=tuple(FieldChange((key,), None, value) for key, value in resource.fields.items()),
        **more,  # type: ignore[arg-type]
    )


def done(operation: Operation, platform_id: str = "") -> Outcome:
    """Make the outcome of something that was done."""
    return Outcome(operation.id, OutcomeStatus.DONE, platform_id or f"id-{operation.address.key}")


def apply(ledger: Ledger, lease: Lease, *operations: Operation) -> int:
    """Journal operations and record that all were done."""
    ledger.intend(lease, Batch(lease.tenant, operations))
    return ledger.record(lease, [done(operation) for operation in operations])


def fill(ledger: Ledger, *resources: Resource, tenant: str = "acme", run: str = "RUN-1") -> int:
    """Put resources into a tenant's ledger."""
    with ledger.lock(tenant, 0, ALICE) as lease:
        return apply(ledger, lease, *(create(resource, n, run) for n, resource in enumerate(resources, 1)))


def addresses(ledger: Ledger, tenant: str = "acme") -> set[Address]:
    """List what a tenant's ledger has."""
    return set(ledger.read(tenant).entries)


def a_run(summary: str = "1 added") -> AppliedRun:
    """Make a line of history."""
    return AppliedRun("acme", 0, "RUN-1", "2026-03-01T12:00:00Z", "alice", "c0ffee", "d1", summary, 1.5, "applied", 0)
