"""Tests of `import: ID` in the YAML of a resource, and of the command that does the same at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scenario.running import Zoo

MODEL = """\
connectors:
  model:
    type: llm
    name: {name}
    import: {id}
    settings:
      api_url: https://api.example/v1
      access_token: ${{env:OPENAI_KEY}}
      model_name: m
      temperature: {temperature}
"""
SETTINGS = (
    "settings.api_url=https://api.example/v1",
    "settings.access_token=${env:OTHER_KEY}",
    "settings.model_name=m",
    "settings.temperature=0",
)
BOT = ("registry", "create", "zoo", "channel", "telegram", "Bot", "settings.bot_token=${env:BOT_TOKEN}")


@pytest.fixture
def made(zoo: Zoo) -> str:
    """Make a connector in the portal; gives its id."""
    zoo.folder.mkdir(parents=True)
    zoo.ok("registry", "create", "zoo", "connector", "llm", "Portal model", *SETTINGS)
    (one,) = zoo.objects()
    identity: str = one["id"]
    return identity


def _declare(zoo: Zoo, platform_id: str, name: str = "Portal model", temperature: float = 0.0) -> None:
    zoo.declare(MODEL.format(id=json.dumps(platform_id), name=name, temperature=temperature))


def _plan(zoo: Zoo) -> dict[str, Any]:
    (tenant,) = zoo.document("plan", "tenants/zoo")["tenants"]
    plan: dict[str, Any] = tenant["plan"]
    return plan


def test_the_plan_shows_the_import_and_what_differs(zoo: Zoo, made: str) -> None:
    """First the import, then the update, both counted; nothing is created."""
    _declare(zoo, made, name="Our model", temperature=0.5)

    text = zoo.ok("plan", "tenants/zoo")
    plan = _plan(zoo)

    assert f"= import  connector.model <- {made}" in text
    assert "1 to import, 0 to add, 1 to change, 0 to delete" in text
    assert [step["action"] for step in plan["operations"]] == ["bind", "update"]
    assert plan["summary"]["imports"] == 1


def test_apply_takes_it_over_and_makes_no_second_one(zoo: Zoo, made: str) -> None:
    """The object keeps its id and becomes as declared; secrets are sent once; then nothing is left to do."""
    _declare(zoo, made, name="Our model", temperature=0.5)

    zoo.apply()

    (one,) = zoo.objects()
    assert (one["id"], one["fields"]["name"]) == (made, "Our model")
    assert zoo.ids() == {"connector.model": made}
    assert zoo.settled()


def test_afterwards_the_key_may_stay_and_may_go(zoo: Zoo, made: str) -> None:
    """Each plan says that it can be taken out, with a cache and without; taking it out changes nothing."""
    _declare(zoo, made)
    zoo.apply()

    for more in ((), (), ("--no-cache",)):
        done = zoo.run("plan", "tenants/zoo", "--detailed-exitcode", *more)
        assert (done.returncode, done.codes) == (0, {"import-done"})
        assert "tenants/zoo/zoo.yaml:6:" in done.said
    path = zoo.folder / "zoo.yaml"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "import:" not in line))

    assert zoo.run("plan", "tenants/zoo", "--detailed-exitcode").codes == set()
    assert zoo.settled()


def test_a_plan_without_the_platform_shows_it_too(zoo: Zoo, made: str) -> None:
    """`--no-refresh` asks nobody, and does not take it for something to create."""
    _declare(zoo, made)

    assert "1 to import, 0 to add, 0 to change" in zoo.ok("plan", "tenants/zoo", "--no-refresh")


def test_a_saved_plan_carries_it(zoo: Zoo, made: str) -> None:
    """What is applied is what was saved, whatever the YAML says by then; and only once."""
    _declare(zoo, made, temperature=0.5)
    zoo.ok("plan", "tenants/zoo", "--out", "plan.json")
    (zoo.folder / "zoo.yaml").write_text("tenant: zoo\nconnectors: {}\n")

    zoo.ok("apply", "plan.json")

    assert zoo.ids() == {"connector.model": made}
    assert len(zoo.objects()) == 1
    assert zoo.run("apply", "plan.json").returncode == 6


def test_a_saved_plan_whose_object_is_gone_is_stale(zoo: Zoo, made: str) -> None:
    """The object was deleted since: nothing is made in its place."""
    _declare(zoo, made, temperature=0.5)
    zoo.ok("plan", "tenants/zoo", "--out", "plan.json")
    zoo.ok("registry", "delete", "zoo", "connector:Portal model")

    assert zoo.run("apply", "plan.json").returncode == 6
    assert zoo.objects() == []


def test_a_saved_import_alone_is_stale_too(zoo: Zoo) -> None:
    """Where nothing but the ledger would change, the object has to be there all the same."""
    settings = ("settings.integration_code=A", "settings.server_endpoint=https://mcp.example/a")
    zoo.ok("registry", "create", "zoo", "connector", "mcp", "Tools", *settings)
    (tools,) = zoo.objects()
    body = "type: mcp, name: Tools, settings: {integration_code: A, server_endpoint: https://mcp.example/a}"
    zoo.declare(f"connectors:\n  tools: {{{body}, import: {tools['id']}}}\n")
    zoo.ok("plan", "tenants/zoo", "--out", "plan.json")
    assert [step["action"] for step in _plan(zoo)["operations"]] == ["bind"]
    zoo.ok("registry", "delete", "zoo", "connector:Tools")

    assert zoo.run("apply", "plan.json").returncode == 6
    assert zoo.objects() == []


def test_an_interrupted_import_goes_on(zoo: Zoo, made: str) -> None:
    """Killed at any named point, the next apply ends with that one object."""
    _declare(zoo, made, temperature=0.5)
    for point in ("after-journal", "before-platform", "after-platform", "before-ledger", "after-ledger"):
        zoo.process("apply", "tenants/zoo", "--yes", FLAMETREE_TESTING="1", FLAMETREE_CRASH_AT=point)

    zoo.apply()

    assert zoo.ids() == {"connector.model": made}
    assert len(zoo.objects()) == 1
    assert zoo.run("plan", "tenants/zoo", "--detailed-exitcode").returncode == 0


def _refused(zoo: Zoo, code: str) -> None:
    """See that plan and apply refuse, at the line of the key, and that nothing is made."""
    before = zoo.objects()
    for words in (("plan", "tenants/zoo"), ("apply", "tenants/zoo", "--yes")):
        done = zoo.run(*words)
        assert done.returncode == 4, done.said
        assert code in done.codes
        assert "tenants/zoo/zoo.yaml:6:" in done.said
    assert zoo.objects() == before


def test_an_id_that_nobody_has_is_refused(zoo: Zoo, made: str) -> None:
    """Nothing is created instead."""
    _declare(zoo, "no-such-id")

    _refused(zoo, "no-such-object")
    assert made in zoo.run("plan", "tenants/zoo").said


def test_an_object_of_another_kind_is_refused(zoo: Zoo, made: str) -> None:
    """And it says what it is."""
    zoo.ok(*BOT)
    bot = next(one["id"] for one in zoo.objects() if one["id"] != made)
    _declare(zoo, bot)

    _refused(zoo, "no-such-object")
    assert f"no connector with id {bot}: that is a channel" in zoo.run("plan", "tenants/zoo").said


def test_an_object_of_another_type_is_refused(zoo: Zoo, made: str) -> None:
    """It would have to be replaced, which is no import."""
    settings = '{api_key: "${env:OTHER_KEY}"}'
    zoo.declare(f"connectors:\n  key: {{type: api_key, name: Key, settings: {settings}, import: {made}}}\n")

    done = zoo.run("plan", "tenants/zoo")

    assert (done.returncode, done.codes) == (4, {"other-type"})


def test_an_object_that_is_ours_is_refused(zoo: Zoo, made: str) -> None:
    """Under another key `previously` is what is meant."""
    _declare(zoo, made)
    zoo.apply()
    path = zoo.folder / "zoo.yaml"
    path.write_text(path.read_text().replace("  model:", "  renamed:"))

    _refused(zoo, "already-known")
    assert "previously: [model]" in zoo.run("plan", "tenants/zoo").said


def test_two_that_want_the_same_are_refused(zoo: Zoo, made: str) -> None:
    """One object has one address."""
    _declare(zoo, made)
    path = zoo.folder / "zoo.yaml"
    body = path.read_text().partition("connectors:\n")[2]
    path.write_text(path.read_text() + body.replace("  model:", "  second:").replace("Portal", "Second"))

    done = zoo.run("plan", "tenants/zoo")

    assert (done.returncode, done.codes) == (4, {"imported-twice"})


def test_a_system_integration_is_refused(zoo: Zoo, made: str) -> None:
    """It belongs to the platform."""
    assert made
    zoo.ok("registry", "system-add", "llm", "Shared", *SETTINGS)
    shared = next(one["id"] for one in zoo.objects() if one["fields"]["name"] == "Shared")
    _declare(zoo, shared, name="Shared")

    _refused(zoo, "import-system")
    assert zoo.run("import", "tenants/zoo", "connector.model", shared).codes == {"import-system"}


def test_what_is_external_imports_nothing(zoo: Zoo, made: str) -> None:
    """External objects are found by type and name: `import` beside it is an error of the file."""
    zoo.declare(f"connectors:\n  model: {{type: llm, name: Portal model, external: true, import: {made}}}\n")

    assert zoo.run("validate", "tenants/zoo").returncode == 4


def test_the_command_does_it_at_once(zoo: Zoo, made: str) -> None:
    """The platform is not touched; the next plan shows what differs."""
    zoo.declare(MODEL.format(id='""', name="Our model", temperature=0.0).replace('    import: ""\n', ""))
    before = zoo.objects()

    zoo.ok("import", "tenants/zoo", "connector.model", made)

    assert zoo.objects() == before
    assert "0 to add, 1 to change" in zoo.ok("plan", "tenants/zoo")
    assert zoo.run("import", "tenants/zoo", "connector.model", made).codes == {"already-known"}


def test_formatting_puts_the_key_in_its_place(zoo: Zoo, made: str) -> None:
    """`fmt` knows it, and the schema for editors does."""
    _declare(zoo, made)
    zoo.ok("fmt", "tenants/zoo")

    zoo.ok("fmt", "--check", "tenants/zoo")
    zoo.ok("validate", "tenants/zoo")
