"""Type files become type specifications; what is wrong with one is said by file and JSON pointer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from flametree_cfg.errors import ConfigInvalid, Diagnostic, error
from flametree_cfg.model import Kind
from flametree_cfg.schema.form import secret_paths
from flametree_cfg.schema.metaschema import AGENT_FILE, TYPE_FILE
from flametree_cfg.schema.types import Accounts, Lifecycle, Role, TypeSpec
from flametree_cfg.schema.validator import compile_fast, is_valid

Document = Mapping[str, Any]

AGENT = "agent"
_KINDS = {"connectors": Kind.CONNECTOR, "channels": Kind.CHANNEL}
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SUMMARY = "Type file is not well-formed"


def digest_of(documents: Mapping[str, Document]) -> str:
    """
    Name the documents by the hex SHA-256 of their canonical JSON; order and formatting do not matter.

    Empty if they are no JSON, or nested too deep to be named: that is said by who judges them.
    """
    try:
        text = json.dumps(documents, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    except (RecursionError, TypeError, ValueError):
        return ""
    return hashlib.sha256(text.encode()).hexdigest()


def read_types(documents: Mapping[str, Document], *, known: bool = False) -> dict[tuple[Kind, str], TypeSpec]:
    """
    Read every type file.

    Args:
        documents: `connectors/NAME` or `channels/NAME` to the parsed JSON; `agent` is looked at, not returned.
        known: whether they were found well-formed before, so that they are not judged again.

    Raises:
        ConfigInvalid: with one `bad-type-file` for each fault found.
    """
    faults = [] if known else [fault for name in sorted(documents) for fault in _faults(name, documents[name])]
    if faults:
        raise ConfigInvalid(*faults)
    specs = [_spec(name, documents[name]) for name in sorted(documents) if name != AGENT]
    faults = [] if known else [*_crossed(specs)]
    if faults:
        raise ConfigInvalid(*faults)
    return {(spec.kind, spec.name): spec for spec in specs}


def roles_of(specs: Iterable[TypeSpec]) -> dict[str, Role]:
    """Derive an agent's connector roles from the types that fill them, sorted by name."""
    roles: dict[str, Role] = {}
    for spec in specs:
        if spec.role:
            said = spec.schema["x-role"]
            known = roles.get(spec.role)
            types = (*known.types, spec.name) if known else (spec.name,)
            roles[spec.role] = Role(spec.role, types, said["many"], said.get("ordered", False), said["title"])
    return dict(sorted(roles.items()))


def _faults(name: str, document: object) -> Iterator[Diagnostic]:
    if name != AGENT and not _known_place(name):
        yield _fault(name, "", "a type file stands in `connectors/` or `channels/` and is named after its slug")
        return
    meta = AGENT_FILE if name == AGENT else TYPE_FILE
    if not is_valid(_meta_validator(AGENT if name == AGENT else ""), document):
        yield from _meta_faults(name, document, meta)
        return
    yield from _node_faults(name, document, "")
    if name != AGENT:
        yield from _annotation_faults(name, document)


def _known_place(name: str) -> bool:
    folder, _, slug = name.partition("/")
    return folder in _KINDS and _SLUG.fullmatch(slug) is not None


@cache
def _meta_validator(name: str) -> Any:
    return compile_fast(AGENT_FILE if name == AGENT else TYPE_FILE)


def _meta_faults(name: str, document: object, meta: Document) -> Iterator[Diagnostic]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import relevance

    found = sorted(Draft202012Validator(meta).iter_errors(document), key=relevance)
    for failure in found[:20]:
        pointer = "".join(f"/{step}" for step in failure.absolute_path)
        yield _fault(name, pointer, _meta_words(failure))
    if not found:
        yield _fault(name, "", "it is no JSON document")


def _meta_words(failure: Any) -> str:
    if failure.validator == "additionalProperties" and isinstance(failure.instance, Mapping):
        known = failure.schema.get("properties", {})
        names = ", ".join(f"`{key}`" for key in failure.instance if key not in known)
        return f"unknown annotation or keyword {names}"
    return str(failure.message)[:200]


def _node_faults(name: str, node: Any, pointer: str) -> Iterator[Diagnostic]:
    if "pattern" in node and not _compiles(node["pattern"]):
        yield _fault(name, f"{pointer}/pattern", "no regular expression")
    if node.get("writeOnly") and node.get("type") != "string":
        yield _fault(name, pointer, "a secret (`writeOnly`) is of type string")
    if node.get("writeOnly") and "default" in node:
        yield _fault(name, f"{pointer}/default", "a secret has no default")
    for missing in sorted(set(node.get("required", ())) - _settable(node, pointer)):
        yield _fault(name, f"{pointer}/required", f"`{missing}` is not among the properties")
    for step, below in _below(node):
        yield from _node_faults(name, below, f"{pointer}/{step}")


