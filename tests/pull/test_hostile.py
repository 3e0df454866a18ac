"""Tests of `pull` on what people, and others, put into a portal's fields."""

from __future__ import annotations

import cProfile

import pytest

from flametree_cfg.model import Kind, Secret
from tests.pull.desk import Desk, put, put_all
from tests.scenario.running import Zoo

BIDI = "safe \u202egnp.exe"
NAMES = [
    "yes",
    "null",
    "1e3",
    "0x1F",
    "~",
    "12:30:45",
    "2024-01-01",
    "a: b",
    "a #b",
    "- item",
    "'single' and \"double\"",
    "back\\slash \\n",
    "{flow} [list], *star &and !bang %percent @at `tick`",
    "Поддержка",
    "日本語サポート",
    "👋 wave",
    "Ærø & Łódź",
    "%YAML 1.1",
    "---",
    "<<",
    "=",
    "no-break\u00a0space",
    "x" * 200,
]
TEXTS = [
    "two\nlines",
    "ends\n",
    "ends twice\n\n",
    "\nbegins empty",
    "  begins with spaces\nand goes on",
    "trailing space \nhere",
    "tab\there\nand there",
    "crlf\r\nline",
    "# no comment\n--- no document\n... no end",
    "y" * 10_000,
    "\n".join(f"line {number}: # {{x}} 'y'" for number in range(500)),
    " ",
]


def _llm(name: str, **more: object) -> dict[str, object]:
    settings = {
        "api_url": "https://api.example/v1",
        "access_token": Secret("${env:C}"),
        "model_name": "m",
        "temperature": 0.0,
    }
    return {"type": "llm", "name": name, "settings": settings, **more}


@pytest.mark.parametrize("name", NAMES)
def test_any_name_comes_back_as_it_is(zoo: Zoo, desk: Desk, name: str) -> None:
    """A name that means something in YAML is still that name, and nothing is left to do."""
    put(zoo, Kind.CONNECTOR, _llm(name))

    desk.pull()

    desk.assert_clean()
    assert "external" not in desk.text()


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_back_as_it_is(zoo: Zoo, desk: Desk, text: str) -> None:
    """The same of texts of many lines, and of free-form JSON with such keys and values."""
    more = {"json_params": {text[:100].replace("\n", " "): [text.replace("\n", " ").replace("\r", ""), {"no": None}]}}
    body = _llm("One", description=text)
    put(zoo, Kind.CONNECTOR, {**body, "settings": {**body["settings"], **more}})  # type: ignore[dict-item]

    desk.pull()

    desk.assert_clean()
    assert "external" not in desk.text()


@pytest.mark.parametrize("text", [BIDI, "bell \x07", "zero\u200bwidth", "${env:X}", "hidden ${env:PATH} inside"])
def test_what_no_yaml_may_say_makes_an_object_found_only(zoo: Zoo, desk: Desk, text: str) -> None:
    """Hidden characters and what looks like a reference: the object is external, so nothing of it is overwritten."""
    put(zoo, Kind.CONNECTOR, _llm("One", description=text))

    done = desk.run("pull", "desk/zoo")

    desk.assert_clean(X="canary-of-a-reference")
    assert done.codes == {"only-found"}
    assert "external: true" in desk.text()
    assert text not in desk.text()


def test_a_name_that_cannot_be_written_is_told(zoo: Zoo, desk: Desk) -> None:
    """Such an object stays outside our care, and whoever links it keeps the link."""
    put_all(zoo, [(Kind.CONNECTOR, _llm("fine")), (Kind.CONNECTOR, _llm(BIDI))])

    done = desk.run("pull", "desk/zoo")

    assert done.returncode == 0
    assert done.codes == {"not-writable"}
    assert "\u202e" not in done.said
    assert desk.text().count("type: llm") == 1
    desk.ok("validate", "desk/zoo")


def test_keys_are_readable_and_unique(zoo: Zoo, desk: Desk) -> None:
    """Latin letters keep what they say; other scripts get type and number; what collides is numbered."""
    names = ["Café Łódź", "Поддержка", "日本語", "A.B", "A B", "A-B", "-", "x" * 200]
    put_all(zoo, [(Kind.CONNECTOR, _llm(name)) for name in names])

    done = desk.pull()

    assert sorted(address.partition(".")[2] for address in done["added"]) == sorted(
        ["cafe-lodz", "llm-1", "llm-2", "llm-3", "a-b", "a-b-2", "a-b-3", "x" * 63]
    )


def test_variables_are_those_that_tenants_may_read(zoo: Zoo, desk: Desk) -> None:
    """A tenant called like a runner's variables gets a prefix; an operator's pattern is filled."""
    put(zoo, Kind.CONNECTOR, _llm("One"))

    denied = desk.pull("--tenant", "zoo", FLAMETREE_ALLOW_SECRETS="ACME_*")["secrets"]

    assert [one["variable"] for one in denied] == ["ACME_ZOO_ONE_ACCESS_TOKEN"]


def test_two_thousand_objects_take_linear_work(zoo: Zoo, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Four times as many objects take about four times as many calls; the files stay small enough to be read."""
    calls = {}
    for count in (500, 2000):
        some = Zoo(tmp_path_factory.mktemp(f"zoo{count}"), zoo.environment)
        put_all(some, [(Kind.CONNECTOR, _llm(f"Model {number}", description="d" * 200)) for number in range(count)])
        desk = Desk(some)
        profile = cProfile.Profile()
        done = profile.runcall(desk.pull)
        calls[count] = sum(entry.callcount for entry in profile.getstats())

        assert len(done["added"]) == count
        assert desk.run("plan", "desk/zoo", "--detailed-exitcode").returncode == 0
    assert calls[2000] < calls[500] * 5
