"""A saved plan is applied as it is, once, or not at all."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.scenario.running import Ended, Zoo, ended
from tests.scenario.test_crash import POINTS
from tests.scenario.texts import AFTER, BEFORE, MANY, many, name_of

PLAN = "plan.json"


@pytest.fixture
def planned(zoo: Zoo) -> Zoo:
    """Give a zoo that is applied, and has a saved plan that changes everything."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER)
    zoo.ok("plan", "tenants/zoo", "--out", PLAN)
    return zoo


def stored(zoo: Zoo) -> Any:
    """Give what the ledger keeps of every resource, without ids and lineage, which differ from one zoo to another."""
    entries = json.loads(zoo.ok("state", "export", "tenants/zoo"))["entries"]
    return sorted(json.dumps({**entry, "id": ""}, sort_keys=True).replace('"fingerprint"', "") for entry in entries)


def refused(zoo: Zoo, done: Ended, code: str) -> None:
    """Check that nothing was applied, and why; what the plan above it warns of is not the reason."""
    why = Ended(done.returncode, "", done.stderr).codes
    assert (done.returncode, why) == (6, {code}), done.said
    assert zoo.cards_of("connector.day-model")["parameters"]["model_name"] == "day"


def digest_of(zoo: Zoo, *arguments: str, **environment: str) -> str:
    """Plan, and give the digest that is to be approved."""
    zoo.ok("plan", "tenants/zoo", "--out", "digest.json", *arguments, **environment)
    digest: str = json.loads((zoo.root / "digest.json").read_text())["digest"]
    return digest


