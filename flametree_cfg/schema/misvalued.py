"""Values of the wrong type or form, secrets in clear, references where none belong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flametree_cfg.errors import Diagnostic, Path, error
from flametree_cfg.model import Kind, parse_reference
from flametree_cfg.schema.form import types_of
from flametree_cfg.schema.misplaced import dotted
from flametree_cfg.schema.patterns import CONTROL, REFERENCE_INSIDE
from flametree_cfg.schema.subject import Subject
from flametree_cfg.schema.suggest import listed, nearest
from flametree_cfg.schema.wording import TYPE_WORDS, type_words

BAD_VALUE = "Value not allowed"

_AS_REFERENCE = "write a reference such as ${env:NAME}; the value itself stands outside the YAML"
_SCALARS = str | int | float | bool


def wrong_value(subject: Subject, failure: Any) -> Diagnostic:
    """Explain one failure about a value; the value itself is never shown."""
    path: Path = tuple(failure.absolute_path)
    if path == ("type",) and failure.validator in {"enum", "const"}:
        return _unknown_type(subject.kind, failure, path)
    node = _node_at(subject, path)
    if node.get("writeOnly"):
        return _secret(failure, path)
    if failure.validator == "type":
        return _wrong_type(failure, path)
    if isinstance(failure.instance, str) and re.search(REFERENCE_INSIDE, failure.instance):
        return _reference(node, path)
    reason, hint = _reason(failure)
    hint = hint or failure.schema.get("x-hint") or node.get("x-hint") or node.get("description", "")
    return error("bad-value", BAD_VALUE, f"{_named(path)} {reason}", hint, path=path)


def _unknown_type(kind: Kind, failure: Any, path: Path) -> Diagnostic:
    known = failure.validator_value
    guess = nearest(failure.instance, known) if isinstance(failure.instance, str) else ""
    # What resembles a type's name is no secret; anything else might be.
    detail = f"there is no {kind.value} type `{failure.instance}`" if guess else f"there is no such {kind.value} type"
    hint = f"did you mean `{guess}`?" if guess else f"known are {listed(known)}"
    return error("unknown-type", "Unknown type", detail, hint, path=path)


def _secret(failure: Any, path: Path) -> Diagnostic:
    value = failure.instance
    if not isinstance(value, _SCALARS):
        found = "nothing" if value is None else TYPE_WORDS["object" if isinstance(value, Mapping) else "array"]
        detail = f"{_named(path)} is secret and wants a reference, found {found}"
        return error("wrong-type", "Wrong type of value", detail, _AS_REFERENCE, path=path)
    hint = _AS_REFERENCE
    if isinstance(value, str) and parse_reference(value.strip()):
        hint = "remove the spaces and line breaks around the reference"
    elif isinstance(value, str) and "${" in value:
        hint = "write one reference and nothing else, in the form ${env:NAME} or ${file:path}"
    detail = f"{_named(path)} is secret and must be a reference, not the value"
    return error("literal-secret", "Secret written in clear", detail, hint, path=path)


def _reference(node: Mapping[str, Any], path: Path) -> Diagnostic:
    hint = "write the value itself; only secret fields hold references"
    if "secret" in node.get("properties", {}):
        hint = 'write it as {secret: "${env:NAME}"}'
    detail = f"{_named(path)} is not secret"
    return error("reference-not-allowed", "Secret reference outside a secret field", detail, hint, path=path)


def _wrong_type(failure: Any, path: Path) -> Diagnostic:
    wanted = types_of(failure.schema)
    detail = f"{_named(path)} wants {type_words(wanted)}, found {_found(failure.instance)}"
    return error("wrong-type", "Wrong type of value", detail, _type_hint(wanted, failure.instance), path=path)


def _found(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return TYPE_WORDS["boolean"]
    for type_, word in ((str, "text"), (int | float, "a number"), (Mapping, "a mapping"), (list, "a list")):
        if isinstance(value, type_):
            return word
    return "something else"


def _type_hint(wanted: tuple[str, ...], value: object) -> str:
    if value is None:
        return "write a value after the colon, or remove the key"
    if "string" in wanted and isinstance(value, _SCALARS):
        return "quote it"
    if "array" in wanted and isinstance(value, _SCALARS):
        return "write a list: put it in [ ]"
    if "boolean" in wanted:
        return "write true or false, without quotes"
    if isinstance(value, str) and ("integer" in wanted or "number" in wanted):
        return "write the number without quotes"
    if isinstance(value, list) and "string" in wanted:
        return "write one value, not a list"
    return "write a mapping, `name: value`" if "object" in wanted else "write another value"


def _reason(failure: Any) -> tuple[str, str]:
    limit = failure.validator_value
    match failure.validator:
        case "enum":
            guess = nearest(failure.instance, limit) if isinstance(failure.instance, str) else ""
            return "is none of the known values", f"did you mean `{guess}`?" if guess else f"known are {listed(limit)}"
        case "minimum" | "exclusiveMinimum":
            return f"is too small: the least is {limit}", ""
        case "maximum" | "exclusiveMaximum":
            return f"is too large: the most is {limit}", ""
        case "minLength" | "minItems":
            return ("is empty", "") if limit == 1 else (f"is too short: the least is {limit}", "")
        case "maxLength":
            return f"is too long: the most is {limit} characters", "shorten it"
        case "maxItems" | "maxProperties":
            return f"has too many entries: the most is {limit}", "remove some"
        case "uniqueItems":
            return "holds the same entry twice", "remove one of them"
        case "not":
            return _forbidden(failure)
        case "pattern" if not failure.instance.strip():
            return "is empty", ""
        case _:
            return "does not have the expected form", ""


def _forbidden(failure: Any) -> tuple[str, str]:
    if isinstance(failure.instance, str) and re.search(CONTROL, failure.instance):
        return "holds a line break or a control character", "write it on one line, without invisible characters"
    if isinstance(failure.instance, str) and "," in failure.instance:
        return "holds a comma, which separates accounts on the platform", "write one account's value, without a comma"
    return "does not have the expected form", ""


def _named(path: Path) -> str:
    if path[:1] == ("settings",) and len(path) > 1:
        return f"setting `{dotted(path[1:])}`"
    return f"key `{dotted(path)}`" if path else "what stands under the key"


def _node_at(subject: Subject, path: Path) -> Mapping[str, Any]:
    node: Mapping[str, Any] = subject.schema
    if subject.spec is not None and path[:1] == ("settings",):
        node, path = subject.spec.schema, path[1:]
    for step in path:
        below = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
        below = below if below is not None else node.get("additionalProperties")
        node = below if isinstance(below, Mapping) else {}
    return node
