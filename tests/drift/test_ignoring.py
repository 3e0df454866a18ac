"""Drift that is ignored: no plan touches it, a check shows it as such, and it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scenario.running import Zoo, obey_modes
from tests.scenario.texts import BEFORE

FILE = ".drift-ignore.yaml"
FIELD = "connector.day-model.settings.temperature"
IGNORE = ("drift", "ignore", "tenants/zoo", FIELD, "--until", "2999-12-31", "--reason", "Tuned by hand")
TUNED = ("registry", "set", "zoo", "connector.day-model", "settings.temperature=0.5")
RULE = """ignore:
  - address: connector.day-model
    field: settings.temperature
    until: {day}
    reason: {reason}
"""


@pytest.fixture
def zoo(zoo: Zoo) -> Zoo:
    """Give a zoo in which a temperature was tuned by hand."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.ok(*TUNED)
    return zoo


def checked(zoo: Zoo, code: int = 0) -> dict[str, Any]:
    """Check drift; gives what is said of the tenant."""
    done = zoo.run("drift", "check", "tenants/zoo", "--format", "json")
    assert done.returncode == code, done.said
    tenant: dict[str, Any] = json.loads(done.stdout)["tenants"][0]
    return tenant


def test_who_set_what_is_ignored(zoo: Zoo) -> None:
    """An apply that changed another field of the object is not named as the one that set an ignored one."""
    zoo.ok(*IGNORE)
    zoo.declare(BEFORE.replace("model_name: day,", "model_name: noon,"))
    zoo.apply()
    (drift,) = checked(zoo)["ignored"]

    assert [one["run"]["number"] for one in drift["judged"]] == [1]


def temperature(zoo: Zoo) -> str:
    """Ask the registry."""
    fields = zoo.document("registry", "show", "zoo", "connector.day-model", "--format", "json")["object"]["fields"]
    return str(fields["settings"]["temperature"])


def listed(zoo: Zoo, text: str) -> None:
    """Write the list by hand."""
    (zoo.folder / FILE).write_text(text, encoding="utf-8")


def test_ignored(zoo: Zoo) -> None:
    """It is shown as ignored, with the day and the reason; no plan puts it back, no apply, and it stays known."""
    zoo.ok(*IGNORE)
    for _ in range(2):
        found = checked(zoo)
        (drift,) = found["ignored"]
        (one,) = drift["judged"]

        assert (found["status"], found["drift"]) == ("clean", [])
        assert (one["fate"], one["until"], one["reason"]) == ("ignored", "2999-12-31", "Tuned by hand")
        assert one["location"]["file"] == f"tenants/zoo/{FILE}"
        planned = zoo.run("plan", "tenants/zoo", "--detailed-exitcode")
        assert planned.returncode == 0
        assert f"{FIELD}: ignored until 2999-12-31: Tuned by hand" in planned.stdout
        zoo.declare(BEFORE.replace("name: Day model", "name: Daylight"))
        zoo.apply()
        assert temperature(zoo) == "0.5"


def test_with_the_file_it_ends(zoo: Zoo) -> None:
    """Without the line the next plan puts it back, whatever was remembered; the drift is found again."""
    zoo.ok(*IGNORE)
    zoo.ok("plan", "tenants/zoo")
    zoo.apply()
    (zoo.folder / FILE).unlink()

    assert zoo.run("plan", "tenants/zoo", "--detailed-exitcode").returncode == 2
    assert [one["address"] for one in checked(zoo, 3)["drift"]] == ["connector.day-model"]
    zoo.apply()
    assert temperature(zoo) == "0"


def test_after_the_day_it_ends(zoo: Zoo) -> None:
    """A day that has passed is told, and counts no more."""
    listed(zoo, RULE.format(day="2020-01-01", reason="An incident"))
    planned = zoo.run("plan", "tenants/zoo", "--detailed-exitcode")
    found = checked(zoo, 3)

    assert planned.returncode == 2
    assert "ignore-expired" in planned.stdout
    assert f"{FIELD} was to be let be until 2020-01-01 (An incident)" in planned.stdout
    assert [one["code"] for one in found["diagnostics"]] == ["ignore-expired"]
    assert found["diagnostics"][0]["location"]["line"] == 2


