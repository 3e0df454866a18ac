"""The shape of what tells how objects are: cards, statuses, checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flametree_cfg.model import Address, Health, Probed, Status
from flametree_cfg.report._documents import InFolder


class CardLike(Protocol):
    """One object as the portal shows it; secrets are not on a card."""

    @property
    def address(self) -> Address:
        """Ours, or `kind.id:UUID` of a foreign object."""
        ...

    @property
    def type(self) -> str:
        """The integration or agent type."""
        ...

    @property
    def name(self) -> str:
        """As in the portal."""
        ...

    @property
    def description(self) -> str:
        """May be empty."""
        ...

    @property
    def platform_id(self) -> str:
        """The platform's own id."""
        ...

    @property
    def tags(self) -> Sequence[str]:
        """`DEFAULT`, `SYS.INT.`, `EXTERNAL`, `FOREIGN`, `PROTECTED`."""
        ...

    @property
    def status(self) -> Status:
        """Of a channel or an agent."""
        ...

    @property
    def health(self) -> Health:
        """Of a connector."""
        ...

    @property
    def message(self) -> str:
        """What the portal shows on hover."""
        ...

    @property
    def checked(self) -> str:
        """What the last check of its provider found."""
        ...

    @property
    def age_s(self) -> float | None:
        """How many seconds ago that was; None if there was none."""
        ...

    @property
    def linked(self) -> Sequence[str]:
        """Agents of a connector or channel, connectors and channels of an agent."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The main parameters; a secret shows as present only."""
        ...


class StatusLike(Protocol):
    """How everything of a tenant is."""

    @property
    def folder(self) -> object:
        """As the person named it."""
        ...

    @property
    def tenant_name(self) -> str:
        """The tenant."""
        ...

    @property
    def cards(self) -> Sequence[CardLike]:
        """Sorted by address."""
        ...


class HealthChecked(InFolder, Protocol):
    """What `check` found in one tenant."""

    @property
    def checks(self) -> Sequence[Probed]:
        """Sorted by address."""
        ...
