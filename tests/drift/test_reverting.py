"""`drift revert` puts back what drifted, and touches nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scenario.running import Zoo, holding
from tests.scenario.texts import BEFORE

TUNED = ("registry", "set", "zoo", "connector.day-model", "settings.temperature=0.5", "description=tuned")
REVERT = ("drift", "revert", "tenants/zoo")


@pytest.fixture
def zoo(zoo: Zoo) -> Zoo:
    """Give a zoo in which two fields of one connector were tuned by hand."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.ok(*TUNED)
    return zoo


def drifted(zoo: Zoo) -> dict[str, list[str]]:
    """Check drift; gives the fields by address."""
    found = json.loads(zoo.run("drift", "check", "tenants/zoo", "--format", "json").stdout)["tenants"][0]["drift"]
    return {one["address"]: [".".join(map(str, field["path"])) for field in one["fields"]] for one in found}


def model(zoo: Zoo) -> dict[str, Any]:
    """Ask the registry."""
    fields = zoo.document("registry", "show", "zoo", "connector.day-model", "--format", "json")["object"]["fields"]
    return {"description": fields["description"], **fields["settings"]}


def test_all_of_it(zoo: Zoo) -> None:
    """Without a name all that drifted is put back; a plan has nothing to do then."""
    zoo.ok("registry", "delete", "zoo", "attachment.night/bot")
    done = zoo.run(*REVERT, "--yes")

    assert done.returncode == 0, done.said
    assert done.last == "Drift revert: 4 operations applied"
    assert zoo.settled()


def test_one_field(zoo: Zoo) -> None:
    """A field that is named is put back; the other one stays, and stays drift."""
    zoo.ok(*REVERT, "connector.day-model.settings.temperature", "--yes")

    assert (model(zoo)["temperature"], model(zoo)["description"]) == (0, "tuned")
    assert drifted(zoo) == {"connector.day-model": ["description"]}


def test_one_object(zoo: Zoo) -> None:
    """An object that is named is put back with all its fields; others stay."""
    zoo.ok("registry", "set", "zoo", "connector.going", "description=edited")
    zoo.ok(*REVERT, "connector.day-model", "--yes")

    assert drifted(zoo) == {"connector.going": ["description"]}


def test_pending_changes_stay_pending(zoo: Zoo) -> None:
    """What the YAML says differently since is not applied, in the object nor elsewhere; nor are its deletions."""
    text = BEFORE.replace("model_name: day,", "model_name: noon,").replace("name: Bot", "name: Robot")
    zoo.declare(text.replace("channels: {bot: {inbound: false}}", "channels: {}"))
    before = zoo.document("plan", "tenants/zoo", "--no-refresh", "--format", "json")["tenants"][0]["plan"]["changes"]
    zoo.ok(*REVERT, "--yes")
    after = zoo.document("plan", "tenants/zoo", "--no-refresh", "--format", "json")["tenants"][0]["plan"]["changes"]

    assert (model(zoo)["temperature"], model(zoo)["model_name"]) == (0, "day")
    assert before == after
    assert len(after) == 3
    assert drifted(zoo) == {}


def test_a_rotated_secret_stays_pending(zoo: Zoo) -> None:
    """A secret with another value is a change of ours, no drift: it is not sent along."""
    zoo.environment["OPENAI_KEY"] = "sk-canary-rotated-0123456789"
    done = zoo.run(*REVERT, "--yes")

    assert done.returncode == 0
    assert "rotated" not in done.stdout
    assert zoo.ok("plan", "tenants/zoo").count(" rotated") == 1


def test_the_yaml_says_something_else(zoo: Zoo) -> None:
    """A field that both hands changed goes back to what was applied; what the YAML says waits for an apply."""
    zoo.declare(BEFORE.replace("model_name: day, temperature: 0", "model_name: day, temperature: 0.9"))
    zoo.ok(*REVERT, "--yes")

    assert model(zoo)["temperature"] == 0
    assert zoo.run("plan", "tenants/zoo", "--detailed-exitcode").returncode == 2


def test_made_again(zoo: Zoo) -> None:
    """What was deleted is made again, secrets and all, and is ours under its new id."""
    zoo.ok("registry", "unlink", "zoo", "agent.day", "connector.going")
    zoo.ok("registry", "delete", "zoo", "connector.going")
    zoo.ok(*REVERT, "--yes")

    assert zoo.settled()
    assert "api_key" in zoo.ok("registry", "show", "zoo", "connector.going")


def test_a_deleted_object_that_was_not_named(zoo: Zoo) -> None:
    """What is gone and not named stays gone, and stays in the ledger."""
    zoo.ok("registry", "delete", "zoo", "attachment.night/bot")
    zoo.ok(*REVERT, "connector.day-model", "--yes")

    assert drifted(zoo) == {"attachment.night/bot": []}


