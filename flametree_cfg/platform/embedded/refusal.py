"""What the registry says when it refuses, in the portal's words where those are documented."""

from __future__ import annotations

from flametree_cfg.errors import Diagnostic, PlanStale, PlatformFailed, error
from flametree_cfg.model import Address, Status
from flametree_cfg.sql import ConstraintFailed

_NAME = "object.tenant, object.kind, object.folded"
_INBOUND = "attachment.tenant, attachment.channel"
_ATTACHED = "attachment.tenant, attachment.agent, attachment.channel"
_REFERENCE = ""  # SQLite does not say which foreign key failed


def moved(address: str, detail: str) -> Diagnostic:
    """Say what moved under a plan; never a value."""
    return error(
        "plan-stale", "The platform moved since the plan was made", detail, "plan again and apply that", address=address
    )


def stale(address: Address, detail: str) -> PlanStale:
    """Say that an operation meets another world than its plan saw."""
    return PlanStale(moved(str(address), detail))


def gone(address: Address) -> PlanStale:
    """Say that an object that should be there is not."""
    return stale(address, f"{address} does not exist on the platform any more")


def name_taken(address: Address, name: str) -> PlatformFailed:
    """Refuse a second object of a kind with the same name. Source: domain.md 4.4."""
    return PlatformFailed(
        error(
            "duplicate-name",
            "Two resources of one kind have the same name",
            f"Integration with name {name} already exists",
            "choose another name; case, spaces around and lookalike forms of a letter do not count",
            address=str(address),
            path=("name",),
        )
    )


def inbound_taken(address: Address) -> PlatformFailed:
    """Refuse a second inbound agent. The portal's own words are not documented; domain.md R11."""
    channel = f"channel.{address.channel_key}"
    return PlatformFailed(
        error(
            "two-inbound-agents",
            "Channel has two inbound agents",
            f"{channel} is already answered by another agent",
            "turn Inbound off there first",
            address=str(address),
            path=("inbound",),
        )
    )


def system_only_in_public(address: Address) -> PlatformFailed:
    """Refuse to touch a system integration from a tenant. Source: domain.md R5, R9, 4.4."""
    return PlatformFailed(
        error(
            "system-read-only",
            "System integration is read-only here",
            "Changes to system integrations can only be made in the public tenant",
            "make a connector of your own, or ask the platform's operator",
            address=str(address),
        )
    )


def in_transition(address: Address, status: Status) -> PlatformFailed:
    """Refuse to turn round what is on its way: one must wait. Source: domain.md 4.1, 4.2."""
    return PlatformFailed(
        error(
            "in-transition",
            "Object is starting or stopping",
            f"{address} is {status.value}",
            "wait until it is there, then try again",
            address=str(address),
        )
    )


def refused(code: str, summary: str, detail: str, hint: str, address: Address) -> PlatformFailed:
    """Refuse for a reason of its own."""
    return PlatformFailed(error(code, summary, detail, hint, address=str(address)))


def from_constraint(problem: ConstraintFailed, address: Address, name: str) -> PlanStale | PlatformFailed:
    """Put a rule that the database kept into words a person knows."""
    match problem.subject:
        case subject if subject == _NAME:
            return name_taken(address, name)
        case subject if subject == _INBOUND:
            return inbound_taken(address)
        case subject if subject == _ATTACHED:
            return stale(address, f"{address} exists already")
        case subject if subject == _REFERENCE:
            return stale(address, f"something that {address} refers to does not exist any more")
        case _:
            return PlatformFailed(*problem.diagnostics)
