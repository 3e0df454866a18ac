"""The files of one tenant: what each says, read from the file or, where its bytes are known, from the cache."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.config import cache as kept
from flametree_cfg.config.cachefile import CacheFolder
from flametree_cfg.config.part import SHARING, Part, digest_of, read_part
from flametree_cfg.config.problem import problem
from flametree_cfg.config.source import Budget, Folder, open_folder
from flametree_cfg.config.spread import Unread, read_all, read_beside
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location
from flametree_cfg.schema import Catalog


class FileMark(NamedTuple):
    """A file as it was read: its name, what to call it in diagnostics, hex SHA-256 of its bytes."""

    name: str
    label: str
    digest: str


def content_of(marks: Iterable[FileMark]) -> str:
    """Name everything a tenant's files say, and how they are called."""
    return hashlib.sha256("\n".join([f"{mark.digest} {mark.name}" for mark in marks]).encode()).hexdigest()


def marks_of(folder: Folder, names: Iterable[str], budget: Budget) -> list[FileMark]:
    """
    Read files for their digests alone.

    Raises:
        ConfigInvalid: one cannot be read.
    """
    return [FileMark(name, folder.label_of(name), digest_of(folder.read(name, budget))) for name in names]


class Parts(Struct, frozen=True, dict=True, eq=False):
    """
    What the files of a tenant say, each read when it is first asked for.

    Attributes:
        folder: as the person would type it.
        marks: the files, sorted by name; what is read later must be what was read then.
        catalog: judges them.
        cache: where what they say may be; None for nowhere.
        cache_name: of the tenant in it.
        unread: what is wrong with files that could not be read at all.
        together: reads the one part that stands for all files, where they are not read one by one.
        layers: the files that part is made of, by label, each with a name that does not depend on where the person
            stands.
        sharing: whether the files turned out to be read together with others.
        beside: waits for a process that reads some of the files; None if there is none.
    """

    folder: str
    marks: Sequence[FileMark]
    catalog: Catalog
    cache: CacheFolder | None = None
    cache_name: str = ""
    unread: tuple[Diagnostic, ...] = ()
    together: Callable[[], Part] | None = None
    layers: Mapping[str, str] = field(default_factory=dict)
    sharing: bool = False
    beside: Callable[[], Sequence[Part]] | None = None
    _ready: dict[str, Part] = field(default_factory=dict)

    @cached_property
    def content(self) -> str:
        """A digest of it all."""
        return content_of(self.marks)

    @property
    def names(self) -> Mapping[str, str]:
        """The files by label, each with a name that does not depend on where the person stands."""
        return self.layers or {mark.label: mark.name for mark in self.marks}

    @cached_property
    def cached(self) -> kept.KeptParts:
        """What the cache has, by the digest of the file; of other contents too."""
        return kept.read_parts(self.cache, self.cache_name) if self.cache else kept.KeptParts()

    @cached_property
    def _lacking(self) -> Sequence[FileMark]:
        return [mark for mark in self.marks if mark.digest not in self.cached]

    @property
    def nearly_kept(self) -> bool:
        """Whether the cache has nearly all of these files."""
        return len(self._lacking) * _NEARLY < len(self.marks)

    def all(self) -> Sequence[Part]:
        """
        Give what every file says, in order.

        Raises:
            ConfigInvalid: a file changed since the run began (`files-changed`).
        """
        return self.of(self.marks)

    def of(self, marks: Sequence[FileMark]) -> list[Part]:
        """
        Give what some of the files say.

        Raises:
            ConfigInvalid: as `all`.
        """
        missing = [mark for mark in marks if mark.name not in self._ready]
        known = [mark for mark in missing if mark.digest in self.cached]
        if known:
            parts = kept.parse_parts([(*mark, self.cached.whole(mark.digest)) for mark in known])
            self._ready.update((part.name, part) for part in parts)
        for mark in missing if len(known) < len(missing) else ():
            if mark.name not in self._ready:
                self._ready[mark.name] = self._read_beside.get(mark.name) or self._read(mark)
        return [self._ready[mark.name] for mark in marks]

    @cached_property
    def _read_beside(self) -> Mapping[str, Part]:
        return {part.name: part for part in self.beside()} if self.beside else {}

    def reading_beside(self, folder: Folder, known: Container[str]) -> Parts:
        """
        Start to read what the cache will not have, if much else is to be done before it is asked for.

        Args:
            folder: the open one.
            known: digests of files that the cache is expected to have.
        """
        changed = [mark for mark in self.marks if mark.digest not in known]
        if len(self.marks) < MANY or not 0 < len(changed) * _NEARLY < len(self.marks):
            return self
        files = [Unread(mark.name, mark.label, folder.read(mark.name, Budget())) for mark in changed]
        as_marked = all(digest_of(file.data) == mark.digest for file, mark in zip(files, changed, strict=True))
        return replace(self, beside=read_beside(files, self.catalog)) if as_marked else self

    def _read(self, mark: FileMark) -> Part:
        if self.together is not None:
            return self.together()
        with open_folder(self.folder) as folder:
            data = folder.read(mark.name, Budget())
        if digest_of(data) != mark.digest:
            raise ConfigInvalid(problem("files-changed", Location(mark.label)))
        return read_part(data, mark.name, mark.label, self.catalog)

    def keep(self, *, all_of_it: bool = False) -> bool:
        """
        Keep what was read for the next run; what the cache has of other contents goes.

        Few files that changed are parsed faster than all are written: a cache that is nearly right stays as it is.

        Args:
            all_of_it: keep it all the same.

        Returns:
            Whether the cache has every one of these files now.
        """
        lacking = self._lacking
        if not lacking:
            return self.cache is not None
        if self.cache is None or (self.nearly_kept and not all_of_it):
            return False
        written = {part.digest: kept.kept_of(part) for part in self.of(lacking)}
        parts = {mark.digest: self.cached.get(mark.digest) or written[mark.digest] for mark in self.marks}
        return kept.keep_parts(self.cache, self.cache_name, parts)


_NEARLY = 20  # one file in so many may differ
MANY = 300  # files: what the cache has of fewer is read as fast as a process is started


def read_parts(folder: Folder, names: Sequence[str], catalog: Catalog, budget: Budget) -> Parts:
    """
    Read files whole and at once; what is wrong with them is in what is returned.

    Files that turn out to share are not read further: `sharing` says so.
    """
    files: list[Unread] = []
    unread: list[Diagnostic] = []
    for name in names:
        try:
            files.append(Unread(name, folder.label_of(name), folder.read(name, budget)))
        except ConfigInvalid as invalid:
            unread.extend(invalid.diagnostics)
    if any(_shares(file.data) for file in files):
        return Parts(folder.label, (), catalog, sharing=True)
    parts = read_all(files, catalog)
    if any(part.sharing for part in parts):
        return Parts(folder.label, (), catalog, sharing=True)
    marks = tuple(FileMark(part.name, part.label, part.digest) for part in parts)
    return Parts(folder.label, marks, catalog, unread=tuple(unread), _ready={part.name: part for part in parts})


_HEAD = 2_000  # bytes: where `fmt` puts what a file shares; elsewhere the parser finds it
_KEYS = tuple(f"{key}:".encode() for key in SHARING)


def _shares(data: bytes) -> bool:
    """Guess before parsing whether a file shares, so that what it says is not judged by itself first."""
    return any(data.find(key, 0, _HEAD) >= 0 for key in _KEYS)