def test_an_edited_line_counts_at_once(zoo: Zoo) -> None:
    """What was remembered of a tenant with ignored drift is not believed when the list says something else."""
    listed(zoo, RULE.format(day="2999-12-31", reason="First"))
    answers = []
    for day in ("2999-12-31", "2020-01-01", "2999-12-30"):
        listed(zoo, RULE.format(day=day, reason="Again"))
        both = [zoo.run("plan", "tenants/zoo", "--detailed-exitcode", *more) for more in ((), ("--no-cache",))]
        assert both[0] == both[1]
        answers.append(both[0].returncode)

    assert answers == [0, 2, 0]


def test_a_pending_edit_of_the_field_waits_too(zoo: Zoo) -> None:
    """While a field is ignored, what the YAML says of it is not applied either, and the plan says so."""
    zoo.ok(*IGNORE)
    zoo.declare(BEFORE.replace("model_name: day, temperature: 0", "model_name: day, temperature: 0.9"))
    planned = zoo.run("plan", "tenants/zoo", "--detailed-exitcode")

    assert planned.returncode == 0
    assert "ignored until 2999-12-31" in planned.stdout


def test_the_rest_of_the_object_is_planned(zoo: Zoo) -> None:
    """Other fields of the object are as managed as ever."""
    zoo.ok(*IGNORE)
    zoo.ok("registry", "set", "zoo", "connector.day-model", "description=edited")

    assert [field["path"] for field in checked(zoo, 3)["drift"][0]["fields"]] == [["description"]]
    zoo.apply()
    assert temperature(zoo) == "0.5"
    assert [one["address"] for one in checked(zoo)["ignored"]] == ["connector.day-model"]


def test_a_whole_object(zoo: Zoo) -> None:
    """Without a field everything of the object is let be."""
    zoo.ok("drift", "ignore", "tenants/zoo", "connector.day-model", "--until", "2999-12-31", "--reason", "Theirs")
    zoo.ok("registry", "set", "zoo", "connector.day-model", "description=edited")

    assert [len(one["fields"]) for one in checked(zoo)["ignored"]] == [2]
    assert zoo.run("plan", "tenants/zoo", "--detailed-exitcode").returncode == 0


def test_an_object_of_others(zoo: Zoo) -> None:
    """What was added outside can be let be by its id."""
    zoo.apply()
    zoo.ok("registry", "create", "zoo", "connector", "api_key", "Theirs", "settings.api_key=${env:OTHER_KEY}")
    address = checked(zoo, 3)["drift"][0]["address"]
    zoo.ok("drift", "ignore", "tenants/zoo", address, "--until", "2999-12-31", "--reason", "Another team's")

    assert [one["address"] for one in checked(zoo)["ignored"]] == [address]


def test_a_deletion_is_not_ignored(zoo: Zoo) -> None:
    """An object that is gone is made again: there is nothing left to let be."""
    zoo.ok("drift", "ignore", "tenants/zoo", "connector.going", "--until", "2999-12-31", "--reason", "Theirs")
    zoo.ok("registry", "unlink", "zoo", "agent.day", "connector.going")
    zoo.ok("registry", "delete", "zoo", "connector.going")

    assert ("connector.going", "deleted") in [(one["address"], one["kind"]) for one in checked(zoo, 3)["drift"]]


def test_a_saved_plan_says_the_same(zoo: Zoo) -> None:
    """A plan that was saved while drift was ignored leaves it alone, whatever the list says by then."""
    zoo.ok(*IGNORE)
    zoo.declare(BEFORE.replace("name: Day model", "name: Daylight"))
    zoo.ok("plan", "tenants/zoo", "--out", "plan.json")
    (zoo.folder / FILE).unlink()
    zoo.ok("apply", "plan.json")

    assert temperature(zoo) == "0.5"
    assert [field["path"] for field in checked(zoo, 3)["drift"][0]["fields"]] == [["settings", "temperature"]]


def test_without_a_platform(zoo: Zoo) -> None:
    """A plan against the ledger alone leaves an ignored field as it was applied."""
    zoo.ok(*IGNORE)
    zoo.declare(BEFORE.replace("model_name: day, temperature: 0", "model_name: day, temperature: 0.9"))

    assert zoo.run("plan", "tenants/zoo", "--no-refresh", "--detailed-exitcode").returncode == 0


