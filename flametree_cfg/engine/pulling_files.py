"""The files of the tenant that is pulled into: as they are, and as they would be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from flametree_cfg.config.join import join_parts
from flametree_cfg.config.part import Part, read_part
from flametree_cfg.config.places import Places
from flametree_cfg.config.source import Budget
from flametree_cfg.config.tree import one_tenant
from flametree_cfg.errors import ConfigInvalid, Diagnostic, WrongUsage, error, has_errors
from flametree_cfg.model import Address, Declaration, is_key
from flametree_cfg.schema import Catalog


@dataclass(frozen=True, slots=True)
class Files:
    """A tenant's files: bytes by name, what each says, and all of them together."""

    name: str
    data: Mapping[str, bytes]
    parts: Mapping[str, Part] = field(default_factory=dict)
    declarations: Mapping[Address, Declaration] = field(default_factory=dict)
    found: tuple[Diagnostic, ...] = ()

    @property
    def sections(self) -> frozenset[str]:
        """Which of `connectors`, `channels` and `agents` they have."""
        return frozenset().union(*(part.sections for part in self.parts.values()))


def read_files(path: str, catalog: Catalog) -> Files:
    """
    Read what is in the folder.

    Raises:
        ConfigInvalid: anything in it is wrong, but that it has no YAML yet.
        WrongUsage: it extends bases or has variables, so that a value may belong to files of others.
    """
    try:
        with one_tenant(path) as listing:
            budget = Budget()
            data = {name: listing.folder.read(name, budget) for name in listing.files}
            label, problems = listing.folder.label, listing.problems
    except ConfigInvalid as invalid:
        if {one.code for one in invalid.diagnostics} == {"empty-tenant"}:
            return Files("", {})
        raise
    files = parse_files(data, label, catalog)
    if any(part.sharing for part in files.parts.values()):
        raise WrongUsage(_sharing(label))
    if problems or has_errors(files.found):
        raise ConfigInvalid(*problems, *files.found)
    return files


def parse_files(data: Mapping[str, bytes], label: str, catalog: Catalog, known: Files | None = None) -> Files:
    """Say what files declare together; what did not change is not read again."""
    parts = {}
    for name, content in sorted(data.items()):
        same = known is not None and known.data.get(name) == content
        parts[name] = (
            known.parts[name] if known and same else read_part(content, name, os.path.join(label, name), catalog)  # noqa: PTH118
        )
    listed = tuple(parts.values())
    joined = join_parts(listed, label, Places(label, lambda: listed).place_in)
    return Files(joined.name, data, parts, joined.declarations, tuple(joined.found))


def choose_name(path: str, before: Files, wanted: str) -> str:
    """
    Choose the tenant's name: what the files say, what was asked for, the folder's name.

    Raises:
        WrongUsage: files and `--tenant` disagree, or it is no name.
    """
    if before.name and wanted not in ("", before.name):
        raise WrongUsage(_bad_name(f"--tenant says {wanted!r}, the files say {before.name!r}", "leave --tenant out"))
    name = before.name or wanted or os.path.basename(os.path.realpath(path))  # noqa: PTH119
    if not is_key(name):
        raise WrongUsage(_bad_name(f"{name!r}", "give --tenant NAME, of a-z, 0-9 and -"))
    return name


def _sharing(label: str) -> Diagnostic:
    return error(
        "pull-into-shared",
        "A tenant that shares is not pulled into",
        f"{label} has `extends`, `vars` or variables; nothing was written",
        "`drift accept` writes what changed where it was set, `import` takes over an object that is declared; "
        "what is new, pull into an empty folder and move it",
    )


def _bad_name(detail: str, hint: str) -> Diagnostic:
    return error("bad-tenant-name", "This cannot be the tenant's name", detail, hint)
