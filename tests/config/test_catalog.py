"""Tests of `config/catalog.py`: type files from the package and from an operator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flametree_cfg.config import load_catalog
from flametree_cfg.errors import ConfigInvalid, Diagnostic
from flametree_cfg.model import Kind

NEW: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Paging",
    "description": "Pages people.",
    "type": "object",
    "properties": {"url": {"type": "string", "title": "URL", "description": "Where to."}},
    "required": ["url"],
    "additionalProperties": False,
    "x-category": "Utility Integrations",
    "x-lifecycle": "none",
}


def refused(extra: Path) -> list[Diagnostic]:
    """Load with an operator's folder that is no good."""
    with pytest.raises(ConfigInvalid) as invalid:
        load_catalog(extra)
    return list(invalid.value.diagnostics)


def add(folder: Path, name: str, text: str) -> Path:
    """Write one type file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_built_in_types_are_there() -> None:
    """Connectors, channels and agents come with the package."""
    catalog = load_catalog()

    assert catalog.get(Kind.CONNECTOR, "llm")
    assert catalog.get(Kind.CHANNEL, "telegram")
    assert catalog.agent_types


def test_an_operator_adds_a_type(tmp_path: Path) -> None:
    """One JSON file is a type."""
    add(tmp_path, "connectors/paging.json", json.dumps(NEW))

    catalog = load_catalog(tmp_path)
    assert catalog.get(Kind.CONNECTOR, "paging")
    assert catalog.get(Kind.CONNECTOR, "llm")


def test_an_operator_does_not_override_a_type(tmp_path: Path) -> None:
    """Two meanings of one type are an error that names the file."""
    path = add(tmp_path, "connectors/llm.json", json.dumps(NEW))

    (found,) = refused(tmp_path)
    assert (found.code, found.location and found.location.file) == ("bad-type-file", str(path))


def test_broken_json_has_line_and_column(tmp_path: Path) -> None:
    """Every broken file is reported, where it breaks."""
    one = add(tmp_path, "connectors/a.json", '{\n  "title": nope\n}')
    two = add(tmp_path, "channels/b.json", "[1,")

    assert [str(found.location) for found in refused(tmp_path)] == [f"{one}:2:12", f"{two}:1:4"]


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "[" * 100_000, "\udcff", "9" * 5000])
def test_json_that_only_looks_good_is_refused(tmp_path: Path, text: str) -> None:
    """Duplicate keys, nesting without end, other encodings, numbers without end."""
    path = tmp_path / "connectors" / "a.json"
    path.parent.mkdir()
    path.write_bytes(text.encode(errors="surrogateescape"))

    (found,) = refused(tmp_path)
    assert (found.code, found.location and found.location.file) == ("bad-type-file", str(path))


def test_a_faulty_type_is_located(tmp_path: Path) -> None:
    """What the catalog says of an operator's file names that file."""
    path = add(tmp_path, "connectors/paging.json", json.dumps(NEW | {"x-lifecycle": "sometimes"}))

    assert {found.location and found.location.file for found in refused(tmp_path)} == {str(path)}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A misspelt folder is no empty one."""
    assert [found.code for found in refused(tmp_path / "nope")] == ["no-such-path"]
