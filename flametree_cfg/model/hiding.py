"""Records that may be shown, although something in them may not."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import Struct


class Hiding(Struct, frozen=True):
    """
    A record some of whose fields never show, in whatever it is printed.

    Attributes:
        never_shown: names of those fields.
    """

    never_shown: ClassVar[frozenset[str]]

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in self.never_shown]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__qualname__}({shown})"
