"""The document schema that editors use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from flametree_cfg.schema import dump_tenant_schema, tenant_schema
from tests.schema.files import TENANT, agent, catalog, channel, connector


def judge(document: object) -> bool:
    """Validate a document by the plain reference validator."""
    return bool(Draft202012Validator(tenant_schema(catalog())).is_valid(document))


def test_committed_schema_is_fresh() -> None:
    """`schemas/tenant.json` is what the catalog gives; run `flametree-cfg schema export` to renew it."""
    assert TENANT.read_text() == dump_tenant_schema(catalog())


def test_is_a_json_schema() -> None:
    """It is JSON Schema 2020-12."""
    Draft202012Validator.check_schema(tenant_schema(catalog()))


def test_is_self_contained() -> None:
    """Every reference stays inside the document and leads somewhere."""
    schema = tenant_schema(catalog())

    references = set(_references(schema))

    assert references
    assert {ref.removeprefix("#/$defs/") for ref in references} <= set(schema["$defs"])


def test_whole_document() -> None:
    """A tenant with all sections is valid."""
    document = {
        "tenant": "acme",
        "connectors": {"gpt": connector()},
        "channels": {"bot": channel()},
        "agents": {"desk": agent(connectors={"llm": "gpt"}, channels={"bot": {"inbound": True}})},
    }

    assert judge(document)


@pytest.mark.parametrize(
    "document",
    [
        {"tenant": "Acme Corp"},
        {"tenants": "acme"},
        {"connectors": []},
        {"connectors": None},
        {"connectors": {"Bad Key": connector()}},
        {"connectors": {"bad-key\n": connector()}},
        {"channels": {"bot": connector()}},
        {"connectors": {"a": connector(access_token="sk-1")}},
        {"channels": {"phone": {**channel("sip"), "running": True}}},
        {"connectors": {"a": {"type": "llm", "name": "x"}}},
        {"agents": {"a": agent(connectors={"nose": "x"})}},
    ],
)
def test_wrong_documents(document: object) -> None:
    """What `validate` refuses an editor underlines."""
    assert not judge(document)


@pytest.mark.parametrize("document", [{}, {"tenant": "acme"}, {"connectors": {}}, {"agents": {"a": agent()}}])
def test_partial_documents(document: object) -> None:
    """A tenant is many files: none needs to be whole."""
    assert judge(document)


def test_secret_fields_take_references() -> None:
    """An editor accepts a reference in a secret field and shows the form."""
    part = tenant_schema(catalog())["$defs"]["channel-telegram"]["properties"]["settings"]

    assert part["properties"]["bot_token"]["examples"] == ["${env:NAME}"]
    assert "0-9]+:" not in json.dumps(part)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for below in node.values():
            yield from _references(below)
    elif isinstance(node, list):
        for below in node:
            yield from _references(below)
