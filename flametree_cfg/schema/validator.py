"""The two engines: jsonschema-rs says whether, jsonschema says where and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from flametree_cfg.schema.patterns import REFERENCE_INSIDE

MOST_FAILURES = 200  # of one resource: nobody reads more, and a hostile one could hold a hundred thousand

_UNIQUE_UP_TO = 200  # items: comparing every pair takes jsonschema seconds beyond, and `maxItems` has spoken by then


def compile_fast(schema: dict[str, Any]) -> Any:
    """Compile a schema for `is_valid`; the regular expressions run in linear time, so none can run for ever."""
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions())


def is_valid(compiled: Any, document: object) -> bool:
    """Tell whether a document conforms; what is no JSON (a key that is no text, half a surrogate pair) does not."""
    try:
        return bool(compiled.is_valid(document))
    except (ValueError, UnicodeError):
        return False


def failures_of(schema: dict[str, Any], document: object) -> Iterator[Any]:
    """
    List where and why a document does not conform, as jsonschema's `ValidationError`s, at most `MOST_FAILURES`.

    Their messages hold values and must not be shown.

    Raises:
        RecursionError: the document is nested too deeply.
    """
    return islice(_explaining_class()(schema).iter_errors(document), MOST_FAILURES)


@cache
def _explaining_class() -> Any:
    from jsonschema import Draft202012Validator, validators

    # Both keywords are bounded here, not changed in meaning: the only `$ref` in our schemas is the free-form value.
    bounded = {"$ref": _free_form, "uniqueItems": _unique}
    return validators.extend(Draft202012Validator, bounded)  # type: ignore[no-untyped-call]  # the stubs leave it so


def _unique(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import Draft202012Validator

    if not isinstance(instance, list) or len(instance) <= _UNIQUE_UP_TO:
        yield from Draft202012Validator.VALIDATORS["uniqueItems"](validator, wanted, instance, schema) or ()


def _free_form(_validator: Any, _wanted: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    import re

    from jsonschema import ValidationError

    inside = re.compile(REFERENCE_INSIDE)
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), instance)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str) and inside.search(value):
            yield ValidationError("", validator="not", path=path, instance=value)
        elif isinstance(value, Mapping):
            waiting.extend(((*path, key), item) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend(((*path, index), item) for index, item in enumerate(value))
