"""The embedded registry in PostgreSQL, where it differs from a file."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator

import pytest

from flametree_cfg.errors import AccessDenied, PlatformFailed
from flametree_cfg.model import agent, connector
from flametree_cfg.platform import Platform, open_platform
from flametree_cfg.platform.portal import add_system
from flametree_cfg.schema import Catalog
from tests.platform.hand import LLM, Hand, open_postgresql
from tests.postgres import Server

A, B = connector("a"), connector("b")


@pytest.fixture
def again(postgres: Server, catalog: Catalog) -> Iterator[Callable[[], Platform]]:
    """Give a function that opens the registry anew."""
    platforms: list[Platform] = []

    def opener() -> Platform:
        platforms.append(open_postgresql(postgres.url, catalog, True))
        return platforms[-1]

    yield opener
    for platform in platforms:
        platform.close()


def test_revision_after_a_restored_backup_is_new(again: Callable[[], Platform], postgres: Server) -> None:
    """What is written after a restore never has the revision of what was written after the backup."""
    hand = Hand(again())
    hand.create(A, "llm", settings=LLM)
    kept = hand.platform.revision("zoo")
    hand.platform.close()
    postgres.query("CREATE DATABASE kept TEMPLATE shared", "postgres")
    hand.update(A, {("description",): "lost"})
    lost = hand.platform.revision("zoo")
    hand.platform.close()
    postgres.query("DROP DATABASE shared", "postgres")
    postgres.query("ALTER DATABASE kept RENAME TO shared", "postgres")
    restored = Hand(again(), ids=hand.ids, numbers=hand.numbers)
    same = restored.platform.revision("zoo")
    restored.update(A, {("description",): "other"})

    assert same == kept
    assert len({kept, lost, restored.platform.revision("zoo")}) == 3


def test_tenants_are_written_at_once_and_rules_hold(again: Callable[[], Platform], catalog: Catalog) -> None:
    """Several processes write several tenants, and the operator the public one; every rule is as before."""
    add_system(again(), catalog, "llm", "Shared", _typed())
    faults: list[BaseException] = []

    def work(tenant: str) -> None:
        try:
            hand = Hand(again(), tenant)
            for n in range(8):
                hand.create(connector(f"c{n}"), "llm", settings=LLM, default=True)
        except Exception as fault:  # noqa: BLE001  # whatever it is, it is told by the main thread
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(f"tenant-{n % 2}",)) for n in range(2)]
    threads.append(threading.Thread(target=lambda: add_system(again(), catalog, "llm", "Shared too", _typed())))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    objects = {tenant: again().read(tenant).objects for tenant in ("tenant-0", "tenant-1")}

    assert faults == []
    for found in objects.values():
        assert len([one for one in found if not one.system]) == 8
        assert len([one for one in found if one.system]) == 2
        assert len([one for one in found if one.fields["default"]]) == 1


def test_two_writers_of_one_tenant_see_each_other(again: Callable[[], Platform]) -> None:
    """What one wrote counts for the other's rules at once: a name is taken once."""
    one, other = Hand(again()), Hand(again(), numbers=itertools.count(1000))
    one.create(A, "llm", settings=LLM)
    with pytest.raises(PlatformFailed, match="name"):
        other.execute(other.creation(A, "llm", settings=LLM))
    other.create(B, "llm", settings=LLM)
    one.create(agent("bob"), "inbound", connectors={"llm": "a"})

    assert len(other.platform.read("zoo").objects) == 3


def test_wrong_password_is_a_matter_of_access(postgres: Server, catalog: Catalog) -> None:
    """It is told as such, not as a platform that failed."""
    url = postgres.tcp("wrong-canary").replace("postgresql:", "postgres:")
    platform = open_platform(url, catalog=catalog, keyring=None, create=False)
    with pytest.raises(AccessDenied) as caught:
        platform.read("zoo")

    assert "canary" not in str(caught.value)


def _typed() -> dict[str, object]:
    settings = {**LLM, "access_token": "sk-typed", "temperature": 0.5}
    return {f"settings.{key}": value for key, value in settings.items()}
