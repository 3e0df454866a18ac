"""The files of the tenant that is pulled into: as they are, and as they would be."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.config.join import join_parts
from flametree_cfg.config.part import Part, read_part
from flametree_cfg.config.places import Places
from flametree_cfg.config.rewrite import NewContent, rewrite_all
from flametree_cfg.config.source import Budget
from flametree_cfg.config.tree import one_tenant
from flametree_cfg.config.writing_out import make_folder
from flametree_cfg.engine.pulling_merge import Merged
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Path, WrongUsage, error, has_errors
from flametree_cfg.model import Address, Declaration, Resource, is_key
from flametree_cfg.schema import Catalog


class Files(Struct, frozen=True):
    """
    A tenant's files; of one that shares nothing, else `SharedFiles` says more.

    Attributes:
        name: of the tenant; empty if they do not say it.
        data: bytes by name.
        parts: what each says.
        declarations: what all say together.
        found: problems and warnings, with places.
        label: of the folder.
    """

    name: str
    data: Mapping[str, bytes]
    parts: Mapping[str, Part] = field(default_factory=dict)
    declarations: Mapping[Address, Declaration] = field(default_factory=dict)
    found: tuple[Diagnostic, ...] = ()
    label: str = ""

    @property
    def sections(self) -> frozenset[str]:
        """Which of `connectors`, `channels` and `agents` they have."""
        return frozenset().union(*(part.sections for part in self.parts.values()))

    @property
    def shut(self) -> frozenset[str]:
        """Sections that null takes away, so that nothing can be added to them."""
        return frozenset()

    @property
    def mentioned(self) -> frozenset[Address]:
        """What has a key in any of the files and is not declared."""
        return frozenset()

    @property
    def variables(self) -> tuple[str, ...]:
        """Those that the files know or ask for."""
        return ()

    @property
    def places(self) -> Places:
        """Where everything stands."""
        return Places(self.label, lambda: tuple(self.parts.values()))

    def own(self, path: Path) -> bool:
        """Tell whether the tenant's own files say a path."""
        return bool(path)

    def label_of(self, name: str) -> str:
        """Say what the person would type."""
        return os.path.normpath(os.path.join(self.label, name))  # noqa: PTH118

    def home_of(self, section: str) -> str:
        """Name the file to add to: the one that has most of a section, else the only one; empty for a new one."""
        counts = {
            name: sum(one.resource.address.kind.section == section for one in part.declarations)
            for name, part in self.parts.items()
        }
        return home_of(counts, {name: part.sections for name, part in self.parts.items()})

    def placed(self, merged: Merged) -> Merged:
        """Say of every edit in which file it is made; leave what cannot be made."""
        files = {one.resource.address: name for name, part in self.parts.items() for one in part.declarations}
        return replace(merged, changes=[replace(one, file=files[one.owner]) for one in merged.changes])

    def told(self, _merged: Merged) -> tuple[Diagnostic, ...]:
        """Say which files of others are changed."""
        return ()

    def unsaid(self, _merged: Merged, _after: Files, _live: Mapping[Address, Resource], _catalog: Catalog) -> set[str]:
        """List addresses, as text, of which the files would say something else than what was merged."""
        return set()

    def again(self, data: Mapping[str, bytes], path: str, catalog: Catalog) -> Files:
        """Read what these files would be with other bytes; what did not change is not read again."""
        return parse_files(data, path, catalog, self)

    def write(self, contents: Sequence[NewContent], _session: Session) -> None:
        """
        Put contents in their places; each file at once.

        Raises:
            ConfigInvalid: a file says something else by now.
            FlametreeError: one cannot be written.
        """
        if contents:
            with make_folder(self.label) as folder:
                rewrite_all(folder, contents)


def home_of(counts: Mapping[str, int], tops: Mapping[str, frozenset[str]]) -> str:
    """
    Choose the file to add a section's resources to.

    Args:
        counts: how many of that section each file has.
        tops: sections that each file has.

    Returns:
        The file that has most of them, else the only one, unless it holds another section alone; empty for none.
    """
    best = max(counts, key=lambda name: counts[name])
    if counts[best]:
        return best
    alone = next(iter(counts)) if len(counts) == 1 else ""
    return alone if alone and len(tops[alone]) != 1 else ""


def read_files(path: str, session: Session) -> Files:
    """
    Read what is in the folder, and the bases that it extends.

    Raises:
        ConfigInvalid: anything is wrong, but that the folder has no YAML yet.
    """
    try:
        with one_tenant(path) as listing:
            budget = Budget()
            data = {name: listing.folder.read(name, budget) for name in listing.files}
            label, problems = listing.folder.label, listing.problems
    except ConfigInvalid as invalid:
        if {one.code for one in invalid.diagnostics} == {"empty-tenant"}:
            return Files("", {}, label=path)
        raise
    files = parse_files(data, label, session.catalog)
    if any(part.sharing for part in files.parts.values()):
        from flametree_cfg.engine.pulling_sharing import read_shared

        files = read_shared(label, session)
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
    return Files(joined.name, data, parts, joined.declarations, tuple(joined.found), label)


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


def _bad_name(detail: str, hint: str) -> Diagnostic:
    return error("bad-tenant-name", "This cannot be the tenant's name", detail, hint)
