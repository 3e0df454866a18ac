"""The catalog's documents: JSON files that come with the package, and those of an operator."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from flametree_cfg.config.problem import problem
from flametree_cfg.config.source import printable
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location
from flametree_cfg.schema import Catalog

_PACKAGE = Path(__file__).resolve().parent.parent
_IN_WHEEL = _PACKAGE / "_schemas"
_IN_CHECKOUT = _PACKAGE.parent / "schemas"
_FOLDERS = ("connectors", "channels")
_AGENT = "agent"


def load_catalog(extra: Path | None = None, judged: Collection[str] = ()) -> Catalog:
    """
    Build the catalog of types.

    Args:
        extra: an operator's folder laid out like ours (`connectors/*.json`, `channels/*.json`); adds types.
        judged: digests of catalogs that were found well-formed before, by this version.

    Raises:
        ConfigInvalid: a file is no JSON (with line and column), is not well-formed, or describes a type that exists.
    """
    files = dict(_type_files(_IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT))
    if extra and not os.path.isdir(extra):  # noqa: PTH112  # never raises
        raise ConfigInvalid(problem("no-such-path", Location(printable(str(extra))), "folder of type files"))
    added = dict(_type_files(extra)) if extra else {}
    clashes = [_bad(added[name], f"{name} is there already") for name in added if name in files]
    if clashes:
        raise ConfigInvalid(*clashes)
    try:
        return Catalog.from_documents(_read_all({**files, **added}), judged)
    except ConfigInvalid as invalid:
        raise ConfigInvalid(*(_located(found, added) for found in invalid.diagnostics)) from invalid


def _type_files(root: Path) -> Iterator[tuple[str, Path]]:
    if (root / f"{_AGENT}.json").exists():
        yield _AGENT, root / f"{_AGENT}.json"
    for folder in _FOLDERS:
        for path in sorted((root / folder).glob("*.json")):
            yield f"{folder}/{path.stem}", path


def _read_all(files: dict[str, Path]) -> dict[str, Any]:
    documents: dict[str, Any] = {}
    faults: list[Diagnostic] = []
    for name, path in files.items():
        try:
            documents[name] = _read(path)
        except ConfigInvalid as invalid:
            faults.extend(invalid.diagnostics)
    if faults:
        raise ConfigInvalid(*faults)
    return documents


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as broken:
        raise ConfigInvalid(_bad(path, broken.msg, broken.lineno, broken.colno)) from broken
    except UnicodeDecodeError as broken:
        raise ConfigInvalid(_bad(path, "it is no UTF-8")) from broken
    except _Twice as twice:
        raise ConfigInvalid(_bad(path, f"`{twice}` stands twice in one object")) from twice
    except (RecursionError, ValueError) as broken:
        raise ConfigInvalid(_bad(path, "it is nested too deep or holds a number without end")) from broken
    except OSError as failure:
        raise ConfigInvalid(_bad(path, failure.strerror or "it cannot be read")) from failure


class _Twice(Exception):
    """A key stands twice in one JSON object."""


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Twice(next(key for key in keys if keys.count(key) > 1))
    return found


def _bad(path: Path, detail: str, line: int = 0, column: int = 0) -> Diagnostic:
    return problem("bad-type-file", Location(str(path), line, column), detail)


def _located(found: Diagnostic, added: dict[str, Path]) -> Diagnostic:
    """Say which of the operator's files a fault is in: the catalog knows only names."""
    path = next((path for name, path in added.items() if found.detail.startswith(f"schemas/{name}.json#")), None)
    return found.at(Location(str(path))) if path and not found.location else found