def _settable(node: Any, pointer: str) -> set[str]:
    # What stands under `if`, `then`, `else` or `allOf` speaks of properties that are described further up.
    conditional = not {"if", "then", "else", "allOf", "not"}.isdisjoint(pointer.split("/"))
    return set(node.get("required", ())) if conditional else set(node.get("properties", {}))


def _below(node: Any) -> Iterator[tuple[str, Any]]:
    for key in ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else"):
        if isinstance(node.get(key), Mapping):
            yield key, node[key]
    for key, below in node.get("properties", {}).items():
        yield f"properties/{key}", below
    for index, below in enumerate(node.get("allOf", ())):
        yield f"allOf/{index}", below


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _annotation_faults(name: str, document: Any) -> Iterator[Diagnostic]:
    properties = document["properties"]
    for annotation in ("x-unique-per-agent", "x-required-when-many"):
        for setting in document.get(annotation, ()):
            if setting not in properties:
                yield _fault(name, f"/{annotation}", f"`{setting}` is not among the properties")
    if "x-replacement" in document and not document.get("deprecated"):
        yield _fault(name, "/x-replacement", "only a deprecated type has a replacement")
    if name.startswith("channels/"):
        if "x-role" in document:
            yield _fault(name, "/x-role", "a channel fills no role")
    elif document["x-lifecycle"] != "none":
        yield _fault(name, "/x-lifecycle", "a connector is not started or stopped")
    if "x-accounts" in document:
        yield from _accounts_faults(name, document["x-accounts"], properties)
    check = document.get("x-check", {})
    if "per" not in check:
        for setting in sorted({*check.get("needs", ()), *check.get("defaults", ())} - set(properties)):
            yield _fault(name, "/x-check/needs", f"`{setting}` is not among the properties")


def _accounts_faults(name: str, accounts: Any, properties: Any) -> Iterator[Diagnostic]:
    items = properties.get(accounts["setting"], {}).get("items", {})
    fields = items.get("properties", {})
    if sorted(accounts["fields"]) != sorted(fields):
        yield _fault(name, "/x-accounts/fields", "they are not the fields of an account")
    if accounts["key"] not in items.get("required", ()):
        yield _fault(name, "/x-accounts/key", "it is not a required field of an account")
    elif fields.get(accounts["key"], {}).get("writeOnly"):
        yield _fault(name, "/x-accounts/key", "a secret cannot name an account")
    if properties.get(accounts["setting"], {}).get("minItems", 0) < 1:
        yield _fault(name, f"/properties/{accounts['setting']}", "a list of accounts says `minItems: 1`")


def _crossed(specs: list[TypeSpec]) -> Iterator[Diagnostic]:
    roles = roles_of(specs)
    for spec in specs:
        file = f"{spec.kind.section}/{spec.name}"
        if spec.role:
            role, said = roles[spec.role], spec.schema["x-role"]
            if (role.many, role.ordered, role.title) != (said["many"], said.get("ordered", False), said["title"]):
                yield _fault(file, "/x-role", f"another type describes the role `{spec.role}` differently")
        for name in spec.requires_roles:
            if name not in roles:
                yield _fault(file, "/x-requires-roles", f"no type fills the role `{name}`")
        if spec.replacement and all((s.kind, s.name) != (spec.kind, spec.replacement) for s in specs):
            yield _fault(file, "/x-replacement", f"there is no type `{spec.replacement}`")


def _spec(name: str, document: Any) -> TypeSpec:
    folder, _, slug = name.partition("/")
    properties = document["properties"]
    accounts = document.get("x-accounts")
    return TypeSpec(
        kind=_KINDS[folder],
        name=slug,
        title=document["title"],
        description=document["description"],
        category=document["x-category"],
        schema=document,
        lifecycle=Lifecycle(document["x-lifecycle"]),
        deprecated=document.get("deprecated", False),
        replacement=document.get("x-replacement", ""),
        role=document.get("x-role", {}).get("name", ""),
        secrets=frozenset(secret_paths(document)),
        defaults={key: node["default"] for key, node in properties.items() if "default" in node},
        accounts=Accounts(accounts["setting"], accounts["key"], tuple(accounts["fields"])) if accounts else None,
        requires_roles=tuple(document.get("x-requires-roles", ())),
        unique_per_agent=tuple(document.get("x-unique-per-agent", ())),
        required_when_many=tuple(document.get("x-required-when-many", ())),
        immutable=frozenset(key for key, node in properties.items() if node.get("x-immutable")),
        check=document.get("x-check"),
    )


def _fault(name: str, pointer: str, detail: str) -> Diagnostic:
    return error(
        "bad-type-file",
        _SUMMARY,
        f"schemas/{name}.json#{pointer}: {detail}",
        "correct the file; `schema export` and the other type files show the form",
    )
