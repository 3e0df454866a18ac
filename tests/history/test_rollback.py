"""Rolled back to any apply, the objects are those of that apply; killed anywhere, it goes on."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from flametree_cfg.sql.crash import POINTS
from tests.history.story import CHAPTERS, FREELY, PATH, Told, seen, tell
from tests.postgres import Server
from tests.scenario.running import SECRETS, Zoo

SHARED_KEY = "00112233445566778899aabbccddeeff" * 2


def rollback(zoo: Zoo, number: int, *more: str) -> str:
    """Roll back without asking."""
    return zoo.ok("rollback", PATH, str(number), "--yes", *FREELY, *more)


def serial(zoo: Zoo) -> int:
    """Give the ledger's serial."""
    found: int = json.loads(zoo.ok("state", "export", PATH))["serial"]
    return found


@pytest.mark.parametrize("number", range(1, len(CHAPTERS) + 1))
def test_objects_are_those_of_that_apply(told: Told, tmp_path: Path, number: int) -> None:
    """Each of ten applies comes back, ledger and platform alike; with its YAML the plan is empty."""
    zoo = told.copy(tmp_path)
    before = serial(zoo)
    rollback(zoo, number)
    reached, after = told.is_back(zoo, number), serial(zoo)
    zoo.declare(told.texts[number])

    assert reached
    assert after > before or number == len(CHAPTERS)
    assert zoo.settled()
    assert "is as it was written" in zoo.ok("history", "verify", PATH)


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_it_goes_on(told: Told, tmp_path: Path, point: str) -> None:
    """The next rollback finishes what one that was killed at a named point began."""
    zoo = told.copy(tmp_path)
    killed = zoo.process("rollback", PATH, "4", "--yes", *FREELY, FLAMETREE_CRASH_AT=point, FLAMETREE_TESTING="1")
    rollback(zoo, 4)

    assert killed.returncode == -signal.SIGKILL
    assert told.is_back(zoo, 4)
    assert "is as it was written" in zoo.ok("history", "verify", PATH)


@pytest.mark.parametrize("point", ["after-journal", "after-platform", "before-ledger", "after-ledger"])
def test_apply_goes_on_after_a_killed_rollback(told: Told, tmp_path: Path, point: str) -> None:
    """Whoever applies instead gets what the YAML says, and nobody has to tidy up."""
    zoo = told.copy(tmp_path)
    killed = zoo.process("rollback", PATH, "4", "--yes", *FREELY, FLAMETREE_CRASH_AT=point, FLAMETREE_TESTING="1")
    zoo.apply(*FREELY)
    wanted = told.objects[len(CHAPTERS)]

    assert killed.returncode == -signal.SIGKILL
    assert seen(zoo).as_far_as(wanted).ledger == wanted.ledger
    assert zoo.settled()


def test_one_after_another_on_postgresql(zoo: Zoo, postgres: Server) -> None:
    """In a shared database too; numbers keep their meaning, however often one goes back."""
    zoo.environment |= {"FLAMETREE_STATE": postgres.url, "FLAMETREE_PLATFORM": postgres.url}
    zoo.environment["FLAMETREE_KEY"] = SHARED_KEY
    story = tell(zoo)
    reached = []
    for number in (3, 9, 1, 6, 10):
        rollback(zoo, number)
        reached.append(story.is_back(zoo, number))

    assert all(reached)
    assert "runs 1 to 15" in zoo.ok("history", "verify", PATH)


def test_nothing_but_the_plan_without_consent(told: Told, tmp_path: Path) -> None:
    """Where nobody can be asked the plan is shown, and nothing is written."""
    zoo = told.copy(tmp_path)
    done = zoo.run("rollback", PATH, "9", *FREELY)

    assert done.returncode == 5
    assert "connector.tool" in done.stdout
    assert "proved" in done.stdout
    assert told.is_back(zoo, 10)


def test_gates_hold(told: Told, tmp_path: Path) -> None:
    """An agent that came later does not go unsaid, nor does something that is protected now."""
    zoo = told.copy(tmp_path)
    unsaid = zoo.run("rollback", PATH, "9", "--yes", "--max-delete", "100%")
    unchanged = seen(zoo)
    zoo.declare(CHAPTERS[9].replace("name: Gamma", "name: Gamma, protected: true"))
    zoo.apply()
    rollback(zoo, 9)

    assert (unsaid.returncode, unsaid.codes & {"delete-not-allowed"}) == (5, {"delete-not-allowed"})
    assert unchanged == told.objects[10]
    assert "connector.c" in zoo.ok("state", "list", PATH)


