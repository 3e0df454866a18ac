"""What of a platform's values can be written into YAML at all."""

from __future__ import annotations

import math
from collections.abc import Mapping

from flametree_cfg.config.characters import FORBIDDEN
from flametree_cfg.config.variables import MARK
from flametree_cfg.errors import Path
from flametree_cfg.model import Value

_DEEPEST = 40  # levels: with what stands above them below the reader's limit
_LONGEST_KEY = 200  # characters: YAML ends a key on one line after 1,024 bytes
_MOST = 2**53 - 1  # what JSON keeps exactly


def unwritable(value: Value, path: Path = ()) -> Path | None:
    """
    Find what no YAML that we read can say: hidden characters, texts that would be taken for variables, numbers that
    JSON does not keep, too deep a nesting.

    Returns:
        The path of the first such place; None where all of it can be written.
    """
    if len(path) >= _DEEPEST:
        return path
    if isinstance(value, Mapping):
        for key, item in value.items():
            inner = (*path, str(key))
            if not isinstance(key, str) or len(key) > _LONGEST_KEY or not _fits(key):
                return inner
            if (found := unwritable(item, inner)) is not None:
                return found
        return None
    if isinstance(value, list | tuple):
        below = (unwritable(item, (*path, index)) for index, item in enumerate(value))
        return next((found for found in below if found is not None), None)
    return None if _fits(value) else path


def _fits(value: Value) -> bool:
    if isinstance(value, str):
        return FORBIDDEN.search(value) is None and MARK not in value
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or isinstance(value, bool) or abs(value) <= _MOST
