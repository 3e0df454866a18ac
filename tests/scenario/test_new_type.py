"""A new type is one JSON file: nothing else is written, and every command knows it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.scenario.running import Zoo

FILES = Path(__file__).parents[1] / "catalog"
RERANKER = """
connectors:
  ranker:
    type: reranker
    name: Ranker
    settings: {api_url: "https://rerank.example", access_token: "${env:OTHER_KEY}"}
  model:
    type: llm
    name: Model
    settings: {api_url: "https://llm.example/v1", access_token: "${env:OPENAI_KEY}", model_name: m, temperature: 0}
agents:
  ann:
    type: inbound
    name: Ann
    connectors: {llm: model, reranker: ranker}
"""
OLD = """
connectors:
  model:
    type: legacy_llm
    name: Model
    settings: {endpoint: "https://llm.example", key: "${env:OPENAI_KEY}", engine: m}
channels:
  bot:
    type: legacy_telegram
    name: Bot
    settings: {token: "${env:BOT_TOKEN}"}
"""


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Give a zoo with one more type of connector, which the environment points to."""
    (tmp_path / "types" / "connectors").mkdir(parents=True)
    shutil.copy(FILES / "connectors" / "reranker.json", tmp_path / "types" / "connectors")
    zoo = Zoo(tmp_path, {"FLAMETREE_SCHEMAS": "types"})
    zoo.declare(RERANKER)
    return zoo


def test_it_applies_and_drifts(zoo: Zoo) -> None:
    """It validates, plans, applies, drifts when edited outside, and is put right."""
    zoo.ok("validate", "tenants/zoo")
    planned = zoo.ok("plan", "tenants/zoo")
    zoo.apply()
    zoo.ok("registry", "set", "zoo", "connector.ranker", "settings.top_n=3")
    drifted = zoo.run("drift", "check", "tenants/zoo")
    zoo.apply()

    assert '+ create  connector.ranker   reranker "Ranker"' in planned
    assert drifted.returncode == 3
    assert "settings.top_n: 10 → 3" in drifted.stdout
    assert zoo.settled()


def test_its_role_is_an_agents(zoo: Zoo) -> None:
    """The role that it names links it, and only it."""
    zoo.apply()
    card = zoo.document("show", "tenants/zoo", "agent.ann")["cards"][0]
    zoo.declare(RERANKER.replace("reranker: ranker", "reranker: model"))
    wrong = zoo.run("validate", "tenants/zoo")

    assert "connector.ranker" in card["linked"]
    assert wrong.returncode == 4
    assert wrong.codes == {"wrong-role"}


def test_its_secret_is_a_secret(zoo: Zoo) -> None:
    """Its `writeOnly` field takes a reference only, and its rotation is seen."""
    zoo.apply()
    rotated = zoo.run("plan", "tenants/zoo", OTHER_KEY="sk-another-0123456789abcdef")
    zoo.declare(RERANKER.replace("${env:OTHER_KEY}", "sk-in-clear-0123456789"))
    literal = zoo.run("validate", "tenants/zoo")

    assert "settings.access_token: (secret ${env:OTHER_KEY}) rotated" in rotated.stdout
    assert literal.codes == {"literal-secret"}
    assert "sk-in-clear" not in literal.said


def test_what_cannot_change_replaces(zoo: Zoo) -> None:
    """A change of its `x-immutable` setting makes another object in place of the old one."""
    zoo.apply()
    before = zoo.ids()["connector.ranker"]
    zoo.declare(RERANKER.replace('"${env:OTHER_KEY}"}', '"${env:OTHER_KEY}", region: us}'))
    planned = zoo.ok("plan", "tenants/zoo")
    zoo.apply()

    assert "± replace connector.ranker" in planned
    assert zoo.ids()["connector.ranker"] != before
    assert zoo.settled()


def test_it_is_explained_and_completed(zoo: Zoo) -> None:
    """`explain` tells its fields, and the editor's schema offers it."""
    told = zoo.ok("explain", "connector/reranker")
    schema = zoo.ok("schema", "export")

    assert "top_n" in told
    assert "How many results are kept." in told
    assert "reranker" in json.dumps(json.loads(schema))
    assert "reranker" not in zoo.ok("schema", "export", FLAMETREE_SCHEMAS="")


def test_without_its_file_nothing_is_deleted(zoo: Zoo) -> None:
    """Who forgets `--schemas` is told of an unknown type; no plan is made."""
    zoo.apply()
    planned = zoo.run("plan", "tenants/zoo", FLAMETREE_SCHEMAS="")
    applied = zoo.run("apply", "tenants/zoo", "--yes", FLAMETREE_SCHEMAS="")

    assert (planned.returncode, applied.returncode) == (4, 4)
    assert "unknown-type" in planned.codes
    assert zoo.settled()


def test_a_broken_file_is_named(zoo: Zoo) -> None:
    """A type file that is no JSON, or no type, is named with its place, before any tenant is read."""
    file = zoo.root / "types" / "connectors" / "reranker.json"
    for text in ("{", "[]", '{"type": "object"}', '{"title": "X", "title": "Y"}', "[" * 5000):
        file.write_text(text, encoding="utf-8")
        ended = zoo.run("validate", "tenants/zoo")

        assert ended.returncode == 4
        assert ended.codes == {"bad-type-file"}
        assert "types/connectors/reranker.json" in ended.said


def test_a_type_that_exists_is_not_taken_over(zoo: Zoo) -> None:
    """An operator's file cannot replace a type that comes with the program."""
    shutil.copy(zoo.root / "types/connectors/reranker.json", zoo.root / "types/connectors/llm.json")
    ended = zoo.run("validate", "tenants/zoo")

    assert ended.codes == {"bad-type-file"}
    assert "connectors/llm is there already" in ended.said


def test_deprecated_types_warn(tmp_path: Path) -> None:
    """A deprecated type of each kind, and a deprecated setting, work and warn, naming what to use instead."""
    zoo = Zoo(tmp_path, {"FLAMETREE_SCHEMAS": str(FILES)})
    zoo.declare(OLD)
    valid = zoo.run("validate", "tenants/zoo")
    strict = zoo.run("validate", "tenants/zoo", "-E", "deprecated-type")
    zoo.apply()

    assert valid.returncode == 0
    assert valid.codes == {"deprecated-type", "deprecated-setting"}
    assert "`llm`" in valid.said
    assert "`telegram`" in valid.said
    assert "leave it out; the endpoint decides" in valid.said
    assert strict.returncode == 4
    assert zoo.settled()
