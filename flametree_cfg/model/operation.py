"""Operations: what a plan asks of the platform, what must hold, what came of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from msgspec import Struct, field

from flametree_cfg.errors import Path
from flametree_cfg.model.address import Address
from flametree_cfg.model.hiding import Hiding
from flametree_cfg.model.live import Settled
from flametree_cfg.model.resource import Resource
from flametree_cfg.model.value import Value


class Action(enum.StrEnum):
    """Everything that can be done; closed."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    MAKE_DEFAULT = "make-default"
    STOP = "stop"
    START = "start"
    MOVE = "move"  # ledger only: the key changed, the object stays
    BIND = "bind"  # ledger only: an external object was found by type and name
    FORGET = "forget"  # ledger only: gone from YAML and platform, or no longer ours
    PROTECT = "protect"  # ledger only: must not be deleted from now on
    UNPROTECT = "unprotect"  # ledger only: a protection is lifted


LEDGER_ONLY = frozenset({Action.MOVE, Action.BIND, Action.FORGET, Action.PROTECT, Action.UNPROTECT})
"""Actions that no platform hears of."""


class Note(enum.StrEnum):
    """What is special about a field's change."""

    NONE = ""
    ROTATED = "rotated"
    NOT_CHECKED = "not checked here"


class _Paths(dict[str, Path]):
    """Makes what is not there yet; there are as many as fields have names."""

    def __missing__(self, key: str) -> Path:
        path = self[key] = (key,)
        return path


path_of = _Paths()
"""The path of a whole field, by its name: one object for all who have the field, which are many in a large plan."""


class FieldChange(Struct, frozen=True):
    """
    One field, before and after; None where it was or becomes unset.

    `path` starts at the resource's fields: `("settings", "temperature")`. An account in a multi-account list is named
    by its key field, not by position: `("settings", "accounts", "help@acme.example", "password")`.
    """

    path: Path
    before: Value
    after: Value
    note: Note = Note.NONE


class Check(enum.StrEnum):
    """What a precondition looks at on the platform; closed."""

    FIELD = "field"  # subject: address; path; expect: value_hash of the value before
    ABSENT_NAME = "absent-name"  # subject: kind; path: the folded name; expect: ""
    DEFAULT_SLOT = "default-slot"  # subject: connector type; expect: address of the holder or ""
    INBOUND_SLOT = "inbound-slot"  # subject: address of the channel; expect: address of the agent or ""
    LINKS = "links"  # subject: address of a connector or channel; expect: sorted agent addresses, comma-separated


class Precondition(Struct, frozen=True):
    """One thing the plan read and relies on; the platform checks it in the transaction that writes."""

    check: Check
    subject: str
    path: str = ""
    expect: str = ""


class Effect(Struct, frozen=True):
    """A change that the platform makes by itself because of an operation (domain.md R2, R7)."""

    address: Address
    path: Path
    before: Value
    after: Value


class Operation(Struct, frozen=True):
    """
    One step of a plan.

    Attributes:
        id: unique for ever once applied (`RUN-NNNNN`); in a plan that was not applied yet just `NNNNN`.
        address: what it concerns, under the address it has after the operation.
        previous: the address before, where it differs (a key that moved, an object on its way out).
        before: the whole resource before, as managed; None for a create.
        after: the whole resource after; None for a delete. What the ledger records.
        changes: the fields to send, and nothing else is sent; all of them for a create.
        preconditions: the read set.
        effects: what the platform is expected to do by itself.
        part_of: the named thing it serves (`handover default llm`), for the reader.
    """

    id: str
    action: Action
    address: Address
    type: str = ""
    previous: Address | None = None
    before: Resource | None = None
    after: Resource | None = None
    changes: tuple[FieldChange, ...] = ()
    preconditions: tuple[Precondition, ...] = ()
    effects: tuple[Effect, ...] = ()
    part_of: str = ""
    reason: str = ""
    protected: bool = False
    platform_id: str = ""  # BIND only: the object found

    def numbered(self, id: str) -> Operation:  # noqa: A002  # the field's word
        """Copy it under another id; `replace` takes three times as long, and a plan numbers all it has."""
        return Operation(
            id,
            self.action,
            self.address,
            self.type,
            self.previous,
            self.before,
            self.after,
            self.changes,
            self.preconditions,
            self.effects,
            self.part_of,
            self.reason,
            self.protected,
            self.platform_id,
        )


class Batch(Hiding, frozen=True):
    """
    Operations to execute together.

    Attributes:
        tenant: whose.
        operations: in order.
        ids: platform ids of everything the operations refer to that exists already; what an earlier operation of
            the batch creates is known from its address.
        secrets: resolved values by reference; never logged, never stored by us.
    """

    never_shown = frozenset({"secrets"})

    tenant: str
    operations: tuple[Operation, ...]
    ids: Mapping[Address, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


class OutcomeStatus(enum.StrEnum):
    """Done, or refused by the platform with nothing written."""

    DONE = "done"
    FAILED = "failed"


class Outcome(Struct, frozen=True):
    """What became of one operation; `id` is the platform's id of the object."""

    operation_id: str
    status: OutcomeStatus
    id: str = ""
    version: int = 0
    message: str = ""


class Stage(enum.StrEnum):
    """What an event of an apply tells; closed."""

    RESUMED = "resumed"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    WAITING = "waiting"
    SETTLED = "settled"
    FINISHED = "finished"


class Event(Struct, frozen=True):
    """
    One thing that happened during an apply; `index` of `total` operations, `elapsed_s` in seconds.

    Attributes:
        waits: what a WAITING waits for.
        settled: what a SETTLED says became of `address`.
    """

    stage: Stage
    tenant: str
    operation: Operation | None = None
    index: int = 0
    total: int = 0
    message: str = ""
    elapsed_s: float = 0.0
    waits: tuple[Address, ...] = ()
    address: Address | None = None
    settled: Settled | None = None
