"""The catalog: every type there is, and whether a body written in YAML is one of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flametree_cfg.errors import Diagnostic
from flametree_cfg.model import Kind, Value
from flametree_cfg.schema import normal
from flametree_cfg.schema.body import Schema, common_body, typed_body
from flametree_cfg.schema.documents import AGENT, Document, digest_of, read_types, roles_of
from flametree_cfg.schema.form import free_form
from flametree_cfg.schema.types import Role, TypeSpec
from flametree_cfg.schema.validator import compile_fast, is_valid
from flametree_cfg.schema.warn import deprecated_settings, deprecations

_NO_AGENTS: Document = {"x-types": {}, "properties": {}}


class Catalog:
    """
    Every connector, channel and agent type, as the JSON documents say.

    Pure; what it compiles on first use it keeps. Make one with `Catalog.from_documents`.

    Attributes:
        digest: hex SHA-256 of the documents.
        roles: an agent's connector roles by name, `uses` among them.
        agent_types: the agents' types, slug to title.
        agent_document: `agent.json` as handed in; without one there are no agent types.
    """

    def __init__(self, documents: Mapping[str, Document], judged: Collection[str] = ()) -> None:
        self.digest = digest_of(documents)
        self._specs = read_types(documents, known=bool(self.digest) and self.digest in judged)
        self._validators: dict[tuple[Kind, str], Any] = {}
        self._plans: dict[tuple[Kind, str], normal.Plan] = {}
        self._old: dict[tuple[Kind, str], frozenset[str]] = {}
        self.roles: Mapping[str, Role] = MappingProxyType(roles_of(self._specs.values()))
        self.agent_document: Document = documents.get(AGENT, _NO_AGENTS)
        types = self.agent_document["x-types"]
        self.agent_types: Mapping[str, str] = MappingProxyType({slug: types[slug]["title"] for slug in types})

    @classmethod
    def from_documents(cls, documents: Mapping[str, Document], judged: Collection[str] = ()) -> Catalog:
        """
        Build the catalog.

        Args:
            documents: parsed JSON by place: `connectors/llm`, `channels/email`, `agent`. They are kept, not copied.
            judged: digests of documents that were found well-formed before, by this version: these are not judged
                again, and jsonschema-rs, half the cost of a small command, is then loaded only if something else is.

        Raises:
            ConfigInvalid: with a `bad-type-file` for every fault, naming file and JSON pointer.
        """
        return cls(documents, judged)

    def get(self, kind: Kind, type: str) -> TypeSpec | None:  # noqa: A002  # the field's word
        """Find a connector or channel type; None if there is none."""
        return self._specs.get((kind, type))

    def types(self, kind: Kind) -> tuple[TypeSpec, ...]:
        """List the types of a kind, sorted by name; agents have none here, see `agent_types`."""
        return tuple(spec for (of, _), spec in self._specs.items() if of is kind)

    def common(self, kind: Kind) -> Schema:
        """Describe what every type of a kind has in common."""
        titles = self.agent_types if kind is Kind.AGENT else {spec.name: spec.title for spec in self.types(kind)}
        return common_body(kind, titles, self.agent_document["properties"], self.roles.values())

    def body_schema(self, kind: Kind, type: str = "") -> Schema:  # noqa: A002  # the field's word
        """
        Describe a body of this kind and type as written in YAML: JSON Schema 2020-12, self-contained.

        An unknown type (or none) leaves `settings` open; the type itself is then what is wrong.
        """
        common = self.common(kind)
        spec = self.get(kind, type)
        return typed_body(common, spec) if spec else {**common, "$defs": {"free-form": free_form()}}

    def check(self, kind: Kind, body: object) -> list[Diagnostic]:
        """
        Judge one resource as written in YAML; cross-references are not its business.

        Args:
            kind: CONNECTOR, CHANNEL or AGENT.
            body: what stands under the resource's key: plain JSON values.

        Returns:
            Diagnostics with `path` inside the body, best first; no address. No value of a secret, of an unknown key
            or of anything that could be a secret is in them. Empty if all is well; warnings do not make it invalid.
        """
        type_ = body.get("type") if isinstance(body, dict) else None
        spec = self._specs.get((kind, type_)) if isinstance(type_, str) else None
        if self._is_valid(kind, spec, body):
            return self._warnings(kind, spec, body)
        from flametree_cfg.schema.failures import explain_failures
        from flametree_cfg.schema.subject import Subject

        schema = self.body_schema(kind, spec.name if spec else "")
        subject = Subject(kind, spec, schema, self.roles, body)
        return [*explain_failures(subject), *self._warnings(kind, spec, body)]

    def settings(self, kind: Kind, type: str, settings: Mapping[str, Value]) -> dict[str, Value]:  # noqa: A002
        """Turn VALID settings as written into a resource's: references become `Secret`, defaults are filled in."""
        return normal.from_yaml(self._plan(kind, type), settings)

    def live_settings(self, kind: Kind, type: str, settings: Mapping[str, Value]) -> dict[str, Value]:  # noqa: A002
        """Fill the defaults into settings that a platform reports; unknown types and settings stay as they are."""
        return normal.fill(self._plan(kind, type), settings)

    def environment(self, environment: Mapping[str, Any]) -> dict[str, Value]:
        """Turn a VALID environment (or headers) as written into a resource's: `{secret: …}` becomes `Secret`."""
        return normal.text_or_secret_map(environment)

    def push(self, push: Mapping[str, Any]) -> dict[str, Value]:
        """Turn a VALID `push` of an agent as written into a resource's: secret headers become `Secret`."""
        return {**push, "headers": self.environment(push["headers"])} if "headers" in push else dict(push)

    def secret_paths(self, kind: Kind, type: str) -> frozenset[tuple[str, ...]]:  # noqa: A002  # the field's word
        """List the paths of secret settings; `*` is any account or any key of a map. Empty for an unknown type."""
        spec = self.get(kind, type)
        return spec.secrets if spec else frozenset()

    def check_secret(self, kind: Kind, type: str, path: Sequence[str | int], value: str) -> list[Diagnostic]:  # noqa: A002
        """
        Judge a RESOLVED secret by its field's own pattern, which no reference is judged by.

        Args:
            kind: CONNECTOR or CHANNEL.
            type: its type.
            path: inside `settings`, as `secrets_in` gives it: `("accounts", 0, "password")`.
            value: the secret itself; it is in no diagnostic.
        """
        from flametree_cfg.schema.judge import judge_secret

        spec = self.get(kind, type)
        return judge_secret(spec, path, value) if spec else []

    def _is_valid(self, kind: Kind, spec: TypeSpec | None, body: object) -> bool:
        key = (kind, spec.name if spec else "")
        validator = self._validators.get(key)
        if validator is None:
            validator = self._validators[key] = compile_fast(self.body_schema(*key))
        return is_valid(validator, body)

    def _warnings(self, kind: Kind, spec: TypeSpec | None, body: object) -> list[Diagnostic]:
        if spec is None or not isinstance(body, dict):
            return []
        key = (kind, spec.name)
        old = self._old.get(key)
        if old is None:
            old = self._old[key] = deprecated_settings(spec)
        return deprecations(spec, old, body) if spec.deprecated or old else []

    def _plan(self, kind: Kind, type_: str) -> normal.Plan:
        plan = self._plans.get((kind, type_))
        if plan is None:
            spec = self.get(kind, type_)
            plan = self._plans[kind, type_] = normal.plan_of(spec.schema if spec else {})
        return plan
