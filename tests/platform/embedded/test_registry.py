"""The embedded registry as a file: constraints of the database, other processes, secrets at rest."""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from flametree_cfg.errors import AccessDenied, FlametreeError, PlatformFailed
from flametree_cfg.model import MASKED, Action, Secret, agent, channel, connector
from flametree_cfg.platform import Platform, open_platform
from flametree_cfg.platform.portal import Portal
from flametree_cfg.schema import Catalog
from flametree_cfg.secret.keyring import Keyring
from flametree_cfg.sql import open_database, registry
from tests.platform.hand import BOT, CANARY, LLM, Hand, account, open_sqlite

A, B, BOB, EVE, TG = connector("a"), connector("b"), agent("bob"), agent("eve"), channel("tg")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder that the registry makes."""
    return tmp_path / "registry"


@pytest.fixture
def hand(folder: Path, catalog: Catalog) -> Hand:
    """Give a hand on a registry with one of everything."""
    hand = Hand(open_sqlite(folder, catalog, True))
    hand.create(A, "llm", settings=LLM, default=True)
    hand.create(B, "llm", settings=LLM)
    hand.create(TG, "telegram", settings=BOT)
    hand.create(BOB, "inbound", connectors={"llm": "a"})
    hand.create(EVE, "inbound")
    hand.attach("bob", "tg", inbound=True)
    hand.attach("eve", "tg")
    return hand


def raw(folder: Path) -> sqlite3.Connection:
    """Connect past everything we check."""
    connection = sqlite3.connect(folder / "registry.db", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


# -- rules of the database --------------------------------------------------------------------------------------

BREAKING = {
    "a second name": "UPDATE object SET folded = 'a' WHERE folded = 'b'",
    "a second default": "INSERT INTO tenant_default (tenant, type, object, owner) VALUES ('zoo', 'llm', :b, 'zoo')",
    "a default of another type": "UPDATE tenant_default SET type = 'vlm' WHERE tenant = 'zoo'",
    "a default of another tenant": "INSERT INTO tenant_default (tenant, type, object, owner) "
    "VALUES ('other', 'llm', :b, 'zoo')",
    "a channel as default": "INSERT INTO tenant_default (tenant, type, object, owner) "
    "VALUES ('zoo', 'telegram', :tg, 'zoo')",
    "a second inbound agent": "UPDATE attachment SET inbound = 1",
    "an attachment twice": "INSERT INTO attachment (tenant, agent, channel, inbound, version) "
    "VALUES ('zoo', :bob, :tg, 0, 1)",
    "an attached connector": "INSERT INTO attachment (tenant, agent, channel, inbound, version) "
    "VALUES ('zoo', :bob, :a, 0, 1)",
    "a link to a channel": "INSERT INTO link (tenant, agent, role, position, connector, owner) "
    "VALUES ('zoo', :bob, 'uses', 0, :tg, 'zoo')",
    "a link twice in a role": "INSERT INTO link (tenant, agent, role, position, connector, owner) "
    "VALUES ('zoo', :bob, 'llm', 1, :a, 'zoo')",
    "a link into another tenant": "INSERT INTO link (tenant, agent, role, position, connector, owner) "
    "VALUES ('zoo', :bob, 'vlm', 0, :a, 'other')",
    "a system connector of a tenant": "UPDATE object SET system = 1 WHERE folded = 'b'",
    "a connector that runs": "UPDATE object SET status = 'RUNNING' WHERE folded = 'b'",
    "a status nobody knows": "UPDATE object SET status = 'LOST' WHERE folded = 'tg'",
    "a name that does not show": "UPDATE object SET folded = '' WHERE folded = 'b'",
    "an object of no tenant": "UPDATE object SET tenant = 'nobody' WHERE folded = 'b'",
}


@pytest.mark.parametrize("statement", BREAKING.values(), ids=BREAKING)
def test_the_database_keeps_the_rules_by_itself(hand: Hand, folder: Path, statement: str) -> None:
    """Whoever writes past our checks is refused."""
    names = {"a": A, "b": B, "bob": BOB, "tg": TG}
    values = {name: hand.ids[address] for name, address in names.items()}
    connection = raw(folder)
    connection.execute("INSERT INTO tenant (name, revision) VALUES ('other', 0)")

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement, values)
    connection.close()


def test_one_of_many_writers_gets_a_name(folder: Path, catalog: Catalog) -> None:
    """Many at once make the same object: one wins, the others are told why not."""
    open_sqlite(folder, catalog, True).close()
    results: list[object] = []
    barrier = threading.Barrier(8)

    def make(number: int) -> None:
        platform = open_sqlite(folder, catalog, True)
        hand = Hand(platform)
        operation = replace(hand.creation(A, "llm", settings=LLM), id=f"writer-{number}")
        barrier.wait()
        try:
            hand.execute(operation)
            results.append("made")
        except PlatformFailed as refused:
            results.append(refused.diagnostics[0].code)
        platform.close()

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, results)) == ["duplicate-name"] * 7 + ["made"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("café", "cafe\u0301"), ("ﬁle", "file"), ("Straße", "STRASSE"), ("K", "\u212a"), ("a", "a\u200b"), ("a ", " A")],
)
def test_names_that_look_alike_are_one(hand: Hand, one: str, other: str) -> None:
    """The strictest reading of a name is what the database compares."""
    hand.update(A, {("name",): one})

    with pytest.raises(PlatformFailed, match="already exists"):
        hand.update(B, {("name",): other})


# -- other processes --------------------------------------------------------------------------------------------


def test_what_another_process_wrote_counts(hand: Hand, folder: Path, catalog: Catalog) -> None:
    """Rules are judged on what is there now, not on what this process saw last."""
    other = Hand(open_sqlite(folder, catalog, False), ids=dict(hand.ids), numbers=itertools.count(1000))
    other.update(B, {("settings", "temperature"): 0.1})
    other.do(Action.DELETE, A)
    with pytest.raises(PlatformFailed) as refused:
        hand.do(Action.START, BOB)

    assert refused.value.diagnostics[0].code == "running-without-role"
    assert hand.live(B).fields["settings"]["temperature"] == 0.1
    other.platform.close()


def test_a_file_of_the_first_format_is_brought_up(folder: Path, catalog: Catalog) -> None:
    """Its objects are the same, and its revision is told from the next write on."""
    made = registry.MIGRATIONS
    old = open_database(folder / "registry.db", registry.APPLICATION, made[:1], create=True, read_only=False)
    with old.writing():
        for name in ("public", "zoo"):
            old.execute("INSERT INTO tenant (name, revision) VALUES (?, 7)", (name,))
        old.execute(registry.ADD_OBJECT, ("id-1", "zoo", "connector", "llm", "a", "a", "", 0, *["{}"] * 3, ""))
        old.execute(registry.KEEP_SEALED, ("zoo", "id-1", '["settings","access_token"]', "sealed"))
    old.close()
    platform = open_sqlite(folder, catalog, False)
    before = platform.revision("zoo"), platform.revision("public")
    (live,) = platform.read("zoo").objects
    Hand(platform, "zoo", {A: "id-1"}).update(A, {("description",): "new"})

    assert before == ("", "")
    assert (live.id, live.fields["settings"]["access_token"]) == ("id-1", MASKED)
    assert "" not in (platform.revision("zoo"), platform.revision("public"))
    assert (folder / "registry.db.backup-v1").exists()
    platform.close()


def test_a_restored_backup_does_not_look_unchanged(hand: Hand, folder: Path, catalog: Catalog) -> None:
    """Other writes after a restore give other revisions, even when there are as many."""
    hand.platform.close()
    backup = (folder / "registry.db").read_bytes()
    revisions = []
    for text in ("one", "other"):
        (folder / "registry.db").write_bytes(backup)
        hand.platform = open_sqlite(folder, catalog, False)
        hand.update(A, {("description",): text})
        revisions.append((hand.platform.read("zoo").revision, hand.platform.revision("zoo")))
        hand.platform.close()

    assert revisions[0][0] == revisions[1][0]
    assert revisions[0][1] != revisions[1][1]


def test_reading_changes_no_file(hand: Hand, folder: Path, catalog: Catalog) -> None:
    """A reader leaves the folder as it was."""
    hand.platform.close()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    reader = open_platform(f"sqlite:{folder}/registry.db", catalog=catalog, keyring=None, create=False)
    live = reader.read("zoo")
    reader.close()

    assert len(live.objects) == 7
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_without_create_a_write_makes_nothing(folder: Path, catalog: Catalog) -> None:
    """Only who may make a registry makes one."""
    with pytest.raises(PlatformFailed, match="no such file"):
        Hand(open_sqlite(folder, catalog, False)).create(A, "llm", settings=LLM)

    assert not folder.exists()


def test_another_programs_file_is_left_alone(folder: Path, catalog: Catalog) -> None:
    """A database that is not ours is neither read nor written."""
    folder.mkdir(mode=0o700)
    sqlite3.connect(folder / "registry.db").execute("CREATE TABLE theirs (x)").connection.close()
    before = (folder / "registry.db").read_bytes()
    platform = open_sqlite(folder, catalog, True)

    for attempt in (lambda: platform.read("zoo"), lambda: platform.identity, lambda: Hand(platform).create(A, "llm")):
        with pytest.raises(PlatformFailed):
            attempt()
    assert (folder / "registry.db").read_bytes() == before


# -- secrets at rest --------------------------------------------------------------------------------------------


def test_no_secret_is_in_any_file(hand: Hand, folder: Path) -> None:
    """Database, -wal and -shm hold sealed values only, after changes and refusals too."""
    hand.create(channel("mail"), "email", settings={"accounts": [account("a@x.example")]})
    hand.update(TG, {("environment", "TOKEN"): Secret(next(iter(hand.secrets)))})
    with pytest.raises(FlametreeError) as refused:
        hand.create(connector("c"), "llm", settings={**LLM, "access_token": f"{CANARY}-clear"})
    files = list(folder.iterdir())

    assert any(path.name.endswith("-wal") for path in files)
    assert [path.name for path in files if CANARY.encode() in path.read_bytes()] == []
    assert CANARY not in repr(refused.value) + str(refused.value.__cause__)


def test_a_sealed_value_does_not_open_elsewhere(hand: Hand, folder: Path) -> None:
    """A value copied to another object, or another path, is refused when it is used."""
    mail = channel("mail")
    hand.create(mail, "email", settings={"accounts": [account("a@x.example")]})
    connection = raw(folder)
    connection.execute(
        "UPDATE secret SET sealed = (SELECT sealed FROM secret WHERE object = ?) WHERE object = ?",
        (hand.ids[A], hand.ids[mail]),
    )
    connection.close()

    with pytest.raises(AccessDenied):
        hand.update(mail, {("settings", "accounts", "a@x.example", "address"): "b@x.example"})


def test_a_renamed_account_keeps_its_password(hand: Hand, folder: Path) -> None:
    """The value is sealed anew for the account's new key, and opens there."""
    mail = channel("mail")
    hand.create(mail, "email", settings={"accounts": [account("a@x.example")]})
    hand.update(mail, {("settings", "accounts", "a@x.example", "address"): "b@x.example"})
    connection = raw(folder)
    rows = connection.execute("SELECT path, sealed FROM secret WHERE object = ?", (hand.ids[mail],)).fetchall()
    connection.close()
    ((path, sealed),) = rows

    assert path == '["settings","accounts","b@x.example","password"]'
    assert Keyring(b"k" * 32).unseal(sealed, ("zoo", hand.ids[mail], path)) == CANARY


