"""Layers become one document, key by key. Knows nothing about files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from flametree_cfg.errors import Path
from flametree_cfg.model import Value

Tree = Mapping[str, Value]
IsValue = Callable[[Path], bool]
"""Tells of a path whether null is a value there, and takes nothing away."""


def merge_all(layers: Iterable[Tree], is_value: IsValue) -> dict[str, Value]:
    """
    Merge layers, each over those before it.

    Mappings are merged key by key; anything else, lists too, takes the place of what was there. Null takes away what
    the layers below say; where they say nothing it stays. Nothing handed in is changed.
    """
    result: dict[str, Value] = {}
    for layer in layers:
        result = merge(result, layer, is_value)
    return result


def merge(below: Tree, above: Tree, is_value: IsValue, path: Path = ()) -> dict[str, Value]:
    """Merge one mapping over another; `path` is where they stand."""
    result = dict(below)
    for key, value in above.items():
        here = (*path, key)
        known = result.get(key)
        if value is None and key in result and not is_value(here):
            del result[key]
        elif isinstance(value, dict) and isinstance(known, dict):
            result[key] = merge(known, value, is_value, here)
        else:
            result[key] = value
    return result