def test_applied_as_it_is(planned: Zoo, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is applied is what was planned, whatever the YAML says now; it ends as an apply of the YAML does."""
    other = Zoo(tmp_path_factory.mktemp("other"))
    for text in (BEFORE, AFTER):
        other.declare(text)
        other.apply()
    planned.declare("connectors: {}")
    applied = planned.run("apply", PLAN)
    planned.declare(AFTER)

    assert applied.returncode == 0, applied.said
    assert planned.settled()
    assert planned.cards() == other.cards()
    planned.environment["FLAMETREE_KEY"] = (planned.home / "key").read_text().strip()
    assert [line.count("secret") for line in stored(planned)] == [line.count("secret") for line in stored(other)]


def test_from_nothing(zoo: Zoo) -> None:
    """A plan made before there was a ledger or a registry is applied."""
    zoo.declare(BEFORE)
    zoo.ok("plan", "tenants/zoo", "--out", PLAN)
    zoo.ok("apply", PLAN)

    assert zoo.settled()
    assert len(zoo.cards()) == 6


def test_used_once(planned: Zoo) -> None:
    """The same file a second time is refused."""
    planned.ok("apply", PLAN)
    again = planned.run("apply", PLAN)

    assert (again.returncode, again.codes) == (6, {"plan-used"})


@pytest.mark.parametrize("point", POINTS)
def test_killed_and_continued(planned: Zoo, point: str) -> None:
    """Killed at any point, the same file finishes what it began."""
    killed = planned.process("apply", PLAN, FLAMETREE_CRASH_AT=point, FLAMETREE_TESTING="1")
    again = planned.run("apply", PLAN)

    assert killed.returncode == -signal.SIGKILL
    assert again.returncode == 0 or again.codes == {"plan-used"}, again.said
    assert planned.settled()


def test_killed_between_batches(zoo: Zoo) -> None:
    """A plan of several batches goes on after those that were done."""
    zoo.declare(many())
    zoo.ok("plan", "tenants/zoo", "--out", PLAN)
    killed = zoo.process("apply", PLAN, FLAMETREE_CRASH_AT="before-platform:2", FLAMETREE_TESTING="1")
    again = zoo.run("apply", PLAN)

    assert killed.returncode == -signal.SIGKILL
    assert again.returncode == 0, again.said
    assert zoo.settled()


def test_something_it_read_moved(planned: Zoo) -> None:
    """A field that the plan changes was changed by somebody else: nothing is written."""
    planned.ok("registry", "set", "zoo", "connector.day-model", "settings.temperature=0.9")
    before = planned.objects()
    done = planned.run("apply", PLAN)

    refused(planned, done, "plan-stale")
    assert "settings.temperature" in done.stderr
    assert planned.objects() == before


@pytest.mark.parametrize(
    "moved",
    [
        ("registry", "make-default", "zoo", "connector.night-model"),
        ("registry", "attach", "zoo", "agent.day", "channel.bot"),
        ("registry", "detach", "zoo", "agent.day", "channel.bot"),
        ("registry", "unlink", "zoo", "agent.day", "connector.day-model"),
        ("registry", "delete", "zoo", "connector.going"),
    ],
    ids=" ".join,
)
def test_a_slot_it_read_moved(planned: Zoo, moved: tuple[str, ...]) -> None:
    """So it is with a default, an inbound slot, an attachment, a link or an object that it relies on."""
    planned.ok(*moved)
    before = planned.objects()

    refused(planned, planned.run("apply", PLAN), "plan-stale")
    assert planned.objects() == before


def test_something_it_did_not_read_moved(planned: Zoo) -> None:
    """What the plan never looked at is nobody's hindrance."""
    planned.ok("registry", "set", "zoo", "connector.night-model", "description=Looked after by Ann")
    done = planned.run("apply", PLAN)

    assert done.returncode == 0, done.said
    assert planned.cards_of("connector.day-model")["parameters"]["model_name"] == "day2"


def test_expired(planned: Zoo) -> None:
    """A plan has an end."""
    planned.ok("plan", "tenants/zoo", "--out", PLAN, "--valid-for", "0.00001")
    refused(planned, planned.run("apply", PLAN), "plan-expired")


def test_of_another_ledger(planned: Zoo, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A plan is for the ledger and the platform it was made with."""
    other = Zoo(tmp_path_factory.mktemp("other"))
    other.declare(BEFORE)
    other.apply()
    (other.root / PLAN).write_bytes((planned.root / PLAN).read_bytes())
    foreign = other.run("apply", PLAN)
    elsewhere = planned.run("apply", PLAN, "--platform", f"sqlite:{other.home / 'registry.db'}")

    refused(other, foreign, "foreign-plan")
    assert (elsewhere.returncode, elsewhere.codes) == (6, {"foreign-plan"})


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:0],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data + b" ",
        lambda data: data.replace(b"day2", b"day3", 1),
        lambda data: data.replace(b'"zoo"', b'"zop"', 1),
        lambda data: json.dumps(json.loads(data), indent=1).encode(),
        lambda data: data.replace(b'"format_version":1,"id"', b'"format_version":9,"id"', 1),
        lambda data: data[:0] + b"[" * 100_000,
        lambda data: data[:0] + b"{}\n",
        lambda data: data[:0] + b"[]\n",
    ],
)
def test_altered(planned: Zoo, change: Callable[[bytes], bytes]) -> None:
    """A file that is not what was written is refused with one line."""
    path = planned.root / PLAN
    path.write_bytes(change(path.read_bytes()))
    done = planned.run("apply", PLAN)

    assert done.returncode == 6, done.said
    assert len(done.codes) == 1
    refused(planned, done, *done.codes)


def test_altered_anywhere(planned: Zoo) -> None:
    """Whichever byte is changed, nothing is applied."""
    path = planned.root / PLAN
    data = path.read_bytes()
    draw = random.Random(4)
    for _ in range(25):
        at = draw.randrange(len(data))
        path.write_bytes(data[:at] + bytes([data[at] ^ (1 << draw.randrange(8))]) + data[at + 1 :])
        assert planned.run("apply", PLAN).returncode == 6
    path.write_bytes(data)

    assert planned.run("apply", PLAN).returncode == 0


def test_no_file(planned: Zoo) -> None:
    """A file that is not there, or no file at all, is no plan."""
    (planned.root / "folder.json").mkdir()
    huge = planned.root / "huge.json"
    with huge.open("wb") as file:
        file.truncate(10**12)

    assert planned.run("apply", "nowhere.json").returncode == 6
    assert planned.run("apply", "folder.json").returncode == 4
    assert planned.run("apply", "huge.json").returncode == 6
    assert planned.run("apply", PLAN, "tenants/zoo").returncode == 64


def test_expected(planned: Zoo) -> None:
    """With the digest that was approved, the YAML or the file is applied; with another one nothing is."""
    digest = json.loads((planned.root / PLAN).read_text())["digest"]
    other = "0" * 64

    refused(planned, planned.run("apply", "tenants/zoo", "--expect", other), "not-approved")
    refused(planned, planned.run("apply", PLAN, "--expect", other), "not-approved")
    assert planned.run("apply", "tenants/zoo", "--expect", digest).returncode == 0
    assert planned.settled()


def test_not_saved(zoo: Zoo) -> None:
    """Where a tenant cannot be planned, no file is written, and what was there stays."""
    zoo.declare("connectors: {a: 1}")
    (zoo.root / PLAN).write_text("as it was")
    done = zoo.run("plan", "tenants/zoo", "--out", PLAN)

    assert done.returncode != 0
    assert "no-plan-to-save" in done.codes
    assert (zoo.root / PLAN).read_text() == "as it was"


def test_many_tenants(zoo: Zoo) -> None:
    """One file holds all tenants of a run; one that moved does not stop the others."""
    zoo.declare(BEFORE)
    zoo.declare("connectors: {k: {type: api_key, name: K, settings: {api_key: '${env:OTHER_KEY}'}}}", tenant="ant")
    zoo.ok("plan", "tenants", "--out", PLAN)
    zoo.ok("apply", "tenants/ant", "--yes")
    done = zoo.run("apply", PLAN)

    assert done.returncode == 6, done.said
    assert zoo.settled()


def test_rotated_secrets_are_beside_the_digest(planned: Zoo) -> None:
    """Approving covers rewriting secrets that were said to be rotated; the digest does not depend on values."""
    digest = digest_of(planned)
    rotated = {"OPENAI_KEY": "sk-canary-rotated-0123456789"}
    blind = {"OPENAI_KEY": "", "OTHER_KEY": "", "BOT_TOKEN": "", "NIGHT_BOT_TOKEN": ""}

    assert digest_of(planned, **rotated) == digest == digest_of(planned, **blind)
    text = planned.ok("plan", "tenants/zoo", "--out", PLAN, **rotated)
    assert "1 resource whose secrets are sent again" in text
    planned.environment.update(rotated)
    planned.ok("apply", PLAN)
    assert planned.settled()


def test_only_rotated(zoo: Zoo) -> None:
    """A plan that only rewrites a secret is saved and applied too, with the restart it needs."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.environment["BOT_TOKEN"] = "987654321:AAHcanaryCANARYcanaryCANARYcanary99"
    zoo.ok("plan", "tenants/zoo", "--out", PLAN)
    done = zoo.run("apply", PLAN)

    assert done.returncode == 0, done.said
    assert "restart" in zoo.ok("history", "show", "tenants/zoo", "2") or "stop" in done.stderr
    assert zoo.settled()


def test_one_digest(zoo: Zoo) -> None:
    """However files are named, ordered and read, the digest is one."""
    parts = [
        f"connectors: {{{key}: {{type: api_key, name: Key {key}, settings: {{api_key: '${{env:OTHER_KEY}}'}}}}}}\n"
        for key in ("a", "b", "c", "d", "e")
    ]
    draw = random.Random(1)
    digests = set()
    for turn in range(20):
        for old in zoo.folder.glob("*.yaml") if zoo.folder.exists() else ():
            old.unlink()
        names = draw.sample([f"{letter}{turn}.yaml" for letter in "mnopqrs"], len(parts))
        for name, text in zip(names, draw.sample(parts, len(parts)), strict=True):
            zoo.declare(text, name)
        around = {"LC_ALL": draw.choice(["C", "C.UTF-8", "tr_TR.UTF-8"]), "TZ": draw.choice(["UTC", "Asia/Tokyo"])}
        done = zoo.process("plan", "tenants/zoo", "--out", PLAN, PYTHONHASHSEED=str(turn), **around)
        assert done.returncode == 0, done.said
        digests.add(json.loads((zoo.root / PLAN).read_text())["digest"])

    assert len(digests) == 1


def test_no_secret_in_it(planned: Zoo) -> None:
    """A plan file holds references; nobody else may read it all the same."""
    path = planned.root / PLAN

    assert b"canary" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_overtaken_between_check_and_write(planned: Zoo) -> None:
    """A plan that was checked, and then stood still while something moved, is refused as it writes."""
    planned.environment |= {"FLAMETREE_STOP_AT": "before-platform", "FLAMETREE_TESTING": "1"}
    with planned.start("apply", PLAN) as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        planned.environment.pop("FLAMETREE_STOP_AT")
        planned.ok("registry", "set", "zoo", "connector.day-model", "settings.temperature=0.9")
        before = planned.objects()
        process.send_signal(signal.SIGCONT)
        done = ended(process)

    refused(planned, done, "plan-stale")
    assert planned.objects() == before


@pytest.mark.parametrize("point", ["before-journal", "before-platform", "after-platform", "after-ledger"])
def test_killed_while_secrets_are_sent_again(planned: Zoo, point: str) -> None:
    """Killed after the operations, while rotated secrets are sent, the same file finishes; then it is used."""
    planned.environment["OPENAI_KEY"] = "sk-canary-rotated-0123456789"
    planned.ok("plan", "tenants/zoo", "--out", PLAN)
    killed = planned.process("apply", PLAN, FLAMETREE_CRASH_AT=f"{point}:2", FLAMETREE_TESTING="1")
    again = planned.run("apply", PLAN)
    used = planned.run("apply", PLAN)

    assert killed.returncode == -signal.SIGKILL
    assert again.returncode == 0 or again.codes == {"plan-used"}, again.said
    assert planned.settled()
    assert (used.returncode, used.codes) == (6, {"plan-used"})


def test_only_rotated_is_used_once(zoo: Zoo) -> None:
    """A plan that only sends a secret again is applied once too."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.environment["BOT_TOKEN"] = "987654321:AAHcanaryCANARYcanaryCANARYcanary99"
    zoo.ok("plan", "tenants/zoo", "--out", PLAN)
    zoo.ok("apply", PLAN)
    zoo.environment["BOT_TOKEN"] = "987654321:AAHcanaryCANARYcanaryCANARYcanary77"
    again = zoo.run("apply", PLAN)

    assert (again.returncode, again.codes) == (6, {"plan-used"})


def test_what_moved_is_seen_before_the_first_of_many_writes(zoo: Zoo) -> None:
    """What only the last of several batches relies on has moved: not even the first is written."""
    zoo.declare(many())
    zoo.ok("plan", "tenants/zoo", "--out", PLAN)
    zoo.ok("registry", "create", "zoo", "connector", "api_key", name_of(MANY - 1), "settings.api_key=${env:OTHER_KEY}")
    before = zoo.objects()
    done = zoo.run("apply", PLAN)

    assert (done.returncode, done.codes) == (6, {"plan-stale"}), done.said[-2000:]
    assert zoo.objects() == before
