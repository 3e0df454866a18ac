"""The hidden first line by which we find our own comments and issues again."""

from __future__ import annotations

import re

from msgspec import Struct

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_LINE = re.compile(
    rf"<!-- flametree-cfg (?P<kind>plan|drift) set=(?P<name>{NAME})"
    r"(?: head=(?P<head>[0-9a-f]{7,64}))?(?: digest=(?P<digest>[0-9a-f]{64}))? -->"
)


class Marker(Struct, frozen=True):
    """
    What a comment or an issue of ours is about.

    Attributes:
        kind: `plan` or `drift`.
        name: of the set of tenants; one comment a pull request and set.
        head: the commit that was planned; empty where it does not matter.
        digest: of the plan; empty where it must not count as approved.
    """

    kind: str
    name: str
    head: str = ""
    digest: str = ""

    def __str__(self) -> str:
        head = f" head={self.head}" if self.head else ""
        digest = f" digest={self.digest}" if self.digest else ""
        return f"<!-- flametree-cfg {self.kind} set={self.name}{head}{digest} -->"

    def same_place(self, other: Marker | None) -> bool:
        """Tell whether both belong to one comment."""
        return other is not None and (self.kind, self.name) == (other.kind, other.name)


def find_marker(body: str) -> Marker | None:
    """Read the marker of a text; only its first line counts, so that nothing that is quoted further down does."""
    match = _LINE.fullmatch(body.split("\n", 1)[0].rstrip())
    if match is None:
        return None
    return Marker(match["kind"], match["name"], match["head"] or "", match["digest"] or "")
