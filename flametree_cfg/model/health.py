"""What a check found, and how it is remembered."""

from __future__ import annotations

from msgspec import Struct

from flametree_cfg.model.address import Address
from flametree_cfg.model.live import Health


class Checked(Struct, frozen=True):
    """
    What a check found of one object.

    Attributes:
        subject: what was checked: a platform id, or an address as text, as the one who asked said it.
        health: the dot.
        finding: the reason, a word for machines that stays the same for ever.
        message: one line for a person, without any secret.
        at: when, UTC in ISO 8601.
        duration_s: seconds it took, without the time it queued.
    """

    subject: str
    health: Health
    finding: str
    message: str
    at: str
    duration_s: float = 0.0


class Probed(Struct, frozen=True):
    """
    What a check found of one of a tenant's objects, under our address.

    Attributes:
        age_s: seconds since the check, when this is shown.
    """

    address: Address
    type: str
    name: str
    found: Checked
    age_s: float = 0.0
