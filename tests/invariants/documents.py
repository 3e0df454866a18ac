"""Reads the data files of this folder: `CODE.yaml` holds documents that keep or break the rule CODE."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from flametree_cfg.config import TenantReading, load_catalog, located, read_tenant
from flametree_cfg.errors import Diagnostic
from flametree_cfg.invariants import World, check_all, check_tenant
from flametree_cfg.model import Resource, parse_address
from flametree_cfg.schema import Catalog

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Document:
    """
    One document and what is expected of it.

    `tenant` is YAML that is read as a person's is; `resources` stand for what reading refuses earlier, in other words.
    `expect` lists code (the file's unless it says another), address, path, line and parts of detail and hint.
    """

    code: str
    name: str
    expect: tuple[Mapping[str, Any], ...]
    tenant: str = ""
    stored: str = ""
    resources: tuple[Mapping[str, Any], ...] = ()


@cache
def catalog() -> Catalog:
    """Give the real catalog, made once."""
    return load_catalog()


def documents() -> Iterator[Document]:
    """Read every document of every file."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield Document(
                path.stem,
                item["name"],
                tuple(item.get("expect", ())),
                item.get("tenant", ""),
                item.get("stored", ""),
                tuple(item.get("resources", ())),
            )


def judge(document: Document, folder: Path, without: Collection[str] = ()) -> list[Diagnostic]:
    """Find everything that is wrong with a document; a tenant's files are written into the folder and read."""
    if not document.tenant:
        return list(check_all(World.of(map(_resource, document.resources)), catalog()))
    reading = _read(document.tenant, folder / "desired")
    if reading.tenant is None:
        return list(reading.diagnostics)
    before = _read(document.stored, folder / "stored").tenant if document.stored else None
    checked = check_tenant(reading.tenant, catalog(), before.snapshot() if before else None, without=without)
    return [*reading.diagnostics, *located(reading, checked)]


def _read(text: str, folder: Path) -> TenantReading:
    folder.mkdir()
    (folder / "tenant.yaml").write_text(text, encoding="utf-8")
    return read_tenant(folder, catalog())


def _resource(item: Mapping[str, Any]) -> Resource:
    address = parse_address(item["address"])
    assert address is not None
    return Resource(address, item["fields"], item.get("external", False), item.get("system", False))
