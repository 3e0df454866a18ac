"""What the formats are handed of things that start and stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from flametree_cfg.errors import Diagnostic, ExitCode
from flametree_cfg.model import Address, LogLine, Settled, Status


class TransitionLike(Protocol):
    """What became of something that an apply started or stopped."""

    @property
    def address(self) -> Address:
        """Whose."""
        ...

    @property
    def settled(self) -> Settled:
        """Where it went."""
        ...


class SwitchedLike(Protocol):
    """One object that was told to start or to stop."""

    @property
    def address(self) -> Address:
        """Ours, or a foreign one."""
        ...

    @property
    def name(self) -> str:
        """As the portal shows it."""
        ...

    @property
    def before(self) -> Status:
        """Where it was."""
        ...

    @property
    def status(self) -> Status:
        """Where it is."""
        ...

    @property
    def message(self) -> str:
        """What the platform says of it."""
        ...

    @property
    def duration_s(self) -> float:
        """Seconds it took."""
        ...


class SwitchLike(Protocol):
    """What `start`, `stop` or `restart` did."""

    @property
    def tenant_name(self) -> str:
        """Whose."""
        ...

    @property
    def verb(self) -> str:
        """Which of the three."""
        ...

    @property
    def objects(self) -> Sequence[SwitchedLike]:
        """All that was named."""
        ...

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:
        """What did not get there, and what should be known."""
        ...

    @property
    def exit_code(self) -> ExitCode:
        """How the command ends."""
        ...


class LogLike(Protocol):
    """Lines of one log."""

    @property
    def tenant_name(self) -> str:
        """Whose."""
        ...

    @property
    def address(self) -> Address:
        """Ours, or a foreign one."""
        ...

    @property
    def name(self) -> str:
        """As the portal shows it."""
        ...

    @property
    def lines(self) -> Sequence[LogLine]:
        """Oldest first."""
        ...
