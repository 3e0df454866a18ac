"""The fast validator, the reference validator and the editors' schema give one verdict."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from flametree_cfg.errors import has_errors
from flametree_cfg.model import Kind
from flametree_cfg.schema import tenant_schema
from flametree_cfg.schema.validator import compile_fast, is_valid
from tests.schema.files import agent, body, catalog, specs

DOCUMENTS = 5000 * int(os.environ.get("FLAMETREE_EXAMPLES", "1"))
KINDS = (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)
BATCH = 250  # documents a test: one that fails is found again by its seed alone

ROUNDS = 36  # times every type's body is broken somewhere: some 900 documents in all

AGENT = agent(
    instructions="Be kind.",
    running=True,
    connectors={"llm": "gpt", "mcp": ["a", "b"], "stt": None},
    channels={"bot": {"inbound": True}, "mail": {}},
    environment={"A": "x", "B": {"secret": "${env:B}"}},
    max_opened_sessions=3,
    web_widget={"enabled": True, "primary_color": "#0B5FFF"},
    push={"events": ["e"], "url": "https://a.example/p", "headers": {"X": {"secret": "${env:X}"}}},
)

ODDITIES: list[Any] = [
    None, True, False, 0, 1, -1, 1.0, 993.0, 1.5, 2.0000001, 10**30, "", " ", "x", "a,b", "x\n", "\n", "é", "日本",
    "${env:X}", "${env:X}\n", "${env:X} ", "a ${env:X}", "${env:}", "${X}", "$", "https://a.example/v1",
    "https://a.example/chat/completions", "https://u:p@a.example", "http://", "stdio", "bearer", "0123456789",
    "+14155552671", "#0b5fff", "\u200b", "\u2028", "\ufeff", "\u00a0", "\u0085", "\u0661\u0662", "x" * 201,
    [], {}, ["x"],
    ["x", "x"], [1, True], {"secret": "${env:X}"}, {"secret": "x"}, {"a": {"b": ["${env:X}"]}}, {"a": None}, [[]], [{}],
]  # fmt: skip


@cache
def reference() -> Draft202012Validator:
    """Give the plain reference validator over the exported schema; nothing of ours is in its way."""
    return Draft202012Validator(tenant_schema(catalog()))


@cache
def fast() -> Any:
    """Give the fast validator over the exported schema."""
    return compile_fast(tenant_schema(catalog()))


@cache
def fast_of(kind: Kind, type_: str) -> Any:
    """Give the fast validator over the bodies of one type, as the catalog compiles it."""
    return compile_fast(catalog().body_schema(kind, type_))


def verdicts(kind: Kind, written: object) -> tuple[bool, bool]:
    """Judge one body both ways."""
    ours = not has_errors(catalog().check(kind, written))
    return ours, bool(reference().is_valid({kind.section: {"key": written}}))


def starting_points() -> Iterator[tuple[Kind, dict[str, Any]]]:
    """List valid bodies: each type's, and one agent."""
    for spec in specs():
        yield spec.kind, body(spec.kind, spec.name)
    yield Kind.AGENT, AGENT


