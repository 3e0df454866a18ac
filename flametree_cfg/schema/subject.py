"""What is being explained when a body is not valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from flametree_cfg.model import Kind
from flametree_cfg.schema.types import Role, TypeSpec


class Subject(Struct, frozen=True):
    """
    A body, and what it was judged by.

    Attributes:
        spec: its type; None if unknown, and always None for agents.
        schema: the body's schema as compiled.
        roles: the agent's connector roles.
        body: as written, of whatever type.
    """

    kind: Kind
    spec: TypeSpec | None
    schema: dict[str, Any]
    roles: Mapping[str, Role]
    body: object

    @property
    def of_type(self) -> str:
        """Its type, to be put after a noun; empty if unknown."""
        return f" of type `{self.spec.name}`" if self.spec else ""

    def flagged(self, name: str) -> bool:
        """Tell whether the body sets a switch such as `external`."""
        return isinstance(self.body, Mapping) and self.body.get(name) is True
