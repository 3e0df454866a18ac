"""An edited, cut or reordered row of history is found, in every database (reliability.md R-09)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from flametree_cfg.errors import FlametreeError, StorageFailed, WrongUsage
from flametree_cfg.model import Action, Operation, connector
from flametree_cfg.sql.chain import checksum, digest_of, head_checksum, link_of
from flametree_cfg.state import Ledger, history, open_ledger, past
from tests.history.older import BACK, unchained
from tests.postgres import Server
from tests.state.conftest import file_url, url  # noqa: F401  # fixtures: a ledger of each kind
from tests.state.samples import ALICE, a_run, apply, create, fill, llm

Sql = Callable[[str], list[tuple[Any, ...]]]
RUNS = 6


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:  # noqa: F811  # the fixture
    """Give a ledger in which six applies happened."""
    found = open_ledger(url)
    for number in range(1, RUNS + 1):
        run(found, number)
    yield found
    found.close()


def run(ledger: Ledger, number: int) -> None:
    """Apply one new object, and change the first one."""
    operations = [create(llm(f"c-{number}"), 1, f"RUN-{number}")]
    if number > 1:
        before, after = llm("c-1", temperature=number - 1), llm("c-1", temperature=number)
        change = Operation(f"RUN-{number}-2", Action.UPDATE, connector("c-1"), "llm", before=before, after=after)
        operations.append(change)
    with ledger.lock("acme", 0, ALICE) as lease:
        apply(ledger, lease, *operations)
        ledger.remember(lease, replace(a_run(f"apply {number}"), run=f"RUN-{number}"), operations)


@pytest.fixture
def sql(url: str, request: pytest.FixtureRequest) -> Sql:  # noqa: F811  # the fixture
    """Give what runs statements past our own code, as an intruder would."""

    def by_server(statement: str) -> list[tuple[Any, ...]]:
        server: Server = request.getfixturevalue("postgres")
        schema = "-c search_path=flametree_ledger"
        with psycopg.connect(server.url, autocommit=True, options=schema) as connection:
            cursor = [connection.execute(one) for one in statement.split(";")][-1]  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def by_file(statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(url.partition(":")[2], isolation_level=None)) as connection:
            return [connection.execute(one).fetchall() for one in statement.split(";")][-1]

    return by_server if url.startswith("postgresql:") else by_file


SWAP = """
    UPDATE history SET number = -1 WHERE number = {0}; UPDATE history SET number = {0} WHERE number = {1};
    UPDATE history SET number = {1} WHERE number = -1
