"""Keep the libraries below from logging what a check sends: URLs and headers hold keys."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# At INFO httpx logs URLs, which hold Telegram's token; at DEBUG httpcore logs the headers of answers, which may echo,
# and the MCP SDK whole messages.
_LIBRARIES = frozenset({"httpx", "httpcore", "httpx2", "httpcore2", "anyio", "asyncio", "mcp", "client"})
_NOT_LOADED_YET = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "anyio.streams.tls",
    "asyncio",
)
_probing: ContextVar[bool] = ContextVar("probing", default=False)


class _Drop(logging.Filter):
    """Lets through what is not of a check: others in this process may log as they like."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002  # the interface asks for it
        return not _probing.get()


_DROP = _Drop()


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what those libraries log, in this task and those it starts."""
    hush()
    token = _probing.set(True)
    try:
        yield
    finally:
        _probing.reset(token)


def hush() -> None:
    """Do so for the loggers there are: to be called again where a library was loaded since."""
    for name in (*_NOT_LOADED_YET, *logging.root.manager.loggerDict):
        if name.partition(".")[0] in _LIBRARIES:
            logging.getLogger(name).addFilter(_DROP)
