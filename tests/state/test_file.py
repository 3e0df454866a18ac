"""An export read as a ledger: what the ledger itself would give, and no writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flametree_cfg.errors import StorageFailed, WrongUsage
from flametree_cfg.model import Batch, Lease, agent, connector
from flametree_cfg.state import Ledger, open_ledger, write_export
from tests.state.samples import ALICE, a_run, attached, create, fill, llm, support, telegram

LEASE = Lease("acme", 1, ALICE)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Ledger, Ledger]]:
    """Give a ledger and its export, opened."""
    ledger = open_ledger(f"sqlite:{tmp_path / 'from' / 'ledger.db'}")
    fill(ledger, llm("a-b"), llm("ab"), llm("a"), support({"llm": "a"}), telegram(), attached("support", "bot"))
    fill(ledger, llm("b"), tenant="zoo")
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.remember(lease, a_run(), [create(llm("a"), 1)])
        ledger.remember(lease, a_run("later"), [])
    write_export(ledger, tmp_path / "kept.jsonl", public=False)
    found = open_ledger(f"file:{tmp_path / 'kept.jsonl'}")
    yield ledger, found
    ledger.close()
    found.close()


def test_it_reads_as_the_ledger_does(both: tuple[Ledger, Ledger]) -> None:
    """Every way of reading gives the same, in the same order."""
    ledger, found = both

    assert list(found.tenants()) == list(ledger.tenants())
    for tenant in ("acme", "zoo", "unknown"):
        assert found.read(tenant) == ledger.read(tenant)
        assert list(found.read(tenant).entries) == list(ledger.read(tenant).entries)
        assert list(found.sweep(tenant)) == list(ledger.sweep(tenant))
        assert found.export(tenant) == ledger.export(tenant)
        assert list(found.history(tenant)) == list(ledger.history(tenant))
        assert bool(found.stamp(tenant)) == bool(ledger.stamp(tenant))
        assert found.holder(tenant) is None
    some = [connector("a"), agent("support"), connector("none")]
    assert found.read_some("acme", some) == ledger.read_some("acme", some)
    assert found.addresses("acme", ["id-a", "id-none", ""]) == ledger.addresses("acme", ["id-a", "id-none", ""])
    assert found.history_operations("acme", 1) == ledger.history_operations("acme", 1)
    with pytest.raises(WrongUsage):
        found.history_operations("acme", 7)


@pytest.mark.parametrize(
    "write",
    [
        lambda ledger: ledger.lock("acme", 0, ALICE),
        lambda ledger: ledger.unlock("acme", force=True),
        lambda ledger: ledger.bind_platform(LEASE, "p"),
        lambda ledger: ledger.intend(LEASE, Batch("acme", ())),
        lambda ledger: ledger.record(LEASE, []),
        lambda ledger: ledger.abandon(LEASE, []),
        lambda ledger: ledger.amend(LEASE, []),
        lambda ledger: ledger.remember(LEASE, a_run(), []),
        lambda ledger: ledger.remove(LEASE, []),
        lambda ledger: ledger.restore(LEASE, {}),
    ],
)
def test_nothing_is_written(both: tuple[Ledger, Ledger], tmp_path: Path, write: Callable[[Ledger], object]) -> None:
    """Whoever tries is told to name the ledger itself."""
    before = (tmp_path / "kept.jsonl").read_bytes()
    with pytest.raises(WrongUsage, match="only be read"):
        write(both[1])

    assert (tmp_path / "kept.jsonl").read_bytes() == before


def test_damage_is_never_an_empty_ledger(both: tuple[Ledger, Ledger], tmp_path: Path) -> None:
    """A file that cannot be trusted, or is not there, gives nothing at all."""
    path = tmp_path / "kept.jsonl"
    assert both[1].read("acme").entries
    path.write_bytes(path.read_bytes()[:-1])
    for url in (f"file:{path}", f"file:{tmp_path / 'none'}"):
        ledger = open_ledger(url)
        with pytest.raises((StorageFailed, WrongUsage)):
            ledger.read("acme")