"""


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        pytest.param("SELECT 1", 0, id="nothing"),
        pytest.param("UPDATE history SET body = replace(body, 'alice', 'mallory') WHERE number = 3", 3, id="who"),
        pytest.param("UPDATE history SET link = repeat('0', 64) WHERE number = 3", 3, id="link"),
        pytest.param("UPDATE history SET undo = '' WHERE number = 4", 4, id="way-back"),
        pytest.param("UPDATE history SET operations = 'eJyLBQAAXQBe' WHERE number = 2", 2, id="operations"),
        pytest.param("DELETE FROM history WHERE number = 1", 1, id="first-cut"),
        pytest.param("DELETE FROM history WHERE number = 3", 3, id="middle-cut"),
        pytest.param("DELETE FROM history WHERE number = 6", 6, id="last-cut"),
        pytest.param("DELETE FROM history WHERE number > 3", 4, id="end-cut"),
        pytest.param("DELETE FROM history", 1, id="all-cut"),
        pytest.param(SWAP.format(2, 4), 2, id="reordered"),
        pytest.param(SWAP.format(5, 6), 5, id="last-two-reordered"),
        pytest.param("UPDATE history SET number = 7 WHERE number = 6", 6, id="renumbered"),
        pytest.param(
            "DELETE FROM history WHERE number = 3; UPDATE history SET number = 3 WHERE number = 4", 3, id="closed-up"
        ),
        pytest.param(
            "INSERT INTO history SELECT tenant, 7, body, operations, total, checksum, undo, link FROM history "
            "WHERE number = 6",
            7,
            id="added",
        ),
    ],
)  # fmt: skip
def test_first_broken_link_is_named(ledger: Ledger, sql: Sql, statement: str, broken: int) -> None:
    """Whichever row was edited, cut or moved, the run where the chain breaks first is told."""
    if "repeat(" in statement:
        statement = statement.replace("repeat('0', 64)", f"'{'0' * 64}'")
    ledger.close()
    sql(statement)
    found = ledger.check_history("acme")

    assert (found.broken, bool(found.why)) == (broken, bool(broken))
    assert list(found.links) == list(range(1, broken or RUNS + 1))


@pytest.mark.parametrize(("number", "broken"), [(3, 3), (RUNS, RUNS)])
def test_forged_sums_help_nobody(ledger: Ledger, sql: Sql, number: int, broken: int) -> None:
    """Who edits a row and makes its sums right still leaves its link wrong."""
    forged = forgery(ledger, number)
    ledger.close()
    sql(forged)

    assert ledger.history("acme")[RUNS - number].who == "mallory"
    assert ledger.check_history("acme").broken == broken


@pytest.mark.parametrize("number", [3, RUNS])
def test_forged_link_helps_nobody(ledger: Ledger, sql: Sql, number: int) -> None:
    """With its link made right too, the next row's is wrong; of the last row the tenant's."""
    forged = forgery(ledger, number, relink=True)
    ledger.close()
    sql(forged)

    assert ledger.check_history("acme").broken == min(number + 1, RUNS)


def test_chain_made_anew_is_found_by_a_link_kept_elsewhere(ledger: Ledger, sql: Sql) -> None:
    """What the chain alone cannot prove: somebody who makes all of it anew; the link that was kept tells."""
    kept = ledger.newest_link("acme")
    forged = forgery(ledger, RUNS, relink=True)
    ledger.close()
    sql(forged)
    sql("UPDATE tenant SET link = (SELECT link FROM history WHERE number = 6)")
    head = sql("SELECT name, lineage, serial, platform, runs, total, past, dropped, anchor, link FROM tenant")[0]
    sql(f"UPDATE tenant SET checksum = {head_checksum(*head)}")
    found = ledger.check_history("acme")

    assert found.broken == 0
    assert kept not in found.links.values()


def forgery(ledger: Ledger, number: int, *, relink: bool = False) -> str:
    """Give the statement that makes somebody else of who applied, with the sums made right."""
    line = next(one for one in ledger.history("acme") if one.number == number)
    operations = history.pack(map(history.write_operation, ledger.history_operations("acme", number)))
    body = history.write_json({name: getattr(line, name) for name in line.__slots__} | {"who": "mallory"})
    kept = checksum("acme", number, body, checksum("acme", number, operations.text))
    said = f"body = '{body}', checksum = {kept}"
    if relink:
        links, undone = ledger.check_history("acme").links, {one.number: one for one in ledger.undone("acme")}
        undo = past.pack_before(undone[number].before or {}).digest
        link = link_of(links[number - 1], "acme", number, body, operations.digest, undo)
        said += f", link = '{link}'"
    return f"UPDATE history SET {said} WHERE number = {number}"


def test_last_row_forged_with_its_link_is_found(ledger: Ledger, sql: Sql) -> None:
    """The tenant's row knows the newest link."""
    ledger.close()
    sql(f"UPDATE history SET link = '{'a' * 64}' WHERE number = 6")

    assert ledger.check_history("acme").broken == RUNS


def test_tenants_row_is_summed_up(ledger: Ledger, sql: Sql) -> None:
    """The newest link cannot be changed there unnoticed, nor what was let go."""
    for statement in ("link = 'x'", "anchor = 'x'", "dropped = 1", "past = 7", "runs = 5"):
        ledger.close()
        sql(f"UPDATE tenant SET {statement}")
        with pytest.raises(StorageFailed, match="damaged"):
            ledger.check_history("acme")
        with pytest.raises(StorageFailed, match="damaged"):
            ledger.entries_after("acme", 3)
        ledger.close()
        sql(f"UPDATE tenant SET {statement.partition(' =')[0]} = {before(statement)}")


