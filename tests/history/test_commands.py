"""`history list|show|diff|verify` and `blame` as a person meets them."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.history.story import CHAPTERS, FREELY, PATH, Told
from tests.scenario.running import SECRETS, Zoo


@pytest.fixture
def zoo(told: Told, tmp_path: Path) -> Zoo:
    """Give a zoo of one's own in which the ten applies happened."""
    return told.copy(tmp_path)


def spoil(zoo: Zoo, statement: str) -> None:
    """Write to the ledger past our own code."""
    with closing(sqlite3.connect(zoo.home / "ledger.db")) as connection:
        connection.execute(statement)
        connection.commit()


# -- list and show ------------------------------------------------------------------------------------------------


def test_list_tells_of_every_apply(zoo: Zoo) -> None:
    """When, who, what, how long; and the newest link, to be kept elsewhere."""
    runs = zoo.document("history", "list", PATH)
    text = zoo.ok("history", "list", PATH)
    markdown = zoo.ok("history", "list", PATH, "--format", "markdown")

    assert [run["number"] for run in runs["runs"]] == list(range(10, 0, -1))
    assert {"at", "who", "commit", "digest", "summary", "duration_s", "result"} <= runs["runs"][0].keys()
    assert re.fullmatch("[0-9a-f]{64}", runs["link"])
    assert runs["link"] in text
    assert runs["link"] in markdown
    assert text.splitlines()[-1] == "History: 10 runs of tenant zoo"


def test_show_tells_of_one(zoo: Zoo) -> None:
    """Its digest and every operation, in every format people or machines read."""
    document = zoo.document("history", "show", PATH, "3")
    text = zoo.ok("history", "show", PATH, "3")

    assert document["run"]["digest"] in text
    assert "settings.temperature: 0 → 0.5" in text
    assert "make-default connector.b" in zoo.ok("history", "show", PATH, "3", "--format", "markdown")


# -- diff ---------------------------------------------------------------------------------------------------------


def test_diff_names_every_field(zoo: Zoo) -> None:
    """Between two applies: fields, links, renamed keys, secrets by reference."""
    said = zoo.ok("history", "diff", PATH, "4", "7")
    values = [value for value in SECRETS.values() if value in said]

    assert 'agent.early   inbound "Early"   (was agent.day)' in said
    assert "settings.access_token: (secret ${env:OPENAI_KEY}) → (secret ${env:OTHER_KEY})" in said
    assert "+ create  connector.orders" in said
    assert said.splitlines()[-1] == "History: 1 added, 6 changed, 0 deleted from run 4 to run 7 of tenant zoo"
    assert values == []


def test_diff_until_now(zoo: Zoo) -> None:
    """Without a second number it is what the ledger knows now; a rotated secret is told, not shown."""
    zoo.ok("state", "rm", PATH, "connector.c")
    document = zoo.document("history", "diff", PATH, "9")
    changes = {change["address"]: change for change in document["changes"]}
    said = zoo.ok("history", "diff", PATH, "9", "--format", "markdown")

    assert (document["before"], document["after"]) == (9, None)
    assert "connector.c" not in changes
    assert changes["connector.first"]["fields"][0]["note"] == "rotated"
    assert "settings.access_token: (secret ${env:OPENAI_KEY}) rotated" in said
    assert SECRETS["OPENAI_KEY"] not in said


def test_diff_back_is_diff_forth(zoo: Zoo) -> None:
    """What one direction adds the other deletes; of an apply with itself nothing differs."""
    forth = zoo.document("history", "diff", PATH, "2", "8")["changes"]
    back = zoo.document("history", "diff", PATH, "8", "2")["changes"]
    none = zoo.ok("history", "diff", PATH, "5", "5")

    assert [one["address"] for one in forth if one["action"] == "create"] == [
        one["address"] for one in back if one["action"] == "delete"
    ]
    assert none == "History: 0 added, 0 changed, 0 deleted from run 5 to run 5 of tenant zoo\n"


@pytest.mark.parametrize("numbers", [("11",), ("1", "11"), ("x",)])
def test_diff_of_what_never_was(zoo: Zoo, numbers: tuple[str, ...]) -> None:
    """A number of no apply is wrong usage."""
    assert zoo.run("history", "diff", PATH, *numbers).returncode == 64


# -- verify -------------------------------------------------------------------------------------------------------


def test_verify_says_what_holds(zoo: Zoo) -> None:
    """The runs, and the link to keep; kept, it is asked for."""
    document = zoo.document("history", "verify", PATH)
    again = zoo.run("history", "verify", PATH, "--link", document["link"])
    other = zoo.run("history", "verify", PATH, "--link", "0" * 64)

    assert (document["oldest"], document["newest"], document["verified"]) == (1, 10, True)
    assert "runs 1 to 10" in again.stdout
    assert (other.returncode, other.codes) == (1, {"history-other-chain"})


def test_verify_names_the_first_broken_link(zoo: Zoo) -> None:
    """It ends with 1, and says where; and nothing is made of such a history."""
    spoil(zoo, "UPDATE history SET body = replace(body, 'applied', 'failed') WHERE number = 7")
    verified = zoo.run("history", "verify", PATH)
    others = [
        zoo.run(*command)
        for command in (
            ("rollback", PATH, "3", "--yes", *FREELY),
            ("history", "diff", PATH, "3"),
            ("blame", PATH, "connector.first"),
        )
    ]

    assert (verified.returncode, verified.codes) == (1, {"history-broken"})
    assert "run 7 of tenant 'zoo'" in verified.said
    assert [one.returncode for one in others] == [1, 1, 1]
    assert all("run 7" in one.said for one in others)


