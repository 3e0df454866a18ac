"""Keys that should not be there, and keys that should."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from msgspec import Struct

from flametree_cfg.errors import Diagnostic, Path, error
from flametree_cfg.schema.body import body_keys
from flametree_cfg.schema.condition import because
from flametree_cfg.schema.subject import Subject
from flametree_cfg.schema.suggest import is_plain, listed, nearest, shown_key
from flametree_cfg.schema.types import TypeSpec

_SETTINGS: Path = ("settings",)
_MOST_KEYS = 50  # of one mapping: see `failures.MOST`


class Unknown(Struct, frozen=True):
    """An unknown key, and the missing keys (with their path) that it explains."""

    diagnostic: Diagnostic
    explains: tuple[Path, ...] = ()


def unknown_keys(subject: Subject, failures: Iterable[Any]) -> Iterator[Unknown]:
    """Explain every key that its mapping does not know."""
    for failure in failures:
        if failure.validator == "additionalProperties" and isinstance(failure.instance, Mapping):
            path = tuple(failure.absolute_path)
            known = failure.schema.get("properties", {})
            for key in islice((key for key in failure.instance if key not in known), _MOST_KEYS):
                yield _unknown(subject, path, key, known)


def missing_keys(subject: Subject, failure: Any, meant: Collection[Path]) -> Iterator[Diagnostic]:
    """Name what a mapping lacks, unless a misspelt or misplaced key explains it."""
    path = tuple(failure.absolute_path)
    for name in failure.validator_value:
        if name in failure.instance or (*path, name) in meant:
            continue
        if path[:1] == _SETTINGS:
            detail = f"setting `{name}`{subject.of_type}{_inside(path[1:])}{because(subject.schema, failure)}"
            yield error(
                "missing-setting", "Required setting is missing", detail, _add(subject.spec, path, name), path=path
            )
        else:
            detail = f"key `{name}`{_inside(path)}{because(subject.schema, failure)}"
            yield error("missing-key", "Required key is missing", detail, _add_key(subject.spec, name), path=path)


def refused_keys(subject: Subject, failure: Any) -> Iterator[Diagnostic]:
    """Explain a key that is known but may not stand here, or whose name has the wrong form."""
    path = (*failure.absolute_path, failure.instance)
    if len(path) > 1:
        yield _bad_name(failure, path)
    elif failure.instance in subject.schema["properties"]:  # otherwise it is unknown, which is told elsewhere
        yield _refused(subject, failure, path)


def _refused(subject: Subject, failure: Any, path: Path) -> Diagnostic:
    if failure.instance == "running" and not subject.flagged("external"):
        return error(
            "lifecycle-not-own",
            "It is not started or stopped by itself",
            f"such a {subject.kind.value} runs with each agent it is attached to",
            "remove `running`; set it on the agent",
            path=path,
        )
    flag = "system" if subject.flagged("system") else "external"
    if failure.instance == "settings":
        return error(
            "settings-not-allowed",
            "Settings of an object that is not ours",
            f"with `{flag}: true` the {subject.kind.value} is found by type and name and never edited",
            f"remove `settings`, or remove `{flag}`",
            path=path,
        )
    return error(
        "key-not-allowed",
        "Key of an object that is not ours",
        f"`{failure.instance}` cannot be declared with `{flag}: true`, which is never edited by us",
        f"remove `{failure.instance}`; allowed are {listed(failure.validator_value)}",
        path=path,
    )


def _unknown(subject: Subject, path: Path, key: Any, known: Mapping[str, Any]) -> Unknown:
    code, word = _word(path)
    guess = nearest(key, known) if isinstance(key, str) else ""
    explains: tuple[Path, ...] = ((*path, guess),) if guess else ()
    hint = f"did you mean `{guess}`?" if guess else _known(known)
    elsewhere = _elsewhere(subject, path, key)
    if elsewhere:
        hint, explains = elsewhere
    detail = f"unknown {word} {shown_key(key)}{_inside(path if word == 'key' else path[1:])}"
    return Unknown(error(code, f"Unknown {word}", detail, hint, path=(*path, key)), explains)


def _elsewhere(subject: Subject, path: Path, key: Any) -> tuple[str, tuple[Path, ...]] | None:
    if path == () and subject.spec is not None and key in subject.spec.schema["properties"]:
        return f"move `{key}` under `settings`", ((*_SETTINGS, key), _SETTINGS)
    if path == _SETTINGS and key in body_keys(subject.kind):
        return f"move `{key}` beside `type`, out of `settings`", ((key,),)
    if path == ("connectors",):
        role = next((role.name for role in subject.roles.values() if key in role.types), "")
        return (f"connectors of type `{key}` stand under `{role}`", ()) if role else None
    return None


def _word(path: Path) -> tuple[str, str]:
    if path[:1] == _SETTINGS:
        return "unknown-setting", "setting"
    return ("unknown-role", "role") if path == ("connectors",) else ("unknown-key", "key")


def _known(known: Mapping[str, Any]) -> str:
    return f"known are {listed(known)}" if known else "remove it"


def _bad_name(failure: Any, path: Path) -> Diagnostic:
    hint = "use small letters, digits and `-`, beginning with a letter or digit"
    if path[0] != "channels":
        hint = "use letters, digits and `_`" if path[0] == "environment" else "use letters, digits and `-`"
    detail = f"a name{_inside(tuple(failure.absolute_path))} does not have the expected form"
    return error("bad-value", "Value not allowed", detail, hint, path=path)


def _inside(path: Path) -> str:
    return f" in `{dotted(path)}`" if path else ""


def dotted(path: Path) -> str:
    """Write a path as people do: `accounts[0].password`; a key that does not look like a name is left out."""
    text = ""
    for each in path:
        step = each if isinstance(each, int) or is_plain(each) else "…"
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def _add(spec: TypeSpec | None, path: Path, name: str) -> str:
    secret = spec is not None and (*("*" if isinstance(s, int) else s for s in path[1:]), name) in spec.secrets
    return f"add `{name}: ${{env:NAME}}`" if secret else f"add `{name}`"


def _add_key(spec: TypeSpec | None, name: str) -> str:
    if name == "settings" and spec is not None and "required" in spec.schema:
        return f"add `settings` with {listed(spec.schema['required'])}"
    return f"add `{name}`"
