"""A hand that writes to a platform as an apply does: operations with ids, addresses, references to secrets."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flametree_cfg.model import (
    Action,
    Address,
    Batch,
    FieldChange,
    Kind,
    LiveObject,
    Operation,
    Outcome,
    Precondition,
    Resource,
    Secret,
    Value,
    attachment,
)
from flametree_cfg.platform import Platform, open_platform
from flametree_cfg.schema import Catalog
from flametree_cfg.secret.keyring import Keyring

CANARY = "sk-canary-0123456789"
KEY = "${env:KEY}"
LLM: Mapping[str, Value] = {"api_url": "https://api.example/v1", "access_token": Secret(KEY), "model_name": "m-1"}
BOT: Mapping[str, Value] = {"bot_token": Secret(KEY)}

Changes = Mapping[tuple[str | int, ...], Value]
"""What fields become, by path."""

Open = Callable[[Any, Catalog, bool], Platform]


def open_sqlite(folder: Path, catalog: Catalog, create: bool) -> Platform:
    """Open the embedded registry of a folder."""
    return open_platform(f"sqlite:{folder}/registry.db", catalog=catalog, keyring=Keyring(b"k" * 32), create=create)


def open_postgresql(url: str, catalog: Catalog, create: bool) -> Platform:
    """Open the embedded registry of a database."""
    return open_platform(url, catalog=catalog, keyring=Keyring(b"k" * 32), create=create)


IMPLEMENTATIONS: Mapping[str, Open] = {"sqlite": open_sqlite, "postgresql": open_postgresql}
"""By URL scheme; a test sees to it that every scheme of the room stands here."""


def account(address: str, **fields: Value) -> dict[str, Value]:
    """Give one mail account, complete."""
    servers = {"imap_server": "i.example", "imap_port": 993, "smtp_server": "s.example", "smtp_port": 465}
    return {"address": address, "password": Secret(KEY), **servers, **fields}


@dataclass
class Hand:
    """Writes to one tenant and remembers ids, as a ledger would."""

    platform: Platform
    tenant: str = "zoo"
    ids: dict[Address, str] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    secrets: dict[str, str] = field(default_factory=lambda: {KEY: CANARY})

    def operation(
        self,
        action: Action,
        address: Address,
        changes: Changes | None = None,
        *preconditions: Precondition,
        type: str = "",  # noqa: A002
    ) -> Operation:
        """Make an operation with an id of its own."""
        listed = tuple(FieldChange(path, None, value) for path, value in (changes or {}).items())
        after = Resource(address, {c.path[0]: c.after for c in listed}) if action is Action.CREATE else None  # type: ignore[misc]
        return Operation(
            f"{self.tenant}-{next(self.numbers):05}",
            action,
            address,
            type,
            after=after,
            changes=listed,
            preconditions=preconditions,
        )

    def creation(self, address: Address, type: str = "", **fields: Value) -> Operation:  # noqa: A002
        """Make the operation that makes an object."""
        named = {} if address.kind is Kind.ATTACHMENT else {"type": type, "name": address.key}
        return self.operation(Action.CREATE, address, {(k,): v for k, v in {**named, **fields}.items()}, type=type)

    def execute(self, *operations: Operation) -> Sequence[Outcome]:
        """Execute a batch and remember what it made."""
        outcomes = self.platform.execute(Batch(self.tenant, operations, dict(self.ids), self.secrets))
        for operation, outcome in zip(operations, outcomes, strict=True):
            if operation.action is Action.CREATE:
                self.ids[operation.address] = outcome.id
        return outcomes

    def create(self, address: Address, type: str = "", **fields: Value) -> LiveObject:  # noqa: A002
        """Make an object; gives it as it is read back."""
        self.execute(self.creation(address, type, **fields))
        return self.live(address)

    def update(self, address: Address, changes: Changes) -> LiveObject:
        """Change fields of an object; gives it as it is read back."""
        self.execute(self.operation(Action.UPDATE, address, changes))
        return self.live(address)

    def do(self, action: Action, address: Address) -> Outcome:
        """Delete, start, stop, make default; what starts or stops is waited for."""
        outcome = self.execute(self.operation(action, address))[0]
        self.platform.settle(self.tenant)
        return outcome

    def attach(self, agent_key: str, channel_key: str, *, inbound: bool = False) -> Address:
        """Attach a channel to an agent."""
        address = attachment(agent_key, channel_key)
        self.create(address, inbound=inbound)
        return address

    def found(self, address: Address) -> LiveObject | None:
        """Read one object; None if it is not there."""
        objects = self.platform.read(self.tenant).objects
        return next((o for o in objects if (o.kind, o.id) == (address.kind, self.ids[address])), None)

    def live(self, address: Address) -> LiveObject:
        """Read one object that has to be there."""
        found = self.found(address)
        assert found is not None
        return found
