"""From the paths a person gives to tenants: which folders are tenants, and which of their files are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from flametree_cfg.config.problem import problem
from flametree_cfg.config.source import Entry, Folder, open_below, open_folder
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location, Related

IGNORE_FILE = ".drift-ignore.yaml"
"""Begins with a dot: every other `*.yaml` of the folder is a part of the tenant."""

_EXTENSION = ".yaml"


class Listing(Struct, frozen=True):
    """
    A tenant's folder.

    Attributes:
        files: names of the files to read, sorted.
        problems: names that may not be there, such as `x.yml` or a link.
    """

    folder: Folder
    files: tuple[str, ...]
    problems: tuple[Diagnostic, ...]


@contextmanager
def one_tenant(path: str) -> Iterator[Listing]:
    """
    Open the folder of one tenant.

    Raises:
        ConfigInvalid: it cannot be opened, or has no YAML (`empty-tenant`).
    """
    with open_folder(path) as folder:
        yield listing_of(folder)


def is_tenant_folder(path: str | Path) -> bool:
    """Tell whether a path is a tenant's folder; False for a folder of tenants and for what cannot be opened."""
    try:
        with open_folder(str(path)) as folder:
            return _has_yaml(folder.entries())
    except ConfigInvalid:
        return False


def has_ignores(folder: str) -> bool:
    """Tell whether a tenant's folder has a list of ignored drift, or anything of its name."""
    return os.path.lexists(os.path.join(folder, IGNORE_FILE))  # noqa: PTH118  # most have none: the cheapest question


def tenants_below(path: str) -> Iterator[str]:
    """
    List the tenants a path stands for: itself, if it has YAML, else its folders but those that begin with `_`.

    Yields:
        Paths; each is opened (and found wanting) by itself, so that a bad one does not stop the others.

    Raises:
        ConfigInvalid: the path cannot be opened, is empty, or has no tenants below.
    """
    with open_folder(path) as folder:
        entries = folder.entries()
    if _has_yaml(entries):
        yield path
        return
    below = [entry.name for entry in entries if (entry.is_folder or entry.leads_to_folder)]
    if not below:
        raise ConfigInvalid(problem("empty-tenant", Location(folder.label)))
    tenants = [name for name in below if not name.startswith("_")]
    if not tenants:
        raise ConfigInvalid(problem("no-tenants", Location(folder.label)))
    yield from (os.path.join(path, name) for name in tenants)  # noqa: PTH118  # paths stay as typed


def tenant_folders(path: str | Path) -> list[str]:
    """List the tenants a path stands for, as `tenants_below` does; none where that raises."""
    try:
        return list(tenants_below(str(path)))
    except ConfigInvalid:
        return []


def listing_of(folder: Folder) -> Listing:
    """
    List the YAML of an open folder.

    Raises:
        ConfigInvalid: it has none (`empty-tenant`), or cannot be listed.
    """
    return _listing(folder, folder.entries())


def _listing(folder: Folder, entries: list[Entry]) -> Listing:
    problems: list[Diagnostic] = []
    files: list[str] = []
    seen: dict[str, str] = {}
    for entry in entries:
        if not _looks_like_yaml(entry.name):
            if entry.is_folder and not entry.name.startswith("_"):
                problems.extend(_nested(folder, entry.name))
            continue
        fault = _fault(folder, entry, seen.setdefault(entry.name.casefold(), entry.name))
        if fault:
            problems.append(fault)
        else:
            files.append(entry.name)
    if not files and not problems:
        raise ConfigInvalid(problem("empty-tenant", Location(folder.label)))
    return Listing(folder, tuple(files), tuple(problems))


def _has_yaml(entries: list[Entry]) -> bool:
    return any(_looks_like_yaml(entry.name) for entry in entries)


def _looks_like_yaml(name: str) -> bool:
    return name.lower().endswith((".yaml", ".yml"))


def _fault(folder: Folder, entry: Entry, twin: str) -> Diagnostic | None:
    location = Location(folder.label_of(entry.name))
    if entry.is_link:
        return problem("symlink", location)
    if not entry.is_file:
        return problem("not-a-file", location)
    if not entry.name.isprintable():
        return problem("bad-file-name", location)
    if not entry.name.endswith(_EXTENSION):
        return problem("wrong-extension", location)
    if twin != entry.name:
        return problem("case-twin", location, related=(Related("the other", location=Location(folder.label_of(twin))),))
    return None


def _nested(folder: Folder, name: str) -> list[Diagnostic]:
    """Refuse YAML one level down: it would be left out in silence, and what it declared would be deleted."""
    with open_below(folder, name) as below:
        return [
            problem("nested-yaml", Location(below.label_of(entry.name)))
            for entry in below.entries()
            if _looks_like_yaml(entry.name)
        ]