def test_destroyed_all_the_same(zoo: Zoo) -> None:
    """Nothing stays of a tenant that is destroyed."""
    zoo.ok(*IGNORE)
    zoo.ok("destroy", "tenants/zoo", "--yes", "--allow-delete", "all")

    assert zoo.document("registry", "list", "zoo", "--format", "json")["objects"] == []


BROKEN = {
    "no list": "ignore: yes\n",
    "another key": "ignored: []\n",
    "no day": RULE.format(day="tomorrow", reason="Why"),
    "a week": RULE.format(day="2026-W01-1", reason="Why"),
    "no reason": RULE.format(day="2999-12-31", reason="''"),
    "no address": "ignore:\n  - {address: day-model, until: 2999-12-31, reason: Why}\n",
    "a member too many": "ignore:\n  - {address: connector.a, until: 2999-12-31, reason: Why, who: me}\n",
    "a member too few": "ignore:\n  - {address: connector.a, until: 2999-12-31}\n",
    "no mapping": "ignore: [connector.a]\n",
    "no YAML": "ignore: [\n",
    "a bomb": "a: &a [x, x]\nb: &b [*a, *a]\nignore: [*b]\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_list_that_cannot_be_used(zoo: Zoo, case: str) -> None:
    """A plan does not guess what is to be let be; a check judges without it, and says so. Both have the place."""
    listed(zoo, BROKEN[case])
    planned = zoo.run("plan", "tenants/zoo")
    applied = zoo.run("apply", "tenants/zoo", "--yes")
    validated = zoo.run("validate", "tenants/zoo")
    found = checked(zoo, 3)

    assert (planned.returncode, applied.returncode, validated.returncode) == (4, 4, 4)
    assert f"tenants/zoo/{FILE}:" in planned.stderr
    assert temperature(zoo) == "0.5"
    assert all(one["location"]["file"] == f"tenants/zoo/{FILE}" for one in found["diagnostics"])
    assert {one["severity"] for one in found["diagnostics"]} == {"warning"}


def test_a_list_that_is_a_link(zoo: Zoo) -> None:
    """A link in the place of the list is refused."""
    (zoo.root / "elsewhere").write_text(RULE.format(day="2999-12-31", reason="Why"), encoding="utf-8")
    (zoo.folder / FILE).symlink_to(zoo.root / "elsewhere")

    assert zoo.run("plan", "tenants/zoo").codes == {"symlink"}
    assert zoo.run(*IGNORE).codes == {"symlink"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "{end}", "{end}# the end{end}"])
def test_what_stands_there_stays(zoo: Zoo, end: str, last: str) -> None:
    """Comments, order, line ends: what is added comes behind it."""
    text = f"# ours{end}ignore:   # all of it{end}- {{address: connector.going, until: '2999-01-01', reason: A}}"
    before = (text + last.format(end=end)).encode()
    (zoo.folder / FILE).write_bytes(before)
    zoo.ok(*IGNORE)
    after = (zoo.folder / FILE).read_bytes()

    assert after.startswith(before)
    assert (b"\r\n" in after) is (end == "\r\n")
    assert after.count(b"\n") == after.count(end.encode())
    assert [one["address"] for one in checked(zoo)["ignored"]] == ["connector.day-model"]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "ignore:\n", "ignore: []\n", "ignore: null\n"])
def test_an_empty_list(zoo: Zoo, text: str) -> None:
    """A list with nothing in it takes the first line."""
    listed(zoo, text)
    done = zoo.run(*IGNORE)

    assert done.returncode == 0, done.said
    assert checked(zoo)["ignored"]


def test_a_list_nothing_can_be_added_to(zoo: Zoo) -> None:
    """A list that is written in one line is left as it is, and the person is told."""
    text = "ignore: [{address: connector.going, until: '2999-01-01', reason: A}]\n"
    listed(zoo, text)
    done = zoo.run(*IGNORE)

    assert done.codes == {"bad-ignore"}
    assert (zoo.folder / FILE).read_text(encoding="utf-8") == text


def test_later_days_count(zoo: Zoo) -> None:
    """Of two lines about one field the one that lasts longer counts; the other is not told as over."""
    listed(zoo, RULE.format(day="2020-01-01", reason="First"))
    zoo.ok(*IGNORE)
    found = checked(zoo)

    assert (found["diagnostics"], len(found["ignored"])) == ([], 1)


