"""What one integration type says of itself, read from its JSON file."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from flametree_cfg.model import Kind

SettingPath = tuple[str, ...]
"""Where in `settings`; `*` stands for any account of a multi-account list: `("accounts", "*", "password")`."""


class Lifecycle(enum.StrEnum):
    """Who starts and stops an object; domain.md R19."""

    OWN = "own"
    AGENT = "agent"
    NONE = "none"


class Role(Struct, frozen=True):
    """
    A place on an agent for connectors.

    Attributes:
        name: as in YAML, under the agent's `connectors`.
        types: connector types that fill it.
        many: whether it takes a list.
        ordered: whether the list has an order; otherwise it is a set.
        title: as the portal shows it.
    """

    name: str
    types: tuple[str, ...]
    many: bool = False
    ordered: bool = False
    title: str = ""


class Accounts(Struct, frozen=True):
    """
    A multi-account list (domain.md R18).

    Attributes:
        setting: the list in `settings` (`accounts`).
        key: the field that names an account.
        fields: every field of an account; on the platform each is one comma-separated list, in account order.
    """

    setting: str
    key: str
    fields: tuple[str, ...]


class TypeSpec(Struct, frozen=True):
    """
    One connector or channel type.

    Attributes:
        name: the slug, which is the file's name.
        schema: the JSON Schema (2020-12) of `settings`, as in the file, annotations included.
        secrets: paths of settings that are secret (`writeOnly`).
        defaults: settings that have a default, top level only.
        replacement: of a deprecated type: what to use instead; may be empty.
        role: the agent role a connector fills; empty if none, then agents name it under `uses`... see the file.
        requires_roles: roles an agent attached to this channel must have.
        unique_per_agent: settings unique among an agent's connectors of this type.
        required_when_many: settings required when an agent has two or more connectors of this type.
        immutable: settings whose change replaces the object.
        check: how health or connection is checked (`x-check`); None if it never is.
    """

    kind: Kind
    name: str
    title: str
    description: str
    category: str
    schema: Mapping[str, Any]
    lifecycle: Lifecycle = Lifecycle.NONE
    deprecated: bool = False
    replacement: str = ""
    role: str = ""
    secrets: frozenset[SettingPath] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    accounts: Accounts | None = None
    requires_roles: tuple[str, ...] = ()
    unique_per_agent: tuple[str, ...] = ()
    required_when_many: tuple[str, ...] = ()
    immutable: frozenset[str] = frozenset()
    check: Mapping[str, Any] | None = None
