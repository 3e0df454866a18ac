"""Folders with bases for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from flametree_cfg.config import TenantReading, read_tree
from flametree_cfg.config.given import Given, read_given
from tests.config.folders import catalog, write

BASE = """\
connectors:
  chat:
    type: llm
    name: Chat
    settings:
      api_url: https://api.example/v1
      access_token: ${env:KEY}
      model_name: small
      temperature: 0
      json_params: {max_tokens: 100, stop: [a, b]}
agents:
  desk:
    type: inbound
    name: Desk
    connectors: {llm: chat}
"""
OWN = """\
tenant: acme
extends: ../_shared/base
"""


def estate(root: Path, own: str, base: str = BASE, **more: str) -> Path:
    """Write a tenant `t/acme` and its base; `more` maps `folder__file` below `t` to texts."""
    files = {name.replace("__", "/") + ".yaml": text for name, text in more.items()}
    return write(root / "t", {"acme/tenant.yaml": own, "_shared/base/base.yaml": base, **files})


def one(path: str = "t/acme", *texts: str, files: tuple[str, ...] = (), tenant: str | None = None) -> TenantReading:
    """Read one tenant, with variables and a name from the command line."""
    (reading,) = read_tree([path], catalog(), None, read_given(files, texts, tenant))
    return reading


def fields(reading: TenantReading, address: str) -> dict[str, Any]:
    """Give the fields of a resource of a tenant that is right."""
    assert reading.tenant is not None, reading.diagnostics
    return next(dict(d.resource.fields) for a, d in reading.tenant.declarations.items() if str(a) == address)


def text(tree: object) -> str:
    """Write YAML as nobody would."""
    return yaml.safe_dump(tree, sort_keys=False)


NOTHING = Given()
