"""Secrets that stand in a file in clear, against the rules: whoever shows lines of the file has to hide them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flametree_cfg.config.reader import read_document
from flametree_cfg.model import Kind, Value, parse_reference
from flametree_cfg.schema import Catalog

_SECTIONS = {"connectors": Kind.CONNECTOR, "channels": Kind.CHANNEL, "agents": Kind.AGENT}
_BESIDE = ("environment", "push")  # where a secret is written as `{secret: …}`


def literal_secrets(data: bytes, catalog: Catalog) -> set[str]:
    """
    List what may be a secret in a file and is no reference.

    That is the text of secret settings and of settings that the type does not know, all of a type that is unknown.
    """
    document, _ = read_document(data, "", places=False)
    texts: set[str] = set()
    for kind, body in _resources(document.value):
        settings = body.get("settings")
        if kind is not Kind.AGENT and isinstance(settings, dict):
            texts.update(_in_settings(kind, str(body.get("type")), settings, catalog))
        for part in _BESIDE:
            texts.update(_marked(body.get(part)))
    return {line.strip() for text in texts if parse_reference(text) is None for line in (text, *text.splitlines())}


def _resources(document: Value) -> Iterator[tuple[Kind, dict[str, Value]]]:
    for section, kind in _SECTIONS.items():
        bodies = document.get(section) if isinstance(document, dict) else None
        for body in bodies.values() if isinstance(bodies, dict) else ():
            if isinstance(body, dict):
                yield kind, body


def _in_settings(kind: Kind, type_: str, settings: dict[str, Value], catalog: Catalog) -> Iterator[str]:
    spec = catalog.get(kind, type_)
    known = spec.schema.get("properties", {}) if spec else {}
    for key, value in settings.items():
        if key not in known:
            yield from _texts(value)
    for path in catalog.secret_paths(kind, type_):
        yield from _texts_at([settings], path)


def _texts_at(values: Iterable[Value], path: tuple[str, ...]) -> Iterator[str]:
    """Follow a path in which `*` is any item or key."""
    for step in path:
        values = [below for value in values for below in _below(value, step)]
    for value in values:
        yield from _texts(value)


def _below(value: Value, step: str) -> Iterable[Value]:
    if isinstance(value, list):
        return value if step == "*" else ()
    if not isinstance(value, dict):
        return ()
    return value.values() if step == "*" else [value[step]] if step in value else ()


def _marked(value: Value) -> Iterator[str]:
    """List what stands under a key `secret`, at any depth."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _texts(below) if key == "secret" else _marked(below)


def _texts(value: Value) -> Iterator[str]:
    """List the scalars of a value as text; yes and no are nobody's secret."""
    if isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from _texts(below)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
