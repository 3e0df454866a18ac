"""Properties of merging: what comes out is what a small oracle says, and rendered it is read as the same."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from flametree_cfg.config import read_tenant
from flametree_cfg.config.layout import canonical
from flametree_cfg.config.merging import merge_all
from flametree_cfg.config.reader import read_document
from flametree_cfg.config.rendered import yaml_of
from flametree_cfg.config.sharing import view_of
from tests.config.folders import catalog, write

Tree = dict[str, Any]

KEYS = st.sampled_from("abcd")
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["x", ""]), st.lists(st.integers(0, 3))
)
TREES = st.recursive(
    st.dictionaries(KEYS, LEAVES, max_size=4), lambda below: st.dictionaries(KEYS, st.one_of(LEAVES, below), max_size=4)
)


def paths(tree: Tree, here: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """List what a layer says, each mapping before what is in it."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for key, value in tree.items():
        found.append(((*here, key), {} if isinstance(value, dict) else value))
        if isinstance(value, dict):
            found += paths(value, (*here, key))
    return found


def oracle(layers: list[Tree]) -> Tree:
    """Say one thing after the other to a tree, as the documentation tells it; nothing here knows how ours does it."""
    result: Tree = {}
    for layer in layers:
        before = copy.deepcopy(result)
        for path, value in paths(layer):
            place, known = result, before
            for step in path[:-1]:
                place = place[step]
                known = known.get(step, {}) if isinstance(known, dict) else {}
            key = path[-1]
            there = isinstance(known, dict) and key in known
            if value is None and there:
                del place[key]
            elif value != {} or isinstance(value, list) or not isinstance(place.get(key), dict):
                place[key] = copy.deepcopy(value)
    return result


@given(st.lists(TREES, max_size=5))
def test_layers_merge_as_the_oracle_says(layers: list[Tree]) -> None:
    """In every order, at every depth; and nothing handed in is changed."""
    before = copy.deepcopy(layers)

    assert merge_all(layers, lambda _path: False) == oracle(layers)
    assert layers == before


@given(st.lists(TREES, max_size=3), TREES)
def test_an_empty_layer_says_nothing(layers: list[Tree], more: Tree) -> None:
    """Wherever it stands."""
    whole = [*layers, more]
    spread = [layer for one in whole for layer in ({}, one, {})]

    assert merge_all(spread, lambda _path: False) == merge_all(whole, lambda _path: False)


ANY = st.characters(exclude_categories=("Cs", "Cn", "Co"))
TEXTS = st.one_of(
    st.text(ANY, max_size=20),
    st.text(st.sampled_from("a:# -\n'\"\\|>&*!?%@`{}[],$.0~yn=<\t\r"), max_size=12),
    st.sampled_from(
        ["no", "1e3", "0o17", "0x1f", "null", "~", "true", ".inf", "1_000", "<<", "---", "...", "${env:A}"]
    ),
)
NUMBERS = st.one_of(st.integers(-(2**53) + 1, 2**53 - 1), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(TEXTS, below, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_what_is_rendered_is_read_as_the_same(document: Tree) -> None:
    """Whatever stands in it that a file may hold; and it is in canonical form."""
    text = yaml_of(document)
    read, found = read_document(text.encode(), "x.yaml")

    if not found:  # else it holds what no file may: a character that hides text, the mark of secrets
        assert repr(read.value) == repr(document) or _same(read.value, document)
        assert canonical(text.encode(), "x.yaml") == (text.encode(), ())
    else:
        assert {one.code for one in found} <= {
            "hidden-character",
            "control-character",
            "line-separator",
            "reserved-key",
        }


def _same(one: Any, other: Any) -> bool:
    """Compare, types too; the order of keys may follow the canonical form."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return repr(one) == repr(other)


def body(draw: st.DrawFn, index: int) -> Tree:
    """Write a part of a connector, its name with a variable."""
    whole = {
        "type": "llm",
        "name": f"Model {index} ${{var:v{draw(st.integers(0, 1))}}}",
        "description": draw(st.sampled_from(["", "two\nlines\n", "it's: #1"])),
        "default": False,
        "settings": {
            "api_url": "https://api.example/v1",
            "access_token": "${env:KEY}",
            "model_name": draw(st.sampled_from(["m", "0", "no"])),
            "temperature": draw(st.sampled_from([0, 0.5, "${var:t}"])),
            "json_params": {"a": draw(VALUES_OF_JSON), "b": {"c": 1}},
        },
    }
    kept = {key: value for key, value in whole.items() if draw(st.booleans())}
    if "settings" in kept:
        kept["settings"] = {key: value for key, value in whole["settings"].items() if draw(st.booleans())}
    return kept


VALUES_OF_JSON = st.one_of(st.integers(0, 3), st.lists(st.integers(0, 3), max_size=2), st.sampled_from(["x", "é", "1"]))


@st.composite
def estates(draw: st.DrawFn) -> list[Tree]:
    """Draw three layers: a whole base, a part over it, the tenant's own."""
    keys = ["a", "b"]
    first = {
        key: {
            "type": "llm",
            "name": f"Whole {key}",
            "settings": {
                "api_url": "https://x.example/v1",
                "access_token": "${env:K}",
                "model_name": "m",
                "temperature": 1,
            },
        }
        for key in keys
    }
    layers: list[Tree] = [{"vars": {"v0": "zero", "v1": 1, "t": 0.25}, "connectors": first}]
    for _ in range(2):
        bodies = {key: body(draw, index) for index, key in enumerate(keys) if draw(st.booleans())}
        removed = {"b": None} if "b" in bodies and draw(st.integers(0, 5)) == 0 else {}
        layers.append({"vars": {"v0": draw(st.sampled_from(["x", "y: z"]))}, "connectors": {**bodies, **removed}})
    return layers


@settings(max_examples=40)
@given(estates())
def test_a_rendered_tenant_is_the_merged_one(layers: list[Tree]) -> None:
    """The same declarations, the same bytes once more, canonical; and the order of bases is the order of the list."""
    with tempfile.TemporaryDirectory() as at:
        root = Path(at)
        base, over, own = layers
        own = {"tenant": "acme", "extends": ["../_s/base", "../_s/over"], **own}
        files = {"t/_s/base/b.yaml": base, "t/_s/over/o.yaml": over, "t/acme/a.yaml": own}
        write(root, {name: yaml.safe_dump(tree, sort_keys=False, allow_unicode=True) for name, tree in files.items()})
        merged = read_tenant(root / "t/acme", catalog())
        expected = oracle([{"connectors": layer["connectors"]} for layer in layers])
        view = view_of(merged, catalog())
        assert view.tree == expected
        assert merged.tenant is not None, merged.diagnostics

        text = yaml_of({"tenant": "acme", **view.filled})
        write(root, {"again/acme/a.yaml": text})
        again = read_tenant(root / "again/acme", catalog())

        assert again.tenant is not None, again.diagnostics
        assert "${var:" not in text
        assert again.shared is None
        assert again.tenant.declarations == merged.tenant.declarations
        assert again.tenant.sections == merged.tenant.sections
        assert yaml_of({"tenant": "acme", **view_of(again, catalog()).filled}) == text
        assert canonical(text.encode(), "a.yaml") == (text.encode(), ())