def test_verify_of_a_tenant_that_was_never_applied(tmp_path: Path) -> None:
    """There is nothing to be wrong."""
    zoo = Zoo(tmp_path / "new")
    zoo.declare(CHAPTERS[0])

    assert "nothing was applied yet" in zoo.ok("history", "verify", PATH)
    assert zoo.run("rollback", PATH, "1", "--yes").returncode == 64


# -- blame --------------------------------------------------------------------------------------------------------


def test_blame_names_the_apply_of_each_field(zoo: Zoo) -> None:
    """Through renamed keys and swapped names, each field has the run that set it last."""
    fields = zoo.document("blame", PATH, "connector.first")["fields"]
    runs = {".".join(map(str, one["path"])): one["run"]["number"] for one in fields}

    assert runs == {
        "type": 1,
        "name": 7,
        "description": 1,
        "default": 7,
        "settings.api_url": 1,
        "settings.access_token": 10,
        "settings.model_name": 1,
        "settings.temperature": 7,
        "settings.json_params": 1,
    }


def test_blame_of_a_field(zoo: Zoo) -> None:
    """One field alone, or all below one; with who and when, and never a value of a secret."""
    one = zoo.ok("blame", PATH, "connector.first.settings.temperature")
    below = zoo.document("blame", PATH, "connector.first.settings")["fields"]
    secret = zoo.ok("blame", PATH, "connector.first.settings.access_token")

    assert [line.split()[2] for line in one.splitlines()[1:-1]] == ["7"]
    assert len(below) == 5
    assert "(secret ${env:OPENAI_KEY})" in secret
    assert SECRETS["OPENAI_KEY"] not in secret


def test_blame_of_what_no_apply_did(zoo: Zoo) -> None:
    """What was taken into care since the last apply, or between two, is told as that."""
    found = zoo.ids()["connector.c"]
    zoo.ok("registry", "set", "zoo", "connector.c", "settings.temperature=0.7")
    zoo.ok("state", "rm", PATH, "connector.c")
    zoo.ok("import", PATH, "connector.c", found)
    since = told_of(zoo, "connector.c")
    zoo.declare(CHAPTERS[9].replace("name: Late", "name: Later").replace("temperature: 1}", "temperature: 0.7}"))
    zoo.apply(*FREELY)
    between = told_of(zoo, "connector.c")

    assert since["name"] == 10
    assert since["temperature"] == "after run 10, by no apply"
    assert between["temperature"] == "between run 10 and run 11, by no apply that history knows"
    assert told_of(zoo, "agent.late")["name"] == 11


def told_of(zoo: Zoo, address: str) -> dict[str, object]:
    """Give the run of each field, or what is said instead."""
    fields = zoo.document("blame", PATH, address)["fields"]
    return {one["path"][-1]: one["run"]["number"] if one["run"] else one["said"] for one in fields}


def test_blame_after_a_rollback(zoo: Zoo) -> None:
    """Fields that went back were set by the rollback."""
    zoo.ok("rollback", PATH, "9", "--yes", *FREELY)
    fields = zoo.document("blame", PATH, "agent.early")["fields"]

    assert {one["run"]["number"] for one in fields} == {11}
    assert fields[0]["run"]["summary"].startswith("rollback to run 9: ")


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("connector.none", "no-such-entry"),
        ("connector.first.settings.none", "no-such-field"),
        ("connector", "bad-address"),
        ("nonsense.first", "bad-address"),
        ("connector.first.settings.temp", "no-such-field"),
    ],
)
def test_blame_of_nothing_is_wrong_usage(zoo: Zoo, wanted: str, code: str) -> None:
    """What is not there is told, with what there is."""
    done = zoo.run("blame", PATH, wanted)

    assert (done.returncode, done.codes) == (64, {code})


# -- bounded ------------------------------------------------------------------------------------------------------


def test_plan_does_not_read_history(zoo: Zoo) -> None:
    """However long or broken history is, what compares the three sides is as before (S-10)."""
    spoil(zoo, "UPDATE history SET body = 'x', operations = 'x', undo = 'x'")

    assert zoo.settled()


def test_no_secret_is_in_what_history_keeps(zoo: Zoo) -> None:
    """Neither in the file nor in an export: references and fingerprints only."""
    kept = json.dumps(json.loads(zoo.ok("state", "export", PATH)))
    stored = b"".join(data for name, data in zoo.files().items() if "ledger" in name)

    for value in (*SECRETS.values(), SECRETS["OPENAI_KEY"] + "-rotated"):
        assert value not in kept
        assert value.encode() not in stored


@pytest.mark.parametrize("command", [("history", "show"), ("history", "diff"), ("rollback",)])
def test_an_unknown_number_has_one_code(zoo: Zoo, command: tuple[str, ...]) -> None:
    """Whoever asks for it, it is told in the same words, and where to look."""
    done = zoo.run(*command, PATH, "11")

    assert (done.returncode, done.codes) == (64, {"no-such-run"})
    assert f"flametree-cfg history list {PATH}" in done.said
