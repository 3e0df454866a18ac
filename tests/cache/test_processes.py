"""Tests of the caches under many processes at once: they say what one says alone, without a cache."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.cache.asking import asked, cache, kept
from tests.scenario.running import Ended, Zoo
from tests.scenario.texts import AFTER, BEFORE, many

EXAMPLES = int(os.environ.get("FLAMETREE_EXAMPLES", "1"))
TENANTS = [f"t{number:02}" for number in range(30)]
QUESTIONS = (
    ("plan", "tenants", "--format", "json"),
    ("validate", "tenants", "--format", "json"),
    ("drift", "check", "tenants", "--format", "json"),
    ("plan", "tenants"),
)


@pytest.fixture
def zoo(zoo: Zoo) -> Zoo:
    """Give a zoo of thirty tenants, applied, some changed since, some broken; nothing is kept of them."""
    for tenant in TENANTS:
        zoo.declare(BEFORE, tenant=tenant)
    zoo.apply("--no-cache", path="tenants")
    for tenant in TENANTS[:5]:
        zoo.declare(AFTER, tenant=tenant)
    zoo.declare("connectors: {key: {type: nonsense}}\n", tenant=TENANTS[6])
    zoo.ok("registry", "set", TENANTS[7], "connector.going", "description=edited")
    shutil.rmtree(cache(zoo))
    return zoo


def _together(zoo: Zoo) -> list[Ended]:
    """Ask all of it at once, each in a process of its own, and listen to all of them."""
    with ThreadPoolExecutor(len(QUESTIONS)) as pool:
        return list(pool.map(lambda question: zoo.process(*question), QUESTIONS))


def _alone(zoo: Zoo) -> list[Ended]:
    return [zoo.run(*question, "--no-cache") for question in QUESTIONS]


def test_many_at_once(zoo: Zoo) -> None:
    """Four processes that share a cache, with nothing in it, with everything, and after some files changed."""
    expected = _alone(zoo)
    assert [answer.returncode for answer in expected] == [4, 4, 3, 4]

    for _ in ("cold", "warm"):
        assert _together(zoo) == expected
    assert len(kept(zoo, ".parts")) == len(TENANTS) - 1
    for tenant in TENANTS[10:20]:
        zoo.declare(AFTER.replace("Bot", "Bot of another name"), tenant=tenant)

    assert _together(zoo) == _alone(zoo)
    assert not kept(zoo, ".tmp")


@contextmanager
def _meanwhile(deed: Callable[[int], object]) -> Iterator[None]:
    """Do something over and over beside what the test does."""
    stop = threading.Event()

    def over_and_over() -> None:
        number = 0
        while not stop.is_set():
            deed(number)
            number += 1
            time.sleep(0.002)

    thread = threading.Thread(target=over_and_over)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_the_cache_goes_at_any_moment(zoo: Zoo) -> None:
    """Somebody who deletes `.flametree/cache` over and over changes no answer."""
    expected = _alone(zoo)
    with _meanwhile(lambda _: shutil.rmtree(cache(zoo), ignore_errors=True)):
        for _ in range(EXAMPLES):
            assert _together(zoo) == expected


def test_files_change_meanwhile(zoo: Zoo) -> None:
    """While files change under them runs may see the old, the new or that they changed; never less, never a crash."""
    texts = [BEFORE, AFTER, many(20), "connectors: {key: {type: nonsense}}\n"]

    def edit(number: int) -> None:
        tenant = TENANTS[number % len(TENANTS)]
        waiting = zoo.declare(texts[number % len(texts)], tenant=tenant, file="waiting.txt")
        waiting.rename(waiting.with_name("zoo.yaml"))

    with _meanwhile(edit):
        for _ in range(EXAMPLES):
            for answer in _together(zoo):
                assert answer.returncode in (0, 3, 4), answer.said[-2000:]
                assert "Traceback" not in answer.said
                assert all(tenant in answer.stdout for tenant in TENANTS) or "{" not in answer.stdout

    for question in QUESTIONS:
        asked(zoo, *question)
