"""Tests of `pull` over every type there is: every field set, every example of its file."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from flametree_cfg.errors import has_errors
from flametree_cfg.model import Kind, Secret, Value
from flametree_cfg.schema import TypeSpec
from tests.pull.desk import CANARY, Desk, put_all, values_for
from tests.scenario.running import Zoo
from tests.schema.files import catalog, specs

TYPES = [pytest.param(spec, id=f"{spec.kind}-{spec.name}") for spec in specs()]


def wholes(spec: TypeSpec) -> list[dict[str, Any]]:
    """List valid settings of a type: its examples, and each with as many more fields as it bears."""
    found = [copy.deepcopy(example) for example in spec.schema["examples"]]
    for example in list(found):
        fuller = copy.deepcopy(example)
        for name, node in spec.schema["properties"].items():
            for value in _values(node):
                tried = {**fuller, name: value}
                if name not in fuller and not has_errors(catalog().check(spec.kind, _body(spec, tried))):
                    fuller = tried
        found.append(fuller)
    return found


def _body(spec: TypeSpec, settings: dict[str, Any]) -> dict[str, Any]:
    return {"type": spec.name, "name": "Anything", "settings": settings}


def _values(node: dict[str, Any]) -> Iterator[Any]:
    if node.get("writeOnly"):
        yield "${env:C}"
    yield from node.get("examples", [])
    yield from (value for value in node.get("enum", []) if value != node.get("default"))
    yield from {"boolean": [True, False], "string": ["text"], "integer": [7], "number": [0.5]}.get(
        str(node.get("type")), []
    )


def masked(value: Value) -> Value:
    """Turn references into secrets, as a platform is handed them."""
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return Secret("${env:C}") if isinstance(value, str) and value.startswith("${") else value


def _fields(spec: TypeSpec, number: int, settings: dict[str, Any]) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "type": spec.name,
        "name": f"{spec.title} {number}",
        "description": f"The {number}. of its kind: # no comment",
        "settings": masked(settings),
    }
    if spec.kind is Kind.CHANNEL:
        fields["environment"] = {"LEVEL": "no", "NUMBER": "1e3", "TOKEN": Secret("${env:C}")}
    return fields


@pytest.mark.parametrize("spec", TYPES)
def test_every_field_of_every_type_is_written(zoo: Zoo, desk: Desk, spec: TypeSpec) -> None:
    """What the platform has of a type stands in the YAML: nothing to plan, no drift, nothing left out."""
    settings = wholes(spec)
    put_all(zoo, [(spec.kind, _fields(spec, n, one)) for n, one in enumerate(settings)])

    done = desk.pull()

    text = desk.text()
    desk.assert_clean()
    desk.assert_clean(**values_for(one["variable"] for one in done["secrets"]))
    assert "external" not in text
    assert CANARY not in text
    assert len(done["added"]) == len(settings)
    files = desk.files()
    assert desk.pull()["written"] == []
    assert desk.files() == files


def test_defaults_are_left_out(zoo: Zoo, desk: Desk) -> None:
    """A setting that is as its type's default says stands in no file."""
    spec = next(one for one in specs() if one.defaults)
    settings = {**spec.schema["examples"][0], **spec.defaults}
    put_all(zoo, [(spec.kind, {"type": spec.name, "name": "One", "settings": masked(settings)})])

    desk.pull()

    text = desk.text()
    assert not [name for name in spec.defaults if f"      {name}:" in text and name not in spec.schema["required"]]
