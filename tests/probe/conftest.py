"""A provider on this machine, and checks as the types describe them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.probe.authority import Authority
from tests.probe.provider import Provider, providing

_heard: list[tuple[str, tuple[Any, ...]]] | None = None


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _heard is not None and event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect"):
        _heard.append((event, arguments))


sys.addaudithook(_hear)  # for ever: Python has no way to take one away


@pytest.fixture
def heard() -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """List what this process looks up and connects to, as the interpreter itself reports it."""
    global _heard  # noqa: PLW0603
    _heard = []
    yield _heard
    _heard = None


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Give a provider without TLS."""
    with providing() as provider:
        yield provider


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give somebody who signs certificates."""
    return Authority(tmp_path_factory.mktemp("authority"))
