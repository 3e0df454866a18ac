"""Take what an API answered apart, without trusting its shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flametree_cfg.forge import failure
from flametree_cfg.forge.wire import Wire

MOST_PAGES = 200  # 20,000 comments: beyond it somebody plays with us


def at(found: Any, *path: str) -> Any:
    """Follow keys; None where one is missing."""
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def text(found: Any, *path: str) -> str:
    """Follow keys to a text; empty where there is none."""
    value = at(found, *path)
    return value if isinstance(value, str) else ""


def number(found: Any, key: str, host: str) -> int:
    """
    Give a number that must be there.

    Raises:
        ForgeFailed: it is not.
    """
    value = at(found, key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise failure.not_understood(host, f"a request for something with `{key}`")
    return value


def pages(wire: Wire, path: str, params: Mapping[str, str | int]) -> Iterator[Mapping[str, Any]]:
    """
    Give every entry of a list, page by page.

    Pages are counted by us: a link that the other side names is only taken as a sign that there is more.

    Raises:
        ForgeFailed: an answer is no list, or the list has no end.
    """
    for page in range(1, MOST_PAGES + 1):
        answer = wire.send("GET", path, params={**params, "page": page})
        if not isinstance(answer.body, list):
            raise failure.not_understood(wire.host, f"GET {path}")
        yield from (one for one in answer.body if isinstance(one, Mapping))
        if not answer.more:
            return
    raise failure.not_understood(wire.host, f"GET {path}")
