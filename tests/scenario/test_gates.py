"""Gates: planning tells what goes too far, applying refuses it with 5 before it writes anything, a flag allows it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.scenario.running import Ended, Zoo
from tests.scenario.texts import BEFORE

PLAN = "plan.json"
DIRECT = ("apply", "tenants/zoo", "--yes")
KEY = 'settings: {api_key: "${env:OTHER_KEY}"}'


def keys(*names: str, more: str = "") -> str:
    """Declare generic connectors."""
    lines = "".join(f"  {name}: {{type: api_key, name: {name.upper()}, {KEY}{more}}}\n" for name in names)
    return "connectors:\n" + (lines or "  {}\n")


def model(key: str, *more: str) -> str:
    """Declare an LLM in one line."""
    settings = 'api_url: "https://llm.example/v1", access_token: "${env:OPENAI_KEY}", model_name: m, temperature: 0'
    return f"  {key}: {{{', '.join(['type: llm', f'name: {key.title()}', f'settings: {{{settings}}}', *more])}}}\n"


BOT = 'channels:\n  bot: {type: telegram, name: Bot, settings: {bot_token: "${env:BOT_TOKEN}"}}\n'
DESKS = "agents:\n" + "".join(f"  {key}: {{type: inbound, name: {key.title()}}}\n" for key in ("one", "two"))
DEFAULT = "default: true"


@dataclass(frozen=True)
class Gate:
    """Something that goes too far: before and after, the limits if there are any, the code, and what allows it."""

    code: str
    before: str
    after: str
    allowed: tuple[str, ...]
    limits: tuple[str, ...] = ()
    named: str = ""


GATES = {
    "an agent": Gate(
        "delete-not-allowed", DESKS, DESKS.partition("  two")[0], ("--allow-delete", "agent.two"), (), "agent.two"
    ),
    "more than 30 % of a kind": Gate(
        "too-many-deletes", keys(*"abcdef"), keys(*"abcd"), ("--max-delete", "2"), (), "--max-delete 2"
    ),
    "more than 30 %, by name": Gate(
        "too-many-deletes",
        keys(*"abcdef"),
        keys(*"abcd"),
        ("--allow-delete", "connector.e", "--allow-delete", "connector.f"),
    ),
    "the last channel": Gate(
        "last-of-kind", keys("a") + BOT, keys("a") + "channels: {}\n", ("--allow-delete", "channel.bot"), (),
        "--allow-delete channel.bot",
    ),
    "all of a tenant": Gate("tenant-emptied", keys("a"), keys(), ("--allow-delete", "all"), (), "--allow-delete all"),
    "a default with agents": Gate(
        "default-removed",
        "connectors:\n" + model("ann", DEFAULT) + model("bea") + DESKS,
        "connectors:\n" + model("ann") + model("bea") + DESKS,
        ("--allow-delete", "connector.ann"),
        (),
        "--allow-delete connector.ann",
    ),
    "a deleted default": Gate(
        "default-removed",
        "connectors:\n" + model("ann", DEFAULT) + model("bea") + model("cid") + DESKS,
        "connectors:\n" + model("bea") + model("cid") + DESKS,
        ("--allow-delete", "connector.ann"),
    ),
    "a number": Gate(
        "too-many-deletes", keys(*"abcdefghij"), keys(*"abcdefgh"), ("--max-delete", "2"), ("--max-delete", "1")
    ),
    "a share": Gate(
        "too-many-deletes", keys(*"abcdefghij"), keys(*"abcdefghi"), ("--max-delete", "10%"), ("--max-delete", "9%")
    ),
    "none at all": Gate(
        "too-many-deletes", keys("a", "b"), keys("a"), ("--max-delete", "1"), ("--max-delete", "0")
    ),
    "agents affected": Gate(
        "too-many-agents-affected",
        "connectors:\n" + model("ann", DEFAULT) + model("bea") + DESKS,
        "connectors:\n" + model("ann") + model("bea", DEFAULT) + DESKS,
        ("--max-affected-agents", "2"),
        ("--max-affected-agents", "1"),
        "agent.one, agent.two",
    ),
}  # fmt: skip


@pytest.fixture(params=GATES.values(), ids=GATES.keys())
def gate(request: pytest.FixtureRequest) -> Gate:
    """Give each gate."""
    found: Gate = request.param
    return found


def opened(zoo: Zoo, gate: Gate) -> Zoo:
    """Bring a zoo before a gate."""
    zoo.declare(gate.before)
    zoo.apply()
    zoo.declare(gate.after)
    return zoo


def written(zoo: Zoo) -> tuple[Any, ...]:
    """Give all that an apply writes: what the platform has, and the ledger with its serial and its history."""
    return zoo.objects(), zoo.ok("state", "export", "tenants/zoo"), zoo.ok("history", "list", "tenants/zoo")


def codes(lines: str) -> set[str]:
    """Name the errors on a stream."""
    return {line.partition("]:")[0].removeprefix("error[") for line in lines.splitlines() if line.startswith("error[")}


def refused(zoo: Zoo, gate: Gate, *command: str) -> Ended:
    """Run a command that the gate stops: 5, with the code, and nothing written anywhere."""
    before = written(zoo)
    done = zoo.run(*command)

    assert done.returncode == 5, done.said
    assert gate.code in codes(done.stderr), done.said
    assert gate.named in done.stderr
    assert written(zoo) == before
    return done


def applies(zoo: Zoo, *command: str) -> None:
    """Run a command that goes through, to the end."""
    zoo.ok(*command)

    assert zoo.settled()


def test_a_plan_tells_and_does_not_fail(zoo: Zoo, gate: Gate) -> None:
    """A plan ends with 0 however large it is, and says what apply refuses, with the flag that allows it."""
    opened(zoo, gate)
    told = zoo.run("plan", "tenants/zoo", *gate.limits)
    allowed = zoo.run("plan", "tenants/zoo", *gate.allowed)

    assert (told.returncode, allowed.returncode) == (0, 0)
    assert f"warning[{gate.code}]" in told.stdout
    assert gate.named in told.stdout
    assert gate.code not in allowed.codes


def test_an_apply_refuses(zoo: Zoo, gate: Gate) -> None:
    """Applying the folder refuses before the first write; with the flag that it names it applies."""
    opened(zoo, gate)
    refused(zoo, gate, *DIRECT, *gate.limits)
    applies(zoo, *DIRECT, *gate.allowed)


def test_a_plan_file_is_refused(zoo: Zoo, gate: Gate) -> None:
    """So does applying a plan file, which stays good: with the flag it is applied."""
    opened(zoo, gate)
    zoo.ok("plan", "tenants/zoo", "--out", PLAN)
    refused(zoo, gate, "apply", PLAN, *gate.limits)
    applies(zoo, "apply", PLAN, *gate.allowed)


def test_an_approved_digest_is_refused(zoo: Zoo, gate: Gate) -> None:
    """That somebody approved the digest allows nothing; and no flag changes the digest."""
    opened(zoo, gate)
    zoo.ok("plan", "tenants/zoo", "--out", PLAN, *gate.allowed)
    digest = json.loads((zoo.root / PLAN).read_text())["digest"]
    refused(zoo, gate, "apply", "tenants/zoo", "--expect", digest, *gate.limits)
    refused(zoo, gate, "apply", PLAN, "--expect", digest, *gate.limits)
    applies(zoo, "apply", "tenants/zoo", "--expect", digest, *gate.allowed)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (keys("a", "b"), keys("a")),
        (keys("a", "b", "c"), keys("a", "c")),
        (keys(*"abcdefg"), keys(*"abcde")),
        (keys("a") + BOT, keys("b") + BOT),
    ],
    ids=["one of two", "one of three", "two of seven", "the last, with a successor"],
)
def test_what_needs_no_word(zoo: Zoo, before: str, after: str) -> None:
    """One deletion by itself is never too many, nor is what stays below the share; a successor is no loss."""
    opened(zoo, Gate("", before, after, ()))
    planned = zoo.run("plan", "tenants/zoo")

    assert not planned.codes & {"too-many-deletes", "last-of-kind", "tenant-emptied"}
    applies(zoo, *DIRECT)


def test_all_is_no_number(zoo: Zoo) -> None:
    """A limit that somebody gave holds for deletions that were allowed by name, too."""
    opened(zoo, Gate("", keys(*"abcdef"), keys("a"), ()))
    refused(zoo, Gate("too-many-deletes", "", "", ()), *DIRECT, "--allow-delete", "all", "--max-delete", "4")
    applies(zoo, *DIRECT, "--allow-delete", "all", "--max-delete", "5")


def test_every_gate_is_told_at_once(zoo: Zoo) -> None:
    """Who has to allow several things is told all of them in one go."""
    opened(zoo, Gate("", BEFORE, "connectors: {}\nchannels: {}\nagents: {}\n", ()))
    done = zoo.run(*DIRECT, "--max-affected-agents", "0", "--max-delete", "1")

    assert done.returncode == 5
    assert codes(done.stderr) == {
        "delete-not-allowed", "tenant-emptied", "too-many-deletes", "too-many-agents-affected"
    }  # fmt: skip


@pytest.mark.parametrize("flag", ["--no-delete", "--hold-deletes"])
def test_deletions_are_held(zoo: Zoo, flag: str) -> None:
    """Both words are one flag: what comes and changes is applied, what goes is listed as held."""
    opened(zoo, Gate("", keys(*"abcdef"), keys("a", "x"), ()))
    planned = zoo.ok("plan", "tenants/zoo", flag)
    applied = zoo.run(*DIRECT, flag)
    cards = {card["name"] for card in zoo.cards()}

    assert "held: deletions were not asked for   connector.b" in planned
    assert applied.returncode == 0
    assert {"A", "B", "C", "D", "E", "F", "X"} == cards
    assert "5 to delete" in zoo.ok("plan", "tenants/zoo")


def test_a_plan_file_without_deletions(zoo: Zoo) -> None:
    """A plan made with deletions held has none, and is applied without a word."""
    opened(zoo, Gate("", keys(*"abcdef"), keys("a", "x"), ()))
    zoo.ok("plan", "tenants/zoo", "--hold-deletes", "--out", PLAN)
    zoo.ok("apply", PLAN)

    assert len(zoo.cards()) == 7


@pytest.mark.parametrize("limit", ["", "x", "-1", "1.5", "101%", "%", "1e3", "\u0661", "99999999999"])
def test_a_limit_that_is_none(zoo: Zoo, limit: str) -> None:
    """A limit is a number or a share, anything else is wrong usage."""
    zoo.declare(keys("a"))

    assert zoo.run("plan", "tenants/zoo", f"--max-delete={limit}").returncode == 64


def test_limits_from_the_environment(zoo: Zoo) -> None:
    """A pipeline sets its limits once."""
    opened(zoo, Gate("", keys("a", "b"), keys("a"), ()))
    done = zoo.run(*DIRECT, FLAMETREE_APPLY_MAX_DELETE="0")

    assert (done.returncode, codes(done.stderr)) == (5, {"too-many-deletes"})


def test_rotated_secrets_count(zoo: Zoo) -> None:
    """Agents that restart because a secret was rotated count before anything of a plan file is written."""
    text = BEFORE.replace("    running: true\n    connectors: {llm: day-model", "    running: true\n    environment: "
                          '{K: {secret: "${env:OTHER_KEY}"}}\n    connectors: {llm: day-model')  # fmt: skip
    zoo.declare(text)
    zoo.apply()
    zoo.environment["OTHER_KEY"] = "sk-canary-rotated-0123456789"
    zoo.declare(text.replace("name: Bot", "name: Our bot"))
    zoo.ok("plan", "tenants/zoo", "--out", PLAN)
    gate = Gate("too-many-agents-affected", "", "", ())
    refused(zoo, gate, "apply", PLAN, "--max-affected-agents", "0")
    applies(zoo, "apply", PLAN, "--max-affected-agents", "1")


PROTECTED = ", protected: true"


def texts(zoo: Zoo, *declared: str) -> Sequence[str]:
    """Apply several texts one after another; gives the plan of each."""
    plans = []
    for text in declared:
        zoo.declare(text)
        plans.append(zoo.ok("plan", "tenants/zoo"))
        zoo.apply()
    return plans


def test_a_protection_survives_its_block(zoo: Zoo) -> None:
    """Removing the block of something protected plans `held: protected`, not a delete, and no flag deletes it."""
    plans = texts(zoo, keys("a") + BOT, keys("a", more=PROTECTED) + BOT)
    zoo.declare(keys() + BOT)
    planned = zoo.ok("plan", "tenants/zoo")
    applied = zoo.run(*DIRECT, "--allow-delete", "all", "--max-delete", "100%")

    assert "protect connector.a" in plans[1]
    assert "protected: false → true" in plans[1]
    assert "held: protected   connector.a" in planned
    assert "warning[held-protected]" in planned
    assert "0 to delete" in planned
    assert applied.returncode == 0
    assert {card["name"] for card in zoo.cards()} == {"A", "Bot"}


def test_lifting_is_a_change_of_its_own(zoo: Zoo) -> None:
    """A protection is lifted by a planned change with a digest of its own; only the apply after that may delete."""
    texts(zoo, keys("a", "b", more=PROTECTED))
    zoo.declare(keys("a", "b"))
    lifted = zoo.run("plan", "tenants/zoo", "--detailed-exitcode", "--out", PLAN)
    body = json.loads((zoo.root / PLAN).read_text())["tenants"][0]["body"]
    zoo.ok("apply", PLAN)
    zoo.declare(keys("a"))
    deleted = zoo.ok("plan", "tenants/zoo")

    assert lifted.returncode == 2
    assert "= lift    connector.a" in lifted.stdout
    assert "protected: true → false" in lifted.stdout
    assert [(one["action"], one["address"]) for one in body["operations"]] == [
        ("unprotect", "connector.a"),
        ("unprotect", "connector.b"),
    ]
    assert "1 to delete" in deleted
    applies(zoo, *DIRECT)


def test_lifting_stands_beside_other_changes(zoo: Zoo) -> None:
    """Lifted together with a change, both are seen."""
    texts(zoo, keys("a", more=PROTECTED))
    zoo.declare(keys("a", more=", description: Ours"))
    planned = zoo.document("plan", "tenants/zoo")["tenants"][0]["plan"]

    assert [change["address"] for change in planned["changes"]] == ["connector.a"]
    assert ["protected"] in [field["path"] for field in planned["changes"][0]["fields"]]
    assert [step["action"] for step in planned["operations"]] == ["unprotect", "update"]


def test_a_protection_gets_into_the_ledger_by_file(zoo: Zoo) -> None:
    """A protection that is put on in CI, by plan file, is one afterwards."""
    texts(zoo, keys("a", "b"))
    zoo.declare(keys("a", more=PROTECTED) + keys("b").removeprefix("connectors:\n"))
    zoo.ok("plan", "tenants/zoo", "--out", PLAN)
    zoo.ok("apply", PLAN)
    zoo.declare(keys("b"))

    assert "held: protected   connector.a" in zoo.ok("plan", "tenants/zoo")


def test_an_old_plan_deletes_nothing_that_is_protected_now(zoo: Zoo) -> None:
    """A plan file that was made before a protection is refused, whatever is allowed."""
    texts(zoo, keys("a", "b"))
    zoo.declare(keys("b"))
    zoo.ok("plan", "tenants/zoo", "--out", PLAN)
    zoo.declare(keys("a", "b", more=PROTECTED))
    zoo.apply()
    refused(zoo, Gate("protected-deleted", "", "", ()), "apply", PLAN, "--allow-delete", "all")


def test_protected_and_renamed(zoo: Zoo) -> None:
    """A protected object keeps its protection under a new key; without `previously` the plan says how to keep it."""
    texts(zoo, keys("a", more=PROTECTED))
    before = zoo.ids()["connector.a"]
    body = f"  n: {{type: api_key, name: A, {KEY}}}\n"
    zoo.declare("connectors:\n" + body)
    unsaid = zoo.run("plan", "tenants/zoo")
    zoo.declare("connectors:\n" + body.replace("type:", "protected: true, previously: [a], type:"))
    zoo.apply()
    zoo.declare(keys())

    assert unsaid.returncode == 4
    assert "previously: [a]" in unsaid.stderr
    assert zoo.ids() == {"connector.n": before}
    assert "held: protected   connector.n" in zoo.ok("plan", "tenants/zoo")


def test_renaming_does_not_lift(zoo: Zoo) -> None:
    """Under a new key without `protected` the lifting is as visible as ever."""
    texts(zoo, keys("a", more=PROTECTED))
    zoo.declare(f"connectors:\n  n: {{previously: [a], type: api_key, name: A, {KEY}}}\n")
    planned = zoo.document("plan", "tenants/zoo")["tenants"][0]["plan"]

    assert [(one["action"], one["address"]) for one in planned["operations"]] == [
        ("move", "connector.n"),
        ("unprotect", "connector.n"),
    ]
