"""One exchange with one host: what every kind of check is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from flametree_cfg.model import Hiding
from flametree_cfg.probe.reach import Reach
from flametree_cfg.probe.result import Verdict

if TYPE_CHECKING:
    import ssl

    from flametree_cfg.probe.door import Door


class Means(Struct, frozen=True, dict=True):
    """
    What an exchange is made with.

    Attributes:
        door: for HTTP.
        reach: for everything else.
        deadline_s: seconds the exchange has; who made it stops it then.
    """

    door: Door
    reach: Reach
    deadline_s: float

    @cached_property
    def context(self) -> ssl.SSLContext:
        """Give TLS for what is not HTTP, always verified; the door has one of its own, as it speaks of HTTP in it."""
        from flametree_cfg.probe.trust import make_context

        return make_context(self.reach.policy)


class Attempt(Hiding, frozen=True):
    """
    An exchange that is ready to be made.

    Attributes:
        where: host, and its port if it is an odd one; those of one place share a pace.
        make: gives the verdict, or raises what `failing.explain` understands.
        hidden: values that it sends: no message may show them.
    """

    never_shown = frozenset({"hidden"})

    where: str
    make: Callable[[Means], Awaitable[Verdict]]
    hidden: tuple[str, ...] = ()