@pytest.mark.parametrize("addresses", ["b@x.example,a@x.example", "c@x.example,d@x.example"])
def test_typed_addresses_leave_passwords_in_their_place(
    hand: Hand, folder: Path, catalog: Catalog, addresses: str
) -> None:
    """Item n of the list of addresses gets the n-th password, whoever had it before."""
    mail = channel("mail")
    hand.secrets["${env:B}"] = "second"
    accounts = [account("a@x.example"), account("b@x.example", password=Secret("${env:B}"))]
    hand.create(mail, "email", settings={"accounts": accounts})
    Portal(hand.platform, catalog, "zoo").set("channel:mail", {"settings.address": addresses})
    connection = raw(folder)
    rows = connection.execute("SELECT path, sealed FROM secret WHERE object = ?", (hand.ids[mail],)).fetchall()
    connection.close()
    opened = {
        json.loads(path)[2]: Keyring(b"k" * 32).unseal(sealed, ("zoo", hand.ids[mail], path)) for path, sealed in rows
    }

    assert opened == dict(zip(addresses.split(","), [CANARY, "second"], strict=True))


def test_settings_are_kept_as_the_portals_form(hand: Hand, folder: Path) -> None:
    """Accounts are parallel comma lists, and no secret is among them."""
    accounts = [account("a@x.example"), account("b@x.example")]
    hand.create(channel("mail"), "email", settings={"accounts": accounts})
    connection = raw(folder)
    ((settings,),) = connection.execute("SELECT settings FROM object WHERE folded = 'mail'").fetchall()
    connection.close()

    assert '"address":"a@x.example,b@x.example"' in settings
    assert '"imap_port":"993,993"' in settings
    assert "password" not in settings


