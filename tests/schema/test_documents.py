"""What is wrong with a type file is said by file and JSON pointer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from flametree_cfg.errors import ConfigInvalid, ExitCode
from flametree_cfg.model import Kind
from flametree_cfg.schema import Catalog
from tests.schema.files import body, documents

Document = dict[str, Any]


def faults(given: dict[str, Any]) -> list[str]:
    """Build a catalog that must fail; give the details."""
    with pytest.raises(ConfigInvalid) as caught:
        Catalog.from_documents(given)
    assert {d.code for d in caught.value.diagnostics} == {"bad-type-file"}
    assert caught.value.exit_code is ExitCode.INVALID
    return [d.detail for d in caught.value.diagnostics]


def change(place: str, edit: Callable[[Document], object]) -> dict[str, Any]:
    """Break one of our own documents."""
    given = documents()
    edit(given[place])
    return given


@pytest.mark.parametrize(
    ("place", "edit", "pointer"),
    [
        ("connectors/llm", lambda d: d.update({"x-rolle": {}}), "#: unknown annotation or keyword `x-rolle`"),
        ("connectors/llm", lambda d: d.update({"requierd": []}), "#: unknown annotation or keyword `requierd`"),
        ("connectors/llm", lambda d: d.pop("description"), "#: 'description' is a required property"),
        ("connectors/llm", lambda d: d.update({"additionalProperties": True}), "#/additionalProperties"),
        (
            "connectors/llm",
            lambda d: d["properties"]["api_url"].update({"x-secret": True}),
            "#/properties/api_url: unknown annotation or keyword `x-secret`",
        ),
        (
            "connectors/llm",
            lambda d: d["properties"]["api_url"].update({"pattern": "["}),
            "#/properties/api_url/pattern: no regular expression",
        ),
        (
            "connectors/llm",
            lambda d: d["properties"]["api_url"].update({"pattern": r"^\d+$"}),
            "#/properties/api_url/pattern",
        ),
        (
            "connectors/llm",
            lambda d: d["properties"]["api_url"].update({"$ref": "https://evil.example/x.json"}),
            "#/properties/api_url: unknown annotation or keyword `$ref`",
        ),
        (
            "connectors/llm",
            lambda d: d["properties"]["temperature"].update({"writeOnly": True}),
            "#/properties/temperature: a secret (`writeOnly`) is of type string",
        ),
        (
            "connectors/llm",
            lambda d: d["properties"]["access_token"].update({"default": "x"}),
            "#/properties/access_token/default: a secret has no default",
        ),
        ("connectors/llm", lambda d: d["required"].append("gone"), "#/required: `gone` is not among the properties"),
        ("connectors/llm", lambda d: d.update({"x-lifecycle": "own"}), "#/x-lifecycle: a connector is not started"),
        ("connectors/llm", lambda d: d.update({"x-replacement": "vlm"}), "#/x-replacement: only a deprecated type"),
        ("connectors/llm", lambda d: d["x-check"].update({"method": "PATCH"}), "#/x-check/method"),
        ("connectors/llm", lambda d: d["x-check"].pop("url"), "#/x-check: 'url' is a required property"),
        ("connectors/llm", lambda d: d["x-check"]["needs"].append("gone"), "#/x-check/needs: `gone`"),
        ("connectors/mcp", lambda d: d.update({"x-unique-per-agent": ["gone"]}), "#/x-unique-per-agent: `gone`"),
        (
            "connectors/intercom",
            lambda d: d["x-role"].update({"many": False}),
            "#/x-role: another type describes the role `uses` differently",
        ),
        ("channels/sip", lambda d: d.update({"x-requires-roles": ["ears"]}), "#/x-requires-roles: no type fills"),
        ("channels/email", lambda d: d["x-accounts"]["fields"].pop(), "#/x-accounts/fields"),
        ("channels/email", lambda d: d["x-accounts"].update({"key": "password"}), "#/x-accounts/key"),
        ("channels/email", lambda d: d["properties"]["accounts"].pop("minItems"), "#/properties/accounts: a list"),
        ("channels/sip", lambda d: d.update({"x-role": {"name": "a", "many": True, "title": "A"}}), "#/x-role"),
        ("agent", lambda d: d.update({"x-type": {}}), "#: unknown annotation or keyword `x-type`"),
    ],
)
def test_fault_is_named_by_pointer(place: str, edit: Callable[[Document], object], pointer: str) -> None:
    """Each fault names its file and the JSON pointer in it."""
    details = faults(change(place, edit))

    assert any(f"schemas/{place}.json{pointer}" in detail for detail in details), details


def test_deprecated_type_names_an_existing_replacement() -> None:
    """A replacement that does not exist is a fault."""
    given = change("connectors/vlm", lambda d: d.update({"deprecated": True, "x-replacement": "gone"}))

    assert faults(given) == ["schemas/connectors/vlm.json#/x-replacement: there is no type `gone`"]


@pytest.mark.parametrize("document", [None, [], "x", 1, {1: 2}, {}])
def test_anything_but_a_type_file_is_a_fault(document: object) -> None:
    """A document that is no type file at all is a fault, not a crash."""
    assert faults({"connectors/novel": document})


@pytest.mark.parametrize("place", ["connectors/Big", "connectors/a-b", "tools/llm", "llm", "connectors/", "tenant"])
def test_place_is_the_name(place: str) -> None:
    """A document stands in a known folder and is named after a slug."""
    assert faults({place: documents()["connectors/llm"]})


def test_all_faults_are_told() -> None:
    """Faults of two files come together."""
    given = documents()
    given["connectors/llm"]["x-a"] = 1
    given["channels/sip"]["x-b"] = 1

    assert len(faults(given)) == 2


def test_documents_judged_before_are_not_judged_again() -> None:
    """Who knows that these very documents are well-formed may say so, and gets the same catalog."""
    first = Catalog.from_documents(documents())
    again = Catalog.from_documents(documents(), [first.digest])

    assert again.digest == first.digest
    assert again.types(Kind.CHANNEL) == first.types(Kind.CHANNEL)
    assert again.check(Kind.CHANNEL, body(Kind.CHANNEL, "telegram")) == []


def test_other_documents_are_judged_whatever_was_judged_before() -> None:
    """One changed word, and all of it is looked at; what has no digest too."""
    first = Catalog.from_documents(documents())
    changed, deep = documents(), documents()
    changed["connectors/llm"]["x-unheard"] = True
    deep["connectors/llm"] = {1: {"a": 1}, "b": 2}

    for wrong in (changed, deep):
        with pytest.raises(ConfigInvalid, match="well-formed"):
            Catalog.from_documents(wrong, [first.digest])


def test_validator_is_not_loaded_for_documents_judged_before() -> None:
    """A command that judges nothing anew does not pay for the engine."""
    program = (
        "import json, sys; from flametree_cfg.schema import Catalog; files, digest = json.load(sys.stdin);"
        "Catalog.from_documents(files, [digest]); sys.exit('jsonschema_rs' in sys.modules)"
    )
    said = json.dumps([documents(), Catalog.from_documents(documents()).digest])

    assert subprocess.run([sys.executable, "-c", program], input=said, text=True, check=False).returncode == 0