WRONG = {
    "no address": (("temperature",), "bad-address"),
    "no such object": (("connector.nobody",), "no-such-object"),
    "no such field": (("connector.day-model.settings.heat",), "no-such-field"),
    "a secret": (("connector.day-model.settings.access_token",), "not-observable"),
    "no day": ((FIELD, "--until", "soon"), "bad-day"),
    "a day that has passed": ((FIELD, "--until", "2020-01-01"), "bad-day"),
    "no reason": ((FIELD, "--reason", "  "), "no-reason"),
    "a reason that colours": ((FIELD, "--reason", "Load \x1b[31mtest"), "no-reason"),
    "a reason that hides": ((FIELD, "--reason", "Load\u202etest"), "no-reason"),
    "a reason that is no text": ((FIELD, "--reason", "Load\udc80test"), "no-reason"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage(zoo: Zoo, case: str) -> None:
    """What makes no sense is refused before anything is written."""
    words, code = WRONG[case]
    given = {"--until": "2999-12-31", "--reason": "Why"}
    given |= dict(zip(words[1::2], words[2::2], strict=True))
    done = zoo.run("drift", "ignore", "tenants/zoo", words[0], *[word for pair in given.items() for word in pair])

    assert (done.returncode, done.codes) == (64, {code})
    assert not (zoo.folder / FILE).exists()


def test_a_folder_that_cannot_be_written(zoo: Zoo) -> None:
    """Where nothing can be written it is said, and nothing half is left."""
    zoo.folder.chmod(0o500)
    done = zoo.process(*IGNORE, first=obey_modes)
    zoo.folder.chmod(0o700)

    assert (done.returncode, done.codes) == (1, {"file-not-written"})
    assert [path.name for path in zoo.folder.iterdir()] == ["zoo.yaml"]


def test_a_file_that_cannot_be_used_hides_no_answer(zoo: Zoo) -> None:
    """Nothing drifted, whatever was to be let be: the check says so, and warns of the file."""
    zoo.declare(BEFORE)
    zoo.apply()
    (zoo.folder / FILE).write_text("ignore: [", encoding="utf-8")
    checked = zoo.run("drift", "check", "tenants/zoo")

    assert (checked.returncode, checked.codes) == (0, {"yaml-syntax"})
    assert "warning[yaml-syntax]" in checked.stderr


def test_ignored_once(zoo: Zoo) -> None:
    """What is on the list already is not put there twice: the same changes nothing, another day is refused."""
    zoo.ok(*IGNORE)
    before = (zoo.folder / FILE).read_bytes()
    zoo.ok(*IGNORE)
    other = zoo.run(*(one.replace("2999-12-31", "2999-01-01") for one in IGNORE))

    assert (zoo.folder / FILE).read_bytes() == before
    assert (other.returncode, other.codes) == (64, {"already-ignored"})
    assert f"{FIELD} until 2999-12-31: Tuned by hand" in other.said
    assert f"tenants/zoo/{FILE}:3" in other.said


MANY = "connectors:\n" + "".join(
    f"  s-{n}: {{type: api_key, name: S {n}, settings: {{api_key: '${{env:OTHER_KEY}}'}}}}\n" for n in range(300)
)


@pytest.mark.parametrize("tuned", [True, False], ids=["drift", "an edit that waits"])
def test_what_was_ignored_is_seen_when_the_list_goes(zoo: Zoo, tuned: bool) -> None:
    """That a plan found nothing else is not remembered, in a tenant so large that a part of it is looked at."""
    zoo.declare(MANY, "spare.yaml")
    zoo.apply()
    zoo.ok("plan", "tenants/zoo")
    if tuned:
        zoo.ok(*TUNED)
    zoo.ok(*IGNORE)
    if not tuned:
        zoo.declare(BEFORE.replace("temperature: 0", "temperature: 0.75", 1))
    waiting = [zoo.run("plan", "tenants/zoo", "--detailed-exitcode").returncode for _ in range(2)]
    (zoo.folder / FILE).unlink()

    assert waiting == [0, 0]
    assert zoo.run("plan", "tenants/zoo", "--detailed-exitcode").returncode == 2