def test_added_outside_stays(zoo: Zoo) -> None:
    """What others made is not deleted, and that is said."""
    zoo.ok("registry", "create", "zoo", "connector", "api_key", "Theirs", "settings.api_key=${env:OTHER_KEY}")
    done = zoo.run(*REVERT, "--yes")

    assert done.returncode == 0
    assert "added-outside" in done.codes
    assert "Theirs" in zoo.ok("registry", "list", "zoo")


def test_ignored_stays(zoo: Zoo) -> None:
    """What is ignored is not reverted, and stays known as ignored."""
    field = "connector.day-model.settings.temperature"
    zoo.ok("drift", "ignore", "tenants/zoo", field, "--until", "2999-12-31", "--reason", "Tuned")
    named = zoo.run(*REVERT, field, "--yes")
    zoo.ok(*REVERT, "--yes")

    assert (named.returncode, named.codes) == (64, {"no-such-drift"})
    assert model(zoo)["temperature"] == 0.5
    assert drifted(zoo) == {}
    assert "1 ignored" in zoo.run("drift", "check", "tenants/zoo").last


def test_nothing_drifted(zoo: Zoo) -> None:
    """Where nothing drifted nothing is done, and nobody is asked."""
    zoo.ok(*REVERT, "--yes")
    serial = zoo.document("state", "list", "tenants/zoo", "--format", "json")["serial"]
    done = zoo.run(*REVERT)

    assert (done.returncode, done.last) == (0, "No changes. Drift revert: 0 operations")
    assert zoo.document("state", "list", "tenants/zoo", "--format", "json")["serial"] == serial


def test_somebody_has_to_agree(zoo: Zoo) -> None:
    """Without `--yes` and without a terminal nothing is put back."""
    done = zoo.run(*REVERT)

    assert (done.returncode, done.codes) == (5, {"no-terminal"})
    assert model(zoo)["temperature"] == 0.5


def test_gates_hold(zoo: Zoo) -> None:
    """It is a plan like any other: limits count."""
    zoo.ok("registry", "unlink", "zoo", "agent.day", "connector.day-model")
    done = zoo.run(*REVERT, "--yes", "--max-affected-agents", "0")

    assert (done.returncode, done.codes & {"too-many-agents-affected"}) == (5, {"too-many-agents-affected"})
    assert model(zoo)["temperature"] == 0.5


@pytest.mark.parametrize(
    ("words", "code"),
    [("day-model", "bad-address"), ("connector.going", "no-such-drift"), ("agent.x", "no-such-drift")],
)
def test_what_did_not_drift_cannot_be_named(zoo: Zoo, words: str, code: str) -> None:
    """A name that means nothing is refused before anything is written."""
    done = zoo.run(*REVERT, words, "--yes")

    assert (done.returncode, done.codes) == (64, {code})
    assert model(zoo)["temperature"] == 0.5


def test_a_broken_tenant(zoo: Zoo) -> None:
    """With broken YAML nobody knows what is still ours: nothing is put back."""
    zoo.declare(BEFORE.replace("type: telegram", "type: telegraph"))
    done = zoo.run(*REVERT, "--yes")

    assert done.returncode == 4
    assert model(zoo)["temperature"] == 0.5


def test_somebody_applies(zoo: Zoo) -> None:
    """While somebody else applies it waits its turn, and says who."""
    with holding(zoo):
        done = zoo.run(*REVERT, "--yes", "--lock-timeout", "0.1")

    assert (done.returncode, done.codes) == (7, {"locked"})


@pytest.mark.parametrize("point", ["after-journal", "before-ledger", "after-ledger"])
def test_killed_half_way(zoo: Zoo, point: str) -> None:
    """Killed between platform and ledger it goes on with the next run; nothing is doubled or lost."""
    done = zoo.process(*REVERT, "--yes", FLAMETREE_CRASH_AT=point, FLAMETREE_TESTING="1")
    again = zoo.run(*REVERT, "--yes")

    assert done.returncode != 0
    assert again.returncode == 0, again.said
    assert zoo.settled()


def test_it_is_in_history(zoo: Zoo) -> None:
    """It is an apply like any other there."""
    zoo.ok(*REVERT, "--yes")

    assert "drift revert: 1 update" in zoo.ok("history", "list", "tenants/zoo")


def test_who_set_the_rest_is_who_did(zoo: Zoo) -> None:
    """A field that a revert left alone was set by the apply before, not by the revert of its neighbour."""
    zoo.ok(*REVERT, "connector.day-model.description", "--yes")

    assert "set by apply 1, " in zoo.run("drift", "check", "tenants/zoo").stdout


def test_inbound_that_another_of_ours_holds(zoo: Zoo) -> None:
    """Reverted alone, one side of a swapped inbound is refused, and the other side is named, not the portal."""
    zoo.ok("registry", "attach", "zoo", "agent.day", "channel.bot")
    zoo.ok("registry", "attach", "zoo", "agent.night", "channel.bot", "--inbound")
    done = zoo.run(*REVERT, "attachment.day/bot", "--yes")

    assert done.codes == {"inbound-held"}, done.said
    assert "attachment.night/bot" in done.said
    assert "outside" not in done.said