def test_it_says_that_the_yaml_differs(told: Told, tmp_path: Path) -> None:
    """Until the files are back too; then nothing is said."""
    zoo = told.copy(tmp_path)
    differs = zoo.run("rollback", PATH, "5", "--yes", *FREELY)
    zoo.declare(told.texts[5].replace(", previously: [a]", "").replace(", previously: [day]", ""))
    agrees = zoo.run("rollback", PATH, "5", "--yes", *FREELY)

    assert differs.codes == {"yaml-differs", "agent-made-anew"}
    assert "The platform is back at run 5, the YAML is not" in differs.stderr
    assert "the next apply undoes the rollback" in differs.said
    assert (agrees.returncode, agrees.codes) == (0, set())


def test_it_names_the_commit_to_bring_back(zoo: Zoo) -> None:
    """In a repository the way back is one command, and history keeps the commit of what was gone back to."""
    zoo.declare(CHAPTERS[0])
    git = "git -c user.name=a -c user.email=a@example.org"
    zoo.shell(f"git init -q . && git add tenants && {git} commit -qm one")
    first = zoo.shell("git rev-parse HEAD").stdout.strip()
    zoo.apply()
    zoo.declare(CHAPTERS[1])
    zoo.shell(f"{git} commit -qam two")
    zoo.apply()
    done = zoo.run("rollback", PATH, "1", "--yes", *FREELY)
    runs = zoo.document("history", "list", PATH)["runs"]

    assert f"git checkout {first} -- {PATH}" in done.said
    assert (runs[0]["commit"], runs[0]["summary"].partition(":")[0]) == (first, "rollback to run 1")


def test_saved_it_is_in_history_as_what_it_is(zoo: Zoo) -> None:
    """Applied from a file it names the run and the commit that was gone back to, wherever the folder is by then."""
    zoo.declare(CHAPTERS[0])
    git = "git -c user.name=a -c user.email=a@example.org"
    zoo.shell(f"git init -q . && git add tenants && {git} commit -qm one")
    first = zoo.shell("git rev-parse HEAD").stdout.strip()
    zoo.apply()
    zoo.declare(CHAPTERS[1])
    zoo.shell(f"{git} commit -qam two")
    zoo.apply()
    zoo.run("rollback", PATH, "1", "--out", "back.plan", *FREELY)
    zoo.ok("apply", "back.plan", "--yes", *FREELY)
    runs = zoo.document("history", "list", PATH)["runs"]

    assert (runs[0]["commit"], runs[0]["summary"].partition(":")[0]) == (first, "rollback to run 1")


def test_broken_yaml_does_not_stop_it(told: Told, tmp_path: Path) -> None:
    """The emergency in which it is needed: only the tenant's name is read."""
    zoo = told.copy(tmp_path)
    zoo.declare("connectors: {broken: {type: nonsense}}\n")
    rollback(zoo, 2)

    assert told.is_back(zoo, 2)


def test_saved_it_is_a_plan_like_any_other(told: Told, tmp_path: Path) -> None:
    """What `--out` saved is approved by its digest and applied as it is."""
    zoo = told.copy(tmp_path)
    shown = zoo.run("rollback", PATH, "6", "--out", "back.plan", *FREELY)
    untouched = seen(zoo)
    digest = shown.stderr.split("approve ")[1].split()[0]
    zoo.ok("apply", "back.plan", "--expect", digest, *FREELY)

    assert untouched == told.objects[10]
    assert told.is_back(zoo, 6)


def test_secret_goes_by_reference(told: Told, tmp_path: Path) -> None:
    """Sent is what the reference means now; one that does not resolve stops it before anything is written."""
    zoo = told.copy(tmp_path)
    gone = zoo.run("rollback", PATH, "6", "--yes", *FREELY, OTHER_KEY="")
    rollback(zoo, 6)
    said = zoo.run("history", "show", PATH, "11").said

    assert (gone.returncode, "unresolved-secret" in gone.codes) == (4, True)
    assert "${env:OTHER_KEY}" in said
    assert not any(value in said + gone.said for value in SECRETS.values())


@pytest.mark.parametrize(("number", "code"), [("11", "no-such-run"), ("0", "wrong-usage")])
def test_unknown_run_is_wrong_usage(told: Told, tmp_path: Path, number: str, code: str) -> None:
    """A number that never was is told as such."""
    zoo = told.copy(tmp_path)
    done = zoo.run("rollback", PATH, number, "--yes")

    assert (done.returncode, done.codes) == (64, {code})


def test_expected_digest_must_be_the_plans(told: Told, tmp_path: Path) -> None:
    """What was not approved is not applied."""
    zoo = told.copy(tmp_path)
    done = zoo.run("rollback", PATH, "2", "--expect", "0" * 64, *FREELY)

    assert (done.returncode, "not-approved" in done.codes) == (6, True)
    assert told.is_back(zoo, 10)
