"""An export carries the chain, and one whose chain is broken is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flametree_cfg.errors import ConfigInvalid
from flametree_cfg.model import connector
from flametree_cfg.state import Ledger, import_all, open_ledger, read_export, write_export
from tests.history.test_chain import RUNS, run
from tests.state.samples import ALICE, BOB, fill, llm

Damage = Callable[[dict[str, Any]], object]


@pytest.fixture
def source(tmp_path: Path) -> Ledger:
    """Give a ledger with six applies and something after them."""
    ledger = open_ledger(f"sqlite:{tmp_path / 'from' / 'ledger.db'}")
    for number in range(1, RUNS + 1):
        run(ledger, number)
    fill(ledger, llm("c-1", temperature=9), run="LATER")
    return ledger


@pytest.fixture
def target(tmp_path: Path) -> Ledger:
    """Give a ledger in which nothing ever was."""
    return open_ledger(f"sqlite:{tmp_path / 'to' / 'ledger.db'}")


def restore(ledger: Ledger, document: dict[str, Any]) -> None:
    """Import one tenant."""
    with ledger.lock("acme", 0, BOB) as lease:
        ledger.restore(lease, document)


def test_chain_and_way_back_arrive(source: Ledger, target: Ledger, tmp_path: Path) -> None:
    """Links, and the objects after every run, are the same in the other ledger, and the chain goes on there."""
    write_export(source, tmp_path / "kept.jsonl", public=False)
    import_all(target, read_export(tmp_path / "kept.jsonl"), BOB, wait_s=0, overwrite=False)
    same = [target.entries_after("acme", n) == source.entries_after("acme", n) for n in range(1, RUNS + 1)]
    links = target.check_history("acme")
    run(target, RUNS + 1)

    assert all(same)
    assert links == source.check_history("acme")
    assert target.check_history("acme").broken == 0
    assert len(target.check_history("acme").links) == RUNS + 1


def test_export_itself_can_be_asked(source: Ledger, tmp_path: Path) -> None:
    """As a ledger to read only, it knows its chain and leads back."""
    write_export(source, tmp_path / "kept.jsonl", public=False)
    kept = open_ledger(f"file:{tmp_path / 'kept.jsonl'}")

    assert kept.check_history("acme") == source.check_history("acme")
    assert kept.newest_link("acme") == source.newest_link("acme")
    assert kept.entries_after("acme", 3) == source.entries_after("acme", 3)
    assert [step.number for step in kept.undone("acme")] == [0, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda d: d["history"][2].update(who="mallory"), id="edited"),
        pytest.param(lambda d: d["history"][2]["operations"].pop(), id="operations"),
        pytest.param(lambda d: d["history"][2].update(undo=None), id="way-back"),
        pytest.param(lambda d: d["history"][2].update(link=""), id="unlinked"),
        pytest.param(lambda d: d["history"].pop(0), id="first-cut"),
        pytest.param(lambda d: d["history"].pop(2), id="cut"),
        pytest.param(lambda d: d["history"].pop(), id="last-cut"),
        pytest.param(lambda d: d["history"].reverse(), id="reordered"),
        pytest.param(lambda d: d["chain"].update(link="0" * 64), id="other-end"),
        pytest.param(lambda d: d.pop("chain"), id="no-chain"),
    ],
)
def test_broken_chain_is_refused(source: Ledger, target: Ledger, damage: Damage) -> None:
    """Nothing of it is imported, and the run is named."""
    document = json.loads(json.dumps(source.export("acme")))
    damage(document)
    with pytest.raises(ConfigInvalid, match="history in the export is not as it was written"):
        restore(target, document)

    assert target.read("acme").entries == {}


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda d: d["history"][2].update(undo=[["connector.x", "id", 7, {}]]), id="undo"),
        pytest.param(lambda d: d["chain"].update(past=[[]]), id="past"),
        pytest.param(lambda d: d["chain"].update(dropped=-1), id="dropped"),
        pytest.param(lambda d: d.update(chain=7), id="chain"),
    ],
)
def test_strange_chain_is_no_export(source: Ledger, target: Ledger, damage: Damage) -> None:
    """What has not the shape of one is told as such."""
    document = json.loads(json.dumps(source.export("acme")))
    damage(document)
    with pytest.raises(ConfigInvalid, match="Not an export"):
        restore(target, document)


def test_export_of_before_gets_a_chain(source: Ledger, target: Ledger) -> None:
    """One that was written before there was a chain is imported, and linked from then on."""
    document = json.loads(json.dumps(source.export("acme")))
    del document["chain"]
    for one in document["history"]:
        del one["link"], one["undo"]
    restore(target, document)
    found = target.check_history("acme")

    assert (found.broken, len(found.links)) == (0, RUNS)


def test_history_that_is_there_goes_on(source: Ledger) -> None:
    """Importing over a ledger changes its entries, which its own history leads back from."""
    document = source.export("acme")
    fill(source, llm("later"), run="LAST")
    with source.lock("acme", 0, ALICE) as lease:
        source.restore(lease, document)

    assert source.check_history("acme").broken == 0
    assert set(source.entries_after("acme", RUNS)) == {connector(f"c-{n}") for n in range(1, RUNS + 1)}


def test_public_export_has_neither(source: Ledger, tmp_path: Path) -> None:
    """What was before is nobody's business."""
    write_export(source, tmp_path / "public.jsonl", public=True)
    text = (tmp_path / "public.jsonl").read_text()

    assert source.newest_link("acme") not in text
    assert '"past"' not in text
    assert '"undo"' not in text
