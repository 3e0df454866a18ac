"""What a plan does to agents, channels and those who write to them, as facts that every format tells."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from flametree_cfg.model import Address


class Model(NamedTuple):
    """
    A connector that fills a role of an agent.

    `name` is what its provider calls the model, empty where the type has none; `default` says that the agent selects
    none, and is served by the default.
    """

    connector: Address
    name: str = ""
    default: bool = False


class ModelChange(Struct, frozen=True):
    """An agent that is served by something else afterwards; `after` is empty where it loses its model."""

    agent: Address
    role: str
    before: tuple[Model, ...]
    after: tuple[Model, ...]


class InboundMove(Struct, frozen=True):
    """A channel that another agent answers afterwards; None is nobody. Both are, of a channel that is new."""

    channel: Address
    before: Address | None
    after: Address | None


class DefaultMove(Struct, frozen=True):
    """The default of a connector type goes to another one, or to nobody; `agents` select none and are served by it."""

    type: str
    before: Address | None
    after: Address | None
    agents: tuple[Address, ...] = ()


class Loss(Struct, frozen=True):
    """An agent that linked a connector which is deleted; `instead` is what it links in that role for the first time."""

    connector: Address
    agent: Address
    role: str
    instead: tuple[Address, ...] = ()


class Mention(Struct, frozen=True):
    """Instructions that name a connector as nothing is called any more; `now` is its new name, empty if it is gone."""

    agent: Address
    connector: Address
    name: str
    now: str = ""


class Rename(Struct, frozen=True):
    """An object that goes while one just like it comes under another key: likely the same."""

    before: Address
    after: Address


class Restart(Struct, frozen=True):
    """
    What is stopped and started, and for what.

    Attributes:
        without: of a channel: the agents that are attached to it and run, and have it not meanwhile.
    """

    address: Address
    reasons: tuple[str, ...] = ()
    without: tuple[Address, ...] = ()


class Impact(Struct, frozen=True):
    """
    What a plan does besides what it changes. Everything is sorted by address.

    Attributes:
        stopped: what runs before and not afterwards, and stays.
        deleted: agents that go.
        affected: agents that somebody notices something of, which `--max-affected-agents` counts: those that go, stop
            or restart, are served by another model or none, begin or end to answer a channel, or lose a connector. A
            new agent is not among them: nobody was served by it.
    """

    restarts: tuple[Restart, ...] = ()
    stopped: tuple[Address, ...] = ()
    models: tuple[ModelChange, ...] = ()
    inbound: tuple[InboundMove, ...] = ()
    defaults: tuple[DefaultMove, ...] = ()
    losses: tuple[Loss, ...] = ()
    mentions: tuple[Mention, ...] = ()
    renames: tuple[Rename, ...] = ()
    deleted: tuple[Address, ...] = ()
    affected: tuple[Address, ...] = ()
