"""Random edits of random files, and what must come of them, told by other means than those of the editor."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Any

from flametree_cfg.config.editing import Add, Edit, Remove, Set
from tests.config.formed import value_of

Path = tuple[str | int, ...]

TEXTS = (
    "plain", "two words", "", " led", "trailed ", "it's", 'say "hi"', "a: b", "a # b", "#x", "- x", "? x", "*x", "&x",
    "!x", "%x", "@x", "`x", "[x", "{x}", "x, y", "yes", "No", "null", "~", "true", "0x1F", "007", "1e3", "12:30",
    "2024-01-01", "1_000", ".5", "-", "---", "...", "<<", "=", "line one\nline two", "ends\n", "two ends\n\n",
    "\nbegins", "  deep\nflat", "tab\there", "back\\slash", "é 😀 漢字", "x" * 200, "word " * 40 + "end", "a\n\n\nb\n",
    "one \ntwo ", "cr\rhere", "\n", "${env:TOKEN}", "a:", ":a", "'", '"', "a'b\"c", "# no\n# comment\n", "k: v\nl: [",
)  # fmt: skip
LEAVES = (*TEXTS, 0, 1, -7, 2**53 - 1, 0.0, -0.5, 0.25, 1e20, 1e-7, True, False, None)


def any_value(chance: random.Random, depth: int = 2) -> Any:
    """Make a value: mostly a leaf."""
    match chance.randint(0, 9) if depth else 9:
        case 0:
            return {key: any_value(chance, depth - 1) for key in chance.sample(("a", "b c", "no", "7", "é"), 2)}
        case 1:
            return [any_value(chance, depth - 1) for _ in range(chance.randint(0, 3))]
        case _:
            return chance.choice(LEAVES)


def paths_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """List every place of a value but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key), item
        yield from paths_in(item, (*path, key))


def any_edit(chance: random.Random, value: Any) -> Edit:
    """Make an edit that is possible in a value."""
    places = list(paths_in(value))
    path, item = chance.choice(places)
    match chance.randint(0, 5):
        case 0:
            return Remove(path)
        case 1 if isinstance(item, dict):
            numbers = itertools.count(chance.randint(0, 99_999))
            return Add(path, next(key for key in map("new{}".format, numbers) if key not in item), any_value(chance))
        case 1 if isinstance(item, list):
            return Add(path, None, any_value(chance))
        case 2 if isinstance(item, dict):
            return Set((*path, "made", "deep"), any_value(chance)) if "made" not in item else Set(path, {})
        case _:
            return Set(path, any_value(chance))


def with_edit(value: Any, edit: Edit) -> Any:
    """Make an edit in a plain value."""
    match edit:
        case Set(path, after):
            return _at(value, path, lambda _: after)
        case Add(path, None, after):
            return _at(value, path, lambda items: [*(items or []), after])
        case Add(path, str(key), after):
            return _at(value, path, lambda items: {**(items or {}), key: after})
        case Remove(path):
            return _at(value, path[:-1], lambda items: _without(items, path[-1]))
    raise AssertionError(edit)


def _at(value: Any, path: Sequence[str | int], change: Any) -> Any:
    if not path:
        return change(value)
    first, *rest = path
    if isinstance(value, list):
        assert isinstance(first, int)
        return [*value[:first], _at(value[first], rest, change), *value[first + 1 :]]
    known = value or {}
    return {**known, first: _at(known.get(first), rest, change)}


def _without(items: Any, name: str | int) -> Any:
    if isinstance(items, list):
        assert isinstance(name, int)
        return items[:name] + items[name + 1 :]
    return {key: item for key, item in items.items() if key != name}


def edits_of(chance: random.Random, text: str, count: int) -> tuple[list[Edit], Any]:
    """Make edits one after another, and say what the file must say at the end."""
    value = value_of(text)
    edits: list[Edit] = []
    for _ in range(count):
        if not isinstance(value, dict) or not value:
            break
        edit = any_edit(chance, value)
        if isinstance(edit, Remove) and len(edit.path) == 1 and len(value) == 1:
            continue
        edits.append(edit)
        value = with_edit(value, edit)
    return edits, value
