"""What a killed apply did is in history, as what it is."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing

import pytest

from tests.history.story import FREELY, PATH
from tests.postgres import Server
from tests.scenario.running import Zoo

SHARED_KEY = "00112233445566778899aabbccddeeff" * 2
BEFORE = """
    connectors:
      a: {type: llm, name: A, settings: {api_url: "https://api.openai.com/v1", model_name: m, temperature: 0.1,
          access_token: "${env:OPENAI_KEY}"}}
"""
AFTER = BEFORE.replace("0.1", "0.2") + BEFORE.replace("    connectors:\n", "").replace(
    "a: {type: llm, name: A", "b: {type: llm, name: B"
)
KILLED = {"FLAMETREE_TESTING": "1"}
DID = ("after-platform", "before-ledger", "after-ledger")


def killed(zoo: Zoo, point: str, *command: str) -> None:
    """Run a command that is killed at a named point."""
    ended = zoo.process(*(command or ("apply", PATH, "--yes")), FLAMETREE_CRASH_AT=point, **KILLED)
    assert ended.returncode == -signal.SIGKILL, ended.said


def results(zoo: Zoo) -> list[str]:
    """Give the results of all runs, the oldest first."""
    return [run["result"] for run in reversed(zoo.document("history", "list", PATH)["runs"])]


def origin(zoo: Zoo, subject: str) -> object:
    """Give the number of the run that set a field, or what is said instead."""
    (field,) = zoo.document("blame", PATH, subject)["fields"]
    return field["run"]["number"] if field["run"] else field["said"]


@pytest.mark.parametrize("point", DID)
def test_the_next_apply_tells_of_it(zoo: Zoo, point: str) -> None:
    """A line of its own, with who, when and what, before that of the next apply; and the chain holds."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER)
    killed(zoo, point)
    zoo.declare(AFTER.replace("0.2", "0.3"))
    zoo.apply()
    line = zoo.document("history", "show", PATH, "2")

    assert results(zoo) == ["applied", "interrupted", "applied"]
    assert [one["address"] for one in line["operations"]] == ["connector.a", "connector.b"]
    assert "" not in (line["run"]["who"], line["run"]["at"])
    assert line["run"]["summary"] == "1 create, 1 update; 2 of 2 done"
    assert origin(zoo, "connector.b.name") == 2
    assert origin(zoo, "connector.a.settings.temperature") == 3
    assert "runs 1 to 3" in zoo.ok("history", "verify", PATH)


def test_a_run_with_nothing_to_do_tells_of_it(zoo: Zoo) -> None:
    """Also where the killed apply had done everything, and its own line was all that lacked."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER)
    killed(zoo, "after-ledger")
    zoo.apply()
    zoo.apply()

    assert results(zoo) == ["applied", "interrupted"]
    assert origin(zoo, "connector.b.name") == 2
    assert "+ create  connector.b" in zoo.ok("history", "diff", PATH, "1", "2")


def test_the_first_apply_killed(zoo: Zoo) -> None:
    """It is run 1."""
    zoo.declare(BEFORE)
    killed(zoo, "after-platform")
    zoo.apply()

    assert results(zoo) == ["interrupted"]
    assert origin(zoo, "connector.a.name") == 1


@pytest.mark.parametrize("point", ["before-journal", "after-journal", "before-platform"])
def test_what_did_nothing_has_no_line(zoo: Zoo, point: str) -> None:
    """A run that was killed before the platform heard of it never was."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER)
    killed(zoo, point)
    zoo.declare(BEFORE)
    zoo.apply()

    assert results(zoo) == ["applied"]


@pytest.mark.parametrize("point", ["before-ledger", "after-ledger", "before-unlock"])
def test_killed_again_while_settling(zoo: Zoo, point: str) -> None:
    """The line is written once, however often settling is killed."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER)
    killed(zoo, "after-platform")
    killed(zoo, point)
    zoo.apply()

    assert results(zoo) == ["applied", "interrupted"]
    assert "runs 1 to 2" in zoo.ok("history", "verify", PATH)


def test_only_the_ledger_heard_of_it(zoo: Zoo) -> None:
    """A renamed key is in the line, though the platform never hears of one."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER.replace("a: {type: llm", "c: {previously: [a], type: llm"))
    killed(zoo, "after-journal")
    zoo.apply()
    runs = [zoo.document("history", "show", PATH, number) for number in ("2", "3")]

    assert results(zoo) == ["applied", "interrupted", "applied"]
    assert [(one["action"], one["address"]) for one in runs[0]["operations"]] == [("move", "connector.c")]
    assert "move" not in {one["action"] for one in runs[1]["operations"]}


def test_rolled_back_to(zoo: Zoo) -> None:
    """What a killed apply left can be gone back to, and a killed rollback is told as one."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER)
    killed(zoo, "after-platform")
    zoo.declare(BEFORE)
    zoo.apply(*FREELY)
    killed(zoo, "after-platform", "rollback", PATH, "2", "--yes", *FREELY)
    zoo.ok("rollback", PATH, "2", "--yes", *FREELY)
    last = zoo.document("history", "show", PATH, "4")["run"]

    assert results(zoo) == ["applied", "interrupted", "applied", "interrupted"]
    assert last["summary"].startswith("rollback to run 2: ")
    assert "connector.b" in zoo.ids()


def test_a_saved_plan(zoo: Zoo) -> None:
    """It has its line under the plan's own name, and the plan is settled as ever."""
    zoo.declare(BEFORE)
    zoo.ok("plan", PATH, "--out", "one.plan")
    killed(zoo, "after-ledger", "apply", "one.plan", "--yes")
    zoo.ok("apply", "one.plan", "--yes")

    assert results(zoo) == ["interrupted"]
    assert origin(zoo, "connector.a.name") == 1
    assert zoo.settled()


def test_on_postgresql(zoo: Zoo, postgres: Server) -> None:
    """In a shared database too."""
    zoo.environment |= {"FLAMETREE_STATE": postgres.url, "FLAMETREE_PLATFORM": postgres.url}
    zoo.environment["FLAMETREE_KEY"] = SHARED_KEY
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER)
    killed(zoo, "after-ledger")
    zoo.apply()

    assert results(zoo) == ["applied", "interrupted"]
    assert "runs 1 to 2" in zoo.ok("history", "verify", PATH)


def test_people_see_it(zoo: Zoo) -> None:
    """The list says that it was interrupted; nobody knows how long it took."""
    zoo.declare(BEFORE)
    killed(zoo, "after-ledger")
    zoo.apply()
    listed, shown = zoo.ok("history", "list", PATH), zoo.ok("history", "show", PATH, "1")

    assert "interrupted" in listed
    assert "0.0 s" not in listed + shown


def test_a_changed_note_is_refused(zoo: Zoo) -> None:
    """Whoever edits what a killed apply left behind does not get it into history."""
    zoo.declare(BEFORE)
    killed(zoo, "after-ledger")
    with closing(sqlite3.connect(zoo.home / "ledger.db")) as database:
        changed = database.execute(
            "UPDATE journal SET body = replace(body, '1 create', '9 create') WHERE outcome = 'begun'"
        )
        database.commit()
    done = zoo.run("apply", PATH, "--yes")

    assert changed.rowcount == 1
    assert (done.returncode, zoo.document("history", "list", PATH)["runs"]) == (1, [])