def before(statement: str) -> str:
    """Give what a column was."""
    name = statement.partition(" =")[0]
    return {"link": "(SELECT link FROM history WHERE number = 6)", "anchor": "''", "runs": "6"}.get(name, "0")


def test_broken_history_is_no_way_back(ledger: Ledger, sql: Sql) -> None:
    """Objects are never made what a forged row says they were."""
    ledger.close()
    sql("UPDATE history SET undo = (SELECT undo FROM history WHERE number = 3) WHERE number = 5")
    with pytest.raises(StorageFailed, match="run 5"):
        ledger.entries_after("acme", 2)


@pytest.mark.parametrize(
    "statement", ["DELETE FROM past", "UPDATE past SET body = ''", "DELETE FROM past WHERE seq = 1"]
)
def test_way_back_since_the_last_run_is_summed_up(ledger: Ledger, sql: Sql, statement: str) -> None:
    """What changed since the last run cannot be lost unnoticed either."""
    fill(ledger, llm("c-1", temperature=9), run="RUN-8")
    fill(ledger, llm("c-2", temperature=9), run="RUN-9")
    right = ledger.entries_after("acme", RUNS)
    ledger.close()
    sql(statement)

    assert right[connector("c-1")].resource.settings["temperature"] == RUNS
    with pytest.raises(StorageFailed, match="since the last run"):
        ledger.entries_after("acme", RUNS)


