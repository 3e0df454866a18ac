"""A value that may be a secret appears in no diagnostic."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from flametree_cfg.model import Kind
from flametree_cfg.schema import TypeSpec
from tests.schema.files import agent, body, catalog, specs

CANARY = "cnry-S3cr3t,Value${"
SHAPES = [CANARY, [CANARY], {"a": CANARY}, {CANARY: 1}, f"{CANARY}\n", f"${{env:{CANARY}}}"]

EVERY_TYPE = pytest.mark.parametrize("spec", specs(extra=True), ids=lambda s: f"{s.kind.section}/{s.name}")


def leaks(kind: Kind, written: object) -> list[str]:
    """List the diagnostics that show the canary."""
    found = catalog(extra=True).check(kind, written)
    assert found, "the body must be wrong for the test to mean something"
    return [str(d) for d in found if "S3cr3t" in f"{d.summary} {d.detail} {d.hint}"]


def with_value(written: dict[str, Any], path: tuple[str, ...], value: object) -> Iterator[dict[str, Any]]:
    """Put a value at a path of a body's settings; `*` is the first item, or a new key of a map."""
    changed = copy.deepcopy(written)
    node: Any = changed["settings"]
    for step, following in itertools.pairwise(path):
        node = node[0] if step == "*" else node.setdefault(step, {} if following == "*" else [])
    node["X-Key" if path[-1] == "*" else path[-1]] = value
    yield changed


@EVERY_TYPE
@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_no_secret_field_shows_its_value(spec: TypeSpec, shape: object) -> None:
    """A literal of any shape in any secret field of any type is not repeated."""
    for path in spec.secrets:
        for written in with_value(body(spec.kind, spec.name), path, shape):
            assert leaks(spec.kind, written) == [], path


@EVERY_TYPE
@pytest.mark.parametrize("shape", SHAPES[:4], ids=range(4))
def test_no_unknown_field_shows_its_value(spec: TypeSpec, shape: object) -> None:
    """The value of an unknown key or setting is not repeated, nor a key that is no name."""
    written = body(spec.kind, spec.name, acess_token=shape, unheard_of=shape)

    assert leaks(spec.kind, written) == []
    assert leaks(spec.kind, {**body(spec.kind, spec.name), "tokn": shape, "settigns": shape, CANARY: 1}) == []


@EVERY_TYPE
@pytest.mark.parametrize("shape", SHAPES[:4], ids=range(4))
def test_no_known_setting_shows_its_value(spec: TypeSpec, shape: object) -> None:
    """A secret pasted into the wrong field is not repeated either."""
    for name in spec.schema["properties"]:
        written = body(spec.kind, spec.name, zzz=1, **{name: shape})
        assert leaks(spec.kind, written) == [], name


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
@pytest.mark.parametrize(
    "key",
    ["type", "name", "connectors", "channels", "environment", "push", "web_widget", "previously", "running"],
)
def test_no_key_of_an_agent_shows_its_value(key: str, shape: object) -> None:
    """What stands under a key of an agent is not repeated."""
    assert leaks(Kind.AGENT, {**agent(), key: shape, "zzz": 1}) == []


@pytest.mark.parametrize("shape", SHAPES[:4], ids=range(4))
def test_no_variable_shows_its_value(shape: object) -> None:
    """A secret variable written in clear, or under a misspelt `secret`, is not repeated."""
    for variable in ({"secret": shape}, {"secrte": shape}):
        assert leaks(Kind.AGENT, agent(environment={"A": variable})) == []
        push = {"events": ["e"], "url": "https://a.example", "headers": {"X": variable}}
        assert leaks(Kind.AGENT, agent(push=push)) == []


@EVERY_TYPE
def test_resolved_secret_is_judged_in_silence(spec: TypeSpec) -> None:
    """A resolved secret of the wrong form is not repeated."""
    for path in spec.secrets:
        found = catalog(extra=True).check_secret(spec.kind, spec.name, _placed(path), CANARY)
        assert all("S3cr3t" not in f"{d.summary} {d.detail} {d.hint}" for d in found)


def _placed(path: tuple[str, ...]) -> tuple[str | int, ...]:
    return tuple((0 if path[0] == "accounts" else "X-Key") if step == "*" else step for step in path)