def test_dropped_secrets_are_gone(hand: Hand, folder: Path) -> None:
    """A secret that is unset, or whose object is deleted, leaves its table."""
    hand.update(TG, {("environment", "TOKEN"): Secret(next(iter(hand.secrets)))})
    hand.update(TG, {("environment", "TOKEN"): None})
    hand.do(Action.DELETE, A)
    connection = raw(folder)
    rows = connection.execute("SELECT object, path FROM secret").fetchall()
    connection.close()

    assert sorted(rows) == sorted(
        [(hand.ids[B], '["settings","access_token"]'), (hand.ids[TG], '["settings","bot_token"]')]
    )


def test_without_a_key_no_secret_is_kept(folder: Path, catalog: Catalog) -> None:
    """Who has no key can read, but writes no secret."""
    platform: Platform = open_platform(f"sqlite:{folder}/registry.db", catalog=catalog, keyring=None, create=True)

    with pytest.raises(AccessDenied, match="no key"):
        Hand(platform).create(A, "llm", settings=LLM)
    assert platform.read("zoo").objects == ()
    platform.close()


def test_an_unreadable_seal_hinders_no_reading(hand: Hand, folder: Path) -> None:
    """Reading never opens a secret."""
    connection = raw(folder)
    connection.execute("UPDATE secret SET sealed = 'broken'")
    connection.close()

    assert hand.live(A).fields["settings"]["access_token"] == MASKED


def test_logs_do_not_grow_for_ever(hand: Hand, folder: Path) -> None:
    """The newest lines are kept."""
    for _ in range(101):
        hand.do(Action.START, TG)
        hand.do(Action.STOP, TG)
    connection = raw(folder)
    ((lines,),) = connection.execute("SELECT count(*) FROM log").fetchall()
    connection.close()

    assert lines == 200
