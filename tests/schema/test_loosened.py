"""The editors' schema of files with bases and variables."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from flametree_cfg.schema import tenant_schema
from tests.schema.files import agent, catalog, channel, connector

LLM = {"connectors": {"a": connector()}}
PART: dict[str, Any] = {"settings": {"temperature": 0.5}}


def judge(document: object) -> bool:
    """Validate a document by the plain reference validator."""
    return bool(Draft202012Validator(tenant_schema(catalog())).is_valid(document))


@pytest.mark.parametrize(
    "document",
    [
        {"extends": ["../_shared/base"]},
        {"extends": "../_shared/base", "vars": {"a": 1, "b-c": "x", "d": True}},
        {"connectors": {"a": connector(temperature="${var:t}", model_name="${var:m}-x")}},
        {"connectors": {"a": {**connector(), "default": "${var:d}", "name": "${var:n}"}}},
        {"channels": {"c": {**channel(), "running": "${var:r}"}}},
        {"agents": {"a": agent(type="${var:t}", connectors={"llm": "${var:l}", "mcp": ["${var:m}"]})}},
        {"agents": {"a": agent(environment={"A": "${var:a}", "B": {"secret": "${env:B}"}})}},
        {"extends": [], "connectors": {"a": PART, "b": None}, "channels": None},
        {"extends": [], "connectors": {"a": {**PART, "type": "llm", "description": None}}},
        {"extends": [], "agents": {"a": {"channels": {"x": None}, "connectors": {"llm": "b", "mcp": None}}}},
    ],
)
def test_what_an_editor_takes(document: object) -> None:
    """Variables in values, and parts of a whole where there is a base."""
    assert judge(document)


@pytest.mark.parametrize(
    "document",
    [
        {"extends": []} | {"connectors": {"a": connector(access_token="sk-1")}},
        {"connectors": {"a": connector(access_token="${var:t}")}},
        {"extends": [], "connectors": {"a": connector(access_token="${var:t}")}},
        {"agents": {"a": agent(environment={"B": {"secret": "${var:b}"}})}},
        {"connectors": {"a": connector(temperature="hot")}},
        {"connectors": {"a": connector(temperature="${var:}")}},
        {"connectors": {"a": connector(model_name="${env:X}")}},
        {"connectors": {"a": PART}},
        {"connectors": {"a": None}},
        {"extends": [], "connectors": {"a": {**PART, "nmae": "x"}}},
        {"extends": [], "connectors": {"a": {"type": "llm", "settings": {"tmeperature": 1}}}},
        {"extends": [], "connectors": {"a": {"type": "llm", "settings": {"temperature": "hot"}}}},
        {"extends": [3]},
        {"extends": ["a", "a"]},
        {"extends": None},
        {"vars": {"a": "${env:X}"}},
        {"vars": {"a b": 1}},
        {"vars": {"a": [1]}},
        {"vars": []},
    ],
)
def test_what_an_editor_underlines(document: object) -> None:
    """Secrets in variables, misspelt keys, wrong forms; and parts of a whole where nothing is below."""
    assert not judge(document)


def test_whole_documents_are_right_as_parts_too() -> None:
    """Whatever may stand alone may stand over a base."""
    for document in (LLM, {"channels": {"c": channel()}}, {"agents": {"a": agent()}}):
        assert judge(document)
        assert judge({"extends": [], **document})
