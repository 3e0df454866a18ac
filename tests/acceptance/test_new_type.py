"""A new type is one JSON file and no code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scenario.running import Zoo

RERANKER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Reranker",
    "description": "Orders search results.",
    "type": "object",
    "additionalProperties": False,
    "x-category": "AI Models",
    "x-role": {"name": "reranker", "title": "Reranker", "many": False},
    "x-lifecycle": "none",
    "properties": {
        "api_url": {"type": "string", "description": "Base URL.", "pattern": "^https?://"},
        "api_key": {"type": "string", "description": "Key.", "writeOnly": True},
        "top": {"type": "integer", "description": "How many to keep.", "minimum": 1, "default": 5},
    },
    "required": ["api_url", "api_key"],
}
TENANT = """
connectors:
  order:
    type: reranker
    name: Order
    settings: {api_url: "https://rank.example", api_key: "${env:OTHER_KEY}", top: 3}
agents:
  desk:
    type: inbound
    name: Desk
    connectors: {reranker: order}
"""


@pytest.fixture
def schemas(zoo: Zoo) -> str:
    """Drop the one file."""
    folder = zoo.root / "more" / "connectors"
    folder.mkdir(parents=True)
    (folder / "reranker.json").write_text(json.dumps(RERANKER))
    return str(folder.parent)


def test_it_validates_plans_applies_drifts_and_explains(zoo: Zoo, schemas: str) -> None:
    """Everything that works for the built-in types works for it."""
    zoo.declare(TENANT)
    zoo.environment["FLAMETREE_SCHEMAS"] = schemas
    zoo.ok("validate", "tenants/zoo")
    planned = zoo.ok("plan", "tenants/zoo")
    zoo.apply()
    settled = zoo.settled()
    zoo.ok("registry", "set", "zoo", "connector.order", "settings.top=9")
    drifted = zoo.run("drift", "check", "tenants/zoo")
    explained = zoo.ok("explain", "connector/reranker")
    exported = json.loads(zoo.ok("schema", "export"))

    assert "settings.top: 3" in planned
    assert settled
    assert (drifted.returncode, "settings.top: 3 → 9" in drifted.stdout) == (3, True)
    assert "How many to keep" in explained
    assert "reranker" in json.dumps(exported)


def test_its_settings_are_checked(zoo: Zoo, schemas: str) -> None:
    """A wrong setting of the new type gets a place and a next step."""
    zoo.declare(TENANT.replace("top: 3", "topp: 3"))
    refused = zoo.run("validate", "tenants/zoo", "--schemas", schemas)

    assert refused.returncode == 4
    assert "zoo.yaml:7:" in refused.stdout
    assert "did you mean `top`" in refused.stdout


@pytest.mark.parametrize(
    ("kind", "name", "section"),
    [("connectors", "legacy_llm", "connectors"), ("channels", "legacy_telegram", "channels")],
)
def test_deprecated_types_warn(zoo: Zoo, kind: str, name: str, section: str) -> None:
    """A deprecated type works and names its replacement."""
    catalog = Path(__file__).parent.parent / "catalog"
    document = json.loads((catalog / kind / f"{name}.json").read_text())
    example = document.get("examples", [{}])[0]
    zoo.declare(f"{section}:\n  old: {json.dumps({'type': name, 'name': 'Old', 'settings': example})}\n")
    validated = zoo.run("validate", "tenants/zoo", "--schemas", str(catalog))

    assert validated.returncode == 0
    assert "warning[deprecated-type]" in validated.stdout
    assert document["x-replacement"] in validated.stdout
