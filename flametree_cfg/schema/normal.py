"""From settings as written to settings as a resource holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from flametree_cfg.model import Secret, Value


class Plan(Struct, frozen=True):
    """
    What to do to one mapping, worked out once per type.

    Attributes:
        defaults: what an absent field becomes.
        secrets: fields that hold a reference.
        whole: fields whose value is a whole number, which YAML may write as `993.0`.
        below: fields that are objects.
        items: fields that are lists of objects.
        maps: fields whose every value is a secret.
    """

    defaults: Mapping[str, Value] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    below: Mapping[str, Plan] = field(default_factory=dict)
    items: Mapping[str, Plan] = field(default_factory=dict)
    maps: tuple[str, ...] = ()


def plan_of(node: Mapping[str, Any]) -> Plan:
    """Work out the plan of one object schema."""
    properties: Mapping[str, Any] = node.get("properties", {})
    return Plan(
        defaults={key: below["default"] for key, below in properties.items() if "default" in below},
        secrets=tuple(key for key, below in properties.items() if below.get("writeOnly")),
        whole=tuple(key for key, below in properties.items() if below.get("type") == "integer"),
        below={key: plan_of(below) for key, below in properties.items() if "properties" in below},
        items={
            key: plan_of(below["items"]) for key, below in properties.items() if "properties" in below.get("items", {})
        },
        maps=tuple(
            key
            for key, below in properties.items()
            if isinstance(below.get("additionalProperties"), Mapping) and below["additionalProperties"].get("writeOnly")
        ),
    )


def from_yaml(plan: Plan, written: Mapping[str, Any]) -> dict[str, Value]:
    """Fill defaults and turn references into secrets; what was written is left as it is."""
    filled = {**plan.defaults, **written}
    for key in plan.secrets:
        if key in written:
            filled[key] = Secret(written[key])
    for key in plan.whole:
        if isinstance(filled.get(key), float):
            filled[key] = int(filled[key])
    for key in plan.maps:
        if key in written:
            filled[key] = {name: Secret(reference) for name, reference in written[key].items()}
    for key, below in plan.below.items():
        if key in written:
            filled[key] = from_yaml(below, written[key])
    for key, each in plan.items.items():
        if key in written:
            filled[key] = [from_yaml(each, item) for item in written[key]]
    return filled


def fill(plan: Plan, live: Mapping[str, Any]) -> dict[str, Value]:
    """Fill defaults only; whatever else is there, of whatever type, stays."""
    filled = {**plan.defaults, **live}
    if not (plan.below or plan.items):
        return filled
    for key, below in plan.below.items():
        if isinstance(live.get(key), Mapping):
            filled[key] = fill(below, live[key])
    for key, each in plan.items.items():
        if isinstance(live.get(key), list | tuple):
            filled[key] = [fill(each, item) if isinstance(item, Mapping) else item for item in live[key]]
    return filled


def text_or_secret_map(written: Mapping[str, Any]) -> dict[str, Value]:
    """Turn `{secret: reference}` into a secret, value by value."""
    return {name: Secret(value["secret"]) if isinstance(value, Mapping) else value for name, value in written.items()}