def test_bounded_history_verifies(ledger: Ledger, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest runs go, and the first that stays is still linked to what went before."""
    monkeypatch.setattr(history, "KEPT_RUNS", 4)
    run(ledger, RUNS + 1)
    found = ledger.check_history("acme")
    with pytest.raises(WrongUsage, match="leads back to run 4, not to run 3"):
        ledger.entries_after("acme", 3)
    kept = ledger.entries_after("acme", 4)
    ledger.close()
    sql("DELETE FROM history WHERE number = 4")

    assert (found.broken, found.dropped, list(found.links)) == (0, 3, [4, 5, 6, 7])
    assert set(kept) == {connector(f"c-{n}") for n in range(1, 5)}
    assert ledger.check_history("acme").broken == 4


def test_objects_after_every_run(ledger: Ledger) -> None:
    """Each state comes back, also after things that were no applies."""
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.remove(lease, [connector("c-2")])
        ledger.amend(lease, [Operation("1", Action.MOVE, connector("new"), previous=connector("c-3"))])
    for number in range(1, RUNS + 1):
        found = ledger.entries_after("acme", number)

        assert set(found) == {connector(f"c-{n}") for n in range(1, number + 1)}
        assert found[connector("c-1")].resource.settings["temperature"] == (number if number > 1 else 0)


def test_many_writes_without_an_apply_stay_few_rows(ledger: Ledger) -> None:
    """What leads back to the last run does not grow with what happens after it."""
    for number in range(past.MOST_ROWS + 20):
        fill(ledger, llm("c-1", temperature=100 + number), run=f"LATER-{number}")
    steps = list(ledger.undone("acme"))

    assert ledger.entries_after("acme", RUNS)[connector("c-1")].resource.settings["temperature"] == RUNS
    assert steps[0].before is not None
    assert set(steps[0].before) == {connector("c-1")}


def test_unknown_tenant_and_run(ledger: Ledger) -> None:
    """Nothing was applied, so nothing can be wrong, and there is nothing to go back to."""
    assert ledger.check_history("nobody").links == {}
    assert ledger.newest_link("nobody") == ""
    for tenant, number in (("nobody", 1), ("acme", 7)):
        with pytest.raises(WrongUsage, match="no run"):
            ledger.entries_after(tenant, number)


# -- ledgers of before --------------------------------------------------------------------------------------------


def test_a_ledger_without_a_chain_gets_one(url: str, ledger: Ledger, request: pytest.FixtureRequest) -> None:  # noqa: F811
    """Its runs are linked when it is opened; it leads back to the last of them, and further from then on."""
    ledger.close()
    make_older(url, request)
    found = ledger.check_history("acme")
    run(ledger, RUNS + 1)
    with pytest.raises(WrongUsage, match="leads back to run 6, not to run 5"):
        ledger.entries_after("acme", 5)

    assert (found.broken, list(found.links)) == (0, [1, 2, 3, 4, 5, 6])
    assert ledger.check_history("acme").broken == 0
    assert set(ledger.entries_after("acme", 6)) == {connector(f"c-{n}") for n in range(1, 7)}


def test_damage_of_before_is_not_made_right(url: str, ledger: Ledger, request: pytest.FixtureRequest, sql: Sql) -> None:  # noqa: F811
    """A row that was damaged before it was linked is still told as damaged."""
    ledger.close()
    make_older(url, request)
    sql("UPDATE history SET body = replace(body, 'alice', 'mallory') WHERE number = 2; UPDATE tenant SET serial = 0")
    with pytest.raises(StorageFailed, match="damaged"):
        ledger.read("acme")
    ledger.close()
    sql("UPDATE tenant SET serial = 6")

    with pytest.raises(FlametreeError):
        ledger.read("acme")


def make_older(url: str, request: pytest.FixtureRequest) -> None:  # noqa: F811
    """Take a ledger back to what it was before history was a chain."""
    if url.startswith("postgresql:"):
        server: Server = request.getfixturevalue("postgres")
        server.query("SET search_path = flametree_ledger; " + "; ".join(BACK) + "; UPDATE about SET version = 2")
        for row in server.query("SELECT name, lineage, serial, platform, runs, total FROM flametree_ledger.tenant"):
            server.query(f"UPDATE flametree_ledger.tenant SET checksum = {checksum(*row)} WHERE name = '{row[0]}'")
        return
    with closing(sqlite3.connect(url.partition(":")[2])) as connection:
        unchained(connection)
        connection.commit()


def test_link_covers_all_that_a_row_says() -> None:
    """Another word anywhere is another link; how it was packed is not."""
    row = ("p", "acme", 3, '{"who": "alice", "duration_s": 1.0}', "o", "u")
    others = [(*row[:n], f"{row[n]}1" if n != 2 else 4, *row[n + 1 :]) for n in range(len(row))]
    links = {link_of(*one) for one in (row, *others)}  # type: ignore[arg-type]

    assert len(links) == len(row) + 1
    assert link_of(*row) == link_of("p", "acme", 3, '{"duration_s":1,"who":"alice"}', "o", "u")


@pytest.mark.parametrize("text", ["", "x", "eJyLBQAA", "é", "eJyLjgUAARUAuQ==AAAA"])
def test_digest_of_what_is_not_packed(text: str) -> None:
    """Damage is no reason to stop: it has a digest of its own."""
    packed = history.pack([])

    assert digest_of(text) != packed.digest
    assert digest_of(packed.text) == packed.digest


def test_file_of_each_tenant_stays_its_own(tmp_path: Path) -> None:
    """A row cannot be taken from another tenant's chain."""
    ledger = open_ledger(f"sqlite:{tmp_path / 'x' / 'ledger.db'}")
    run(ledger, 1)
    with ledger.lock("zoo", 0, ALICE) as lease:
        ledger.remember(lease, a_run(), [])
    ledger.close()
    with closing(sqlite3.connect(tmp_path / "x" / "ledger.db")) as connection:
        connection.execute("DELETE FROM history WHERE tenant = 'zoo'")
        connection.execute("UPDATE history SET tenant = 'zoo' WHERE tenant = 'acme'")
        connection.commit()

    assert [ledger.check_history(tenant).broken for tenant in ("acme", "zoo")] == [1, 1]
    ledger.close()
