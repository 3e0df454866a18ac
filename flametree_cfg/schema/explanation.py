"""What a kind or a type may say, as data; how it looks is another room's business."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec import Struct

from flametree_cfg.errors import Diagnostic, WrongUsage, error
from flametree_cfg.model import Kind
from flametree_cfg.schema.catalog import Catalog
from flametree_cfg.schema.form import types_of
from flametree_cfg.schema.suggest import listed, nearest
from flametree_cfg.schema.types import Role, TypeSpec
from flametree_cfg.schema.wording import default_words, form_words, type_words

_KINDS = {kind.value: kind for kind in (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)}
_ABOUT = {
    Kind.CONNECTOR: ("Connector", "A connection to a model, a tool or a service, used by agents by role."),
    Kind.CHANNEL: ("Channel", "A connection to messaging, mail or voice, attached to agents."),
}


class FieldExplanation(Struct, frozen=True):
    """
    One key or setting.

    Attributes:
        path: `settings.api_url`, `settings.accounts[].password`, `environment.*`.
        required: always; what is required on a condition is told by the description or by `validate`.
        secret: written as a reference.
        inferred: from the provider's public API, not documented by the platform.
        type: `text`, `number` … as people say it.
        default: as text, JSON; empty if there is none.
        form: format, pattern, choices or limits, in words; empty if any value goes.
    """

    path: str
    required: bool
    secret: bool
    inferred: bool
    type: str
    default: str
    form: str
    description: str
    examples: tuple[Any, ...] = ()
    deprecated: bool = False


class TypeSummary(Struct, frozen=True):
    """One line about a type, in the list of its kind."""

    name: str
    title: str
    category: str
    deprecated: bool


class Explanation(Struct, frozen=True):
    """
    What a kind (`connector`) or a type (`connector/llm`) is and may say.

    Attributes:
        target: as asked for.
        replacement: of a deprecated type; may be empty.
        lifecycle: `own`, `agent` or `none`; empty for kinds.
        role: the agent role that the type fills; None if it fills none.
        requires_roles: roles an agent attached to this channel must have.
        fields: keys of a kind, or settings of a type, in the order of their file.
        types: of a kind: its types; empty for a type.
        examples: of a type: whole `settings`.
        roles: of agents: the connector roles.
    """

    target: str
    title: str
    description: str
    category: str = ""
    deprecated: bool = False
    replacement: str = ""
    lifecycle: str = ""
    role: Role | None = None
    requires_roles: tuple[str, ...] = ()
    fields: tuple[FieldExplanation, ...] = ()
    types: tuple[TypeSummary, ...] = ()
    examples: tuple[Mapping[str, Any], ...] = ()
    roles: tuple[Role, ...] = ()


def explain(catalog: Catalog, target: str) -> Explanation:
    """
    Explain a kind or a type.

    Args:
        catalog: the types there are.
        target: `connector`, `channel`, `agent`, or `KIND/TYPE` such as `connector/llm`.

    Raises:
        WrongUsage: there is no such kind or type.
    """
    kind_word, slash, name = target.partition("/")
    kind = _KINDS.get(kind_word)
    if kind is None:
        raise WrongUsage(_unknown(target, _KINDS, ""))
    if not slash:
        return _agent(catalog) if kind is Kind.AGENT else _kind(catalog, kind)
    if kind is Kind.AGENT and name in catalog.agent_types:
        return _agent(catalog, name)
    spec = catalog.get(kind, name)
    if spec is None:
        names = catalog.agent_types if kind is Kind.AGENT else [spec.name for spec in catalog.types(kind)]
        raise WrongUsage(_unknown(name, names, f"{kind_word}/"))
    return _type(catalog, spec)


def _kind(catalog: Catalog, kind: Kind) -> Explanation:
    title, description = _ABOUT[kind]
    types = tuple(TypeSummary(s.name, s.title, s.category, s.deprecated) for s in catalog.types(kind))
    return Explanation(kind.value, title, description, fields=_keys(catalog, kind), types=types)


def _agent(catalog: Catalog, name: str = "") -> Explanation:
    document = catalog.agent_document
    types = document["x-types"]
    if name:
        title, description = types[name]["title"], types[name]["description"]
        return Explanation(f"agent/{name}", title, description, fields=_keys(catalog, Kind.AGENT))
    return Explanation(
        "agent",
        document.get("title", "Agent"),
        document.get("description", ""),
        fields=_keys(catalog, Kind.AGENT),
        types=tuple(TypeSummary(slug, types[slug]["title"], "", deprecated=False) for slug in types),
        roles=tuple(catalog.roles.values()),
    )


def _type(catalog: Catalog, spec: TypeSpec) -> Explanation:
    return Explanation(
        f"{spec.kind.value}/{spec.name}",
        spec.title,
        spec.description,
        category=spec.category,
        deprecated=spec.deprecated,
        replacement=spec.replacement,
        lifecycle=spec.lifecycle.value,
        role=catalog.roles.get(spec.role),
        requires_roles=spec.requires_roles,
        fields=tuple(_fields(spec.schema, "settings")),
        examples=tuple(spec.schema.get("examples", ())),
    )


def _keys(catalog: Catalog, kind: Kind) -> tuple[FieldExplanation, ...]:
    return tuple(_fields(catalog.common(kind), ""))


def _fields(node: Mapping[str, Any], path: str) -> Iterator[FieldExplanation]:
    required = node.get("required", ())
    for name, below in node.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        yield _field(below, place, required=name in required)
        yield from _fields(below, place)
        for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
            if isinstance(below.get(key), Mapping):
                yield from _fields(below[key], place + mark)


def _field(node: Mapping[str, Any], path: str, *, required: bool) -> FieldExplanation:
    return FieldExplanation(
        path,
        required=required,
        secret=bool(node.get("writeOnly")),
        inferred=bool(node.get("x-inferred")),
        type=type_words(types_of(node)),
        default=default_words(node),
        form=form_words(node),
        description=node.get("description", ""),
        examples=tuple(node.get("examples", ())),
        deprecated=bool(node.get("deprecated")),
    )


def _unknown(word: str, known: Collection[str], prefix: str) -> Diagnostic:
    guess = nearest(word, known)
    hint = f"did you mean `{prefix}{guess}`?" if guess else f"known are {listed(f'{prefix}{name}' for name in known)}"
    return error("unknown-target", "Nothing of that name to explain", f"`{prefix}{word}`", hint)