EVERY_BODY = pytest.mark.parametrize(
    ("kind", "written"), list(starting_points()), ids=lambda p: p["type"] if isinstance(p, dict) else p
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List every place in a value, the value itself first."""
    yield path
    for step in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield from places(node[step], (*path, step))


def broken(written: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Change one place of a body: put an oddity, remove it, or add a stranger."""
    changed = copy.deepcopy(written)
    *above, last = rng.choice([p for p in places(changed) if p])
    node: Any = changed
    for step in above:
        node = node[step]
    match rng.randrange(4):
        case 0:
            del node[last]
        case 1 if isinstance(node, dict):
            node[rng.choice(["running", "default", "external", "system", "zzz", "auth_type", "é", "A B"])] = rng.choice(
                ODDITIES
            )
        case _:
            node[last] = copy.deepcopy(rng.choice(ODDITIES))
    return changed


@pytest.mark.parametrize(
    ("kind", "written"), list(starting_points()), ids=lambda p: p["type"] if isinstance(p, dict) else p
)
def test_valid_bodies(kind: Kind, written: dict[str, Any]) -> None:
    """What is valid is valid everywhere."""
    assert verdicts(kind, written) == (True, True)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_bodies_broken_in_one_place(seed: int) -> None:
    """A body changed in one place gets one verdict from all; the places and values are drawn."""
    rng = random.Random(seed)

    for kind, written in starting_points():
        changed = broken(written, rng)
        ours, theirs = verdicts(kind, changed)
        assert ours == theirs, changed


@pytest.mark.parametrize(
    ("kind", "written"), list(starting_points()), ids=lambda p: p["type"] if isinstance(p, dict) else p
)
def test_every_place_with_a_telling_value(kind: Kind, written: dict[str, Any]) -> None:
    """The values that tell engines apart (line breaks, foreign digits, blanks) get one verdict at every place."""
    for path in places(written):
        for value in ("x\n", "\u0661", "\u00a0", "\ufeff", "${env:X}\n", 1.0, True, None):
            changed = copy.deepcopy(written)
            node: Any = changed
            for step in path[:-1]:
                node = node[step]
            if path:
                node[path[-1]] = value
            ours, theirs = verdicts(kind, changed)
            assert ours == theirs, (path, value)


def test_broken_bodies_are_mostly_broken() -> None:
    """The generator breaks: otherwise the comparison above would say nothing."""
    rng = random.Random(1)
    judged = [verdicts(kind, broken(written, rng))[0] for _ in range(10) for kind, written in starting_points()]

    assert 0.5 < judged.count(False) / len(judged) < 0.99


def embellished(kind: Kind, written: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Make another valid body: more is said of it, and less of what is not required."""
    changed = copy.deepcopy(written)
    said = {"description": "Owned by the desk.\nCall first.", "protected": True, "previously": ["before", "b-2"]}
    if kind is not Kind.CONNECTOR:
        said["environment"] = {"REGION": "eu", "TOKEN": {"secret": "${env:TOKEN}"}}
    changed.update((key, said[key]) for key in rng.sample(sorted(said), rng.randint(0, len(said))))
    changed["name"] = rng.choice(["Desk", "Büro 7", "客服", "a" * 200, "x, y & z"])
    for _ in range(2):
        smaller = copy.deepcopy(changed)
        *above, last = rng.choice([path for path in places(smaller) if path])
        node: Any = smaller
        for step in above:
            node = node[step]
        del node[last]
        changed = smaller if is_valid(fast_of(kind, written["type"]), smaller) else changed
    return changed


def generated(seed: int) -> tuple[Kind, dict[str, Any]]:
    """Make a tenant's document: of the type whose turn it is, with an agent; every second one broken in one place."""
    rng = random.Random(seed)
    starts = list(starting_points())
    kind, written = starts[seed // 2 % len(starts)]
    sections = {"agents": {"front": copy.deepcopy(AGENT)}}
    sections.setdefault(kind.section, {})["key"] = embellished(kind, written, rng)
    document = {"tenant": "acme", **sections}
    return kind, broken(document, rng) if seed % 2 else document


@pytest.mark.parametrize("first", range(0, DOCUMENTS, BATCH))
def test_generated_documents(first: int) -> None:
    """Both validators give one verdict of a whole document, and so does the one that judges single bodies."""
    for seed in range(first, first + BATCH):
        kind, document = generated(seed)
        theirs = bool(reference().is_valid(document))
        assert is_valid(fast(), document) == theirs, seed
        assert theirs or seed % 2, seed
        for written in _bodies(document, kind):
            alone = is_valid(fast(), {kind.section: {"key": written}})
            assert is_valid(fast_of(kind, _type_of(kind, written)), written) == alone, seed


def test_generated_documents_are_of_every_type_and_mostly_differ() -> None:
    """The documents are many, not one many times; those to be broken mostly are."""
    documents = [generated(seed)[1] for seed in range(600)]
    types = {(kind, body["type"]) for kind in KINDS for one in documents[::2] for body in _bodies(one, kind)}

    assert types == {(kind, written["type"]) for kind, written in starting_points()}
    assert len({repr(document) for document in documents}) > 500
    assert 0.5 < sum(not is_valid(fast(), document) for document in documents[1::2]) / 300 < 1


def _bodies(document: dict[str, Any], kind: Kind) -> list[Any]:
    section = document.get(kind.section)
    return list(section.values()) if isinstance(section, dict) else []


def _type_of(kind: Kind, written: object) -> str:
    """Give the type by which a body is judged; empty if it says none that is known."""
    said = written.get("type") if isinstance(written, dict) else None
    return said if isinstance(said, str) and catalog().get(kind, said) else ""
