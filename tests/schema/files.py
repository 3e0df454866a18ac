"""The type files as the tests read them, and bodies made of their examples."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from flametree_cfg.model import Kind
from flametree_cfg.schema import Catalog, TypeSpec

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
EXTRA = ROOT / "tests" / "catalog"
TENANT = SCHEMAS / "tenant.json"


def type_files(*roots: Path) -> list[Path]:
    """List type files, sorted."""
    return [path for root in roots or (SCHEMAS,) for path in sorted(root.glob("*/*.json"))]


def documents(*, extra: bool = False) -> dict[str, Any]:
    """Read the documents of the catalog, afresh."""
    read = {"agent": json.loads((SCHEMAS / "agent.json").read_text())}
    for path in type_files(SCHEMAS, EXTRA) if extra else type_files():
        read[f"{path.parent.name}/{path.stem}"] = json.loads(path.read_text())
    return read


@cache
def catalog(*, extra: bool = False) -> Catalog:
    """Build the catalog once for all tests; nobody changes it."""
    return Catalog.from_documents(documents(extra=extra))


def specs(*, extra: bool = False) -> list[TypeSpec]:
    """List every connector and channel type."""
    known = catalog(extra=extra)
    return [*known.types(Kind.CONNECTOR), *known.types(Kind.CHANNEL)]


def body(kind: Kind, type_: str, **settings: Any) -> dict[str, Any]:
    """Make a valid body of a type from its file's first example, with some settings changed; `None` removes one."""
    spec = catalog(extra=True).get(kind, type_)
    assert spec is not None
    merged = {**copy.deepcopy(spec.schema["examples"][0]), **settings}
    kept = {key: value for key, value in merged.items() if value is not None}
    return {"type": type_, "name": "Anything", "settings": kept}


def connector(type_: str = "llm", **settings: Any) -> dict[str, Any]:
    """Make the body of a connector."""
    return body(Kind.CONNECTOR, type_, **settings)


def channel(type_: str = "telegram", **settings: Any) -> dict[str, Any]:
    """Make the body of a channel."""
    return body(Kind.CHANNEL, type_, **settings)


def agent(**fields: Any) -> dict[str, Any]:
    """Make the body of an agent."""
    return {"type": "inbound", "name": "Desk", **fields}


def codes(kind: Kind, written: object, *, extra: bool = False) -> list[str]:
    """Check a body; give the codes in order."""
    return [found.code for found in catalog(extra=extra).check(kind, written)]


def nodes(node: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Walk the properties of a type file with their paths; `*` is any item or any key."""
    for name, below in node.get("properties", {}).items():
        yield (*path, name), below
        yield from nodes(below, (*path, name))
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from nodes(node[key], (*path, "*"))
