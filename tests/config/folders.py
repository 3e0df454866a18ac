"""Folders for tests: files by name, read as a person in that folder would."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flametree_cfg.config import TenantReading, load_catalog, read_tree
from flametree_cfg.schema import Catalog

LLM = """\
    type: llm
    name: {name}
    settings: {{api_url: "https://api.example/v1", access_token: "${{env:KEY}}", model_name: m, temperature: 0}}
"""


@cache
def catalog() -> Catalog:
    """Load the built-in catalog once."""
    return load_catalog()


def llm(key: str, name: str = "Model") -> str:
    """Write a valid connector."""
    return f"  {key}:\n{LLM.format(name=name)}"


def write(root: Path, files: dict[str, str]) -> Path:
    """Write files below a folder, which is made."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def read(path: str | Path) -> list[TenantReading]:
    """Read what a path stands for."""
    return read_tree([path], catalog())


def codes(reading: TenantReading) -> list[str]:
    """Say what is wrong as `file:line:column code`."""
    return [f"{found.location} {found.code}" for found in reading.diagnostics]
