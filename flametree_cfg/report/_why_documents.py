"""The shape of what `render` and `why` hand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flametree_cfg.errors import Location, Path
from flametree_cfg.model import Action, Address, AppliedRun


class RenderedLike(Protocol):
    """A tenant as one file would declare it."""

    @property
    def tenant(self) -> str:
        """Its name on the platform."""
        ...

    @property
    def folder(self) -> str:
        """As the person named it."""
        ...

    @property
    def document(self) -> Mapping[str, Any]:
        """What the file would hold; secrets are references."""
        ...

    @property
    def text(self) -> str:
        """The same as YAML, every line ended."""
        ...


class SaidLike(Protocol):
    """What one place says of a value."""

    @property
    def place(self) -> Location:
        """Where."""
        ...

    @property
    def value(self) -> Any:
        """As written."""
        ...

    @property
    def removes(self) -> bool:
        """Whether it only takes away what others said."""
        ...


class MadeLike(Protocol):
    """A variable that is part of a value."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def set_by(self) -> Sequence[tuple[Any, str, Location | None]]:
        """Value, source and place of all that set it, the one that counts first."""
        ...


class DeedLike(Protocol):
    """What an apply did to a value."""

    @property
    def run(self) -> AppliedRun:
        """Which apply."""
        ...

    @property
    def action(self) -> Action:
        """What it did to the object."""
        ...

    @property
    def before(self) -> Any:
        """None where it is not known, or nothing was there."""
        ...

    @property
    def after(self) -> Any:
        """None where nothing is there."""
        ...


class FieldWhyLike(Protocol):
    """Where one field's value comes from."""

    @property
    def path(self) -> Path:
        """Inside the resource."""
        ...

    @property
    def value(self) -> Any:
        """As it is to be; None if it is not managed."""
        ...

    @property
    def origin(self) -> str:
        """One of `set`, `default`, `removed`, `unset`."""
        ...

    @property
    def said(self) -> Sequence[SaidLike]:
        """By layers, the last word first."""
        ...

    @property
    def variables(self) -> Sequence[MadeLike]:
        """That made it."""
        ...

    @property
    def deed(self) -> DeedLike | None:
        """The newest apply that touched it."""
        ...

    @property
    def stored(self) -> Any:
        """What the ledger has."""
        ...


class WhyLike(Protocol):
    """Fields of an object, explained."""

    @property
    def tenant(self) -> str:
        """Whose."""
        ...

    @property
    def folder(self) -> str:
        """As the person named it."""
        ...

    @property
    def address(self) -> Address:
        """The object."""
        ...

    @property
    def place(self) -> Location | None:
        """Where it is declared."""
        ...

    @property
    def fields(self) -> Sequence[FieldWhyLike]:
        """In the order of the object."""
        ...

    @property
    def applied(self) -> bool:
        """Whether the ledger has it."""
        ...
