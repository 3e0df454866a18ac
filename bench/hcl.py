"""Write teams as Terraform: one `terraform_data` a resource, an object as input, references between them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from bench.corpus import Team


class Ref(str):
    """The name of another `terraform_data`, whose id stands here."""

    __slots__ = ()


def as_hcl(teams: list[Team]) -> str:
    blocks = []
    for team in teams:
        blocks.append(f"# {team.purpose}: {team.reason}")
        for name, body in _resources(team):
            blocks.append(f'resource "terraform_data" "{name}" {{\n  input = {_expression(body, "  ")}\n}}\n')
    return "\n".join(blocks)


def as_state(teams: list[Team]) -> str:
    """Write the state an apply would leave, to the letter; applying 10,000 for real takes Terraform hours."""
    bodies = {name: body for team in teams for name, body in _resources(team)}
    instances = [_instance(name, bodies) for name in bodies]
    state = {
        "version": 4,
        "terraform_version": "1.0.0",
        "serial": 1,
        "lineage": str(uuid.uuid5(uuid.NAMESPACE_DNS, "estate.example")),
        "outputs": {},
        "resources": instances,
        "check_results": None,
    }
    return json.dumps(state)


def _resources(team: Team) -> Iterator[tuple[str, dict[str, Any]]]:
    for section in (team.connectors, team.channels):
        for key, body in section.items():
            yield _name(key), body
    for key, body in team.agents.items():
        links = {role: _refs(keys) for role, keys in body["connectors"].items()}
        yield _name(key), {k: v for k, v in body.items() if k != "channels"} | {"connectors": links}
        for channel, attachment in body.get("channels", {}).items():
            yield (
                f"{_name(key)}_{_name(channel)}",
                {"agent": Ref(_name(key)), "channel": Ref(_name(channel)), **attachment},
            )


def _name(key: str) -> str:
    return key.replace("-", "_")


def _refs(keys: str | list[str]) -> Any:
    return [Ref(_name(key)) for key in keys] if isinstance(keys, list) else Ref(_name(keys))


def _expression(value: Any, indent: str) -> str:
    if isinstance(value, Ref):
        return f"terraform_data.{value}.id"
    if isinstance(value, dict):
        inner = indent + "  "
        return "{\n" + "".join(f"{inner}{k} = {_expression(v, inner)}\n" for k, v in value.items()) + indent + "}"
    if isinstance(value, list):
        return f"[{', '.join(_expression(item, indent) for item in value)}]"
    return json.dumps(value).replace("${", "$${")


def _instance(name: str, bodies: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    body = bodies[name]
    stored = {"value": _resolved(body), "type": _type(body)}
    depends = sorted(f"terraform_data.{ref}" for ref in _needed(body, bodies))
    instance = {
        "schema_version": 0,
        "attributes": {"id": _id(name), "input": stored, "output": stored, "triggers_replace": None},
        "sensitive_attributes": [],
    }
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [instance | ({"dependencies": depends} if depends else {})],
    }


def _needed(body: dict[str, Any], bodies: Mapping[str, dict[str, Any]]) -> set[str]:
    """Follow references to the end: Terraform's state lists what is needed through others, too."""
    direct = set(_references(body))
    return direct.union(*(_needed(bodies[name], bodies) for name in direct))


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def _resolved(value: Any) -> Any:
    if isinstance(value, Ref):
        return _id(value)
    if isinstance(value, dict):
        return {key: _resolved(item) for key, item in value.items()}
    return [_resolved(item) for item in value] if isinstance(value, list) else value


def _type(value: Any) -> Any:
    if isinstance(value, dict):
        return ["object", {key: _type(item) for key, item in value.items()}]
    if isinstance(value, list):
        return ["tuple", [_type(item) for item in value]]
    return "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _references(item)
