"""Go over a large ledger and its platform in a process beside this one, while this one reads the YAML."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from flametree_cfg.config import tenant_folders
from flametree_cfg.config.beside import Beside, begin, cores
from flametree_cfg.engine.agreement import AGREED
from flametree_cfg.engine.session import Session
from flametree_cfg.model import Address, Kind
from flametree_cfg.plan import Page, Swept, sweep_ahead
from flametree_cfg.state import part_prints

WORTH_IT = range(2_000_000, 20_000_000)
"""
Bytes of a ledger. Less than 2,000 resources are gone over as fast as a process is started; of more than 20,000 the YAML
is read by several processes, and the ledger would take memory at the same time.
"""

_TENANT = re.compile(rb"^tenant: *([a-z0-9-]+) *$", re.MULTILINE)


class Seen(Struct, frozen=True):
    """
    What was seen of a tenant beforehand.

    Attributes:
        stamp, revision: the state of ledger and platform, before either was gone over.
        pages: what the ledger says. Its secrets have the values that it has fingerprints of.
        changed: kind and key of that on which the platform says something else.
        outside: as of `Swept`.
    """

    tenant: str
    stamp: str
    revision: str
    pages: list[Page]
    changed: list[tuple[Kind, str]]
    outside: list[str]

    @property
    def swept(self) -> Swept:
        """Where ledger and platform do not agree."""
        return Swept(frozenset(Address(kind, key) for kind, key in self.changed), tuple(self.outside))


class Ahead:
    """Somebody who looks ahead, once."""

    def __init__(self, process: Beside) -> None:
        self._process = process

    def seen(self) -> Seen | None:
        """Wait for what was seen; None if nothing was, or somebody asked already."""
        answer = self._process.answer()
        return msgspec.json.decode(answer, type=Seen) if answer else None

    def close(self) -> None:
        """Stop looking, if nobody asked."""
        self._process.drop()


def look_ahead(paths: Sequence[str | Path], session: Session) -> Ahead | None:
    """
    Start looking, where that pays: at the one large tenant of a plan whose files have to be read whole.

    Nothing of this session is opened yet, as it must be when a process is split. Only databases in files are looked
    at: they are here, and one connection more is nothing to them.
    """
    if len(paths) != 1 or not _pays(session) or cores() < 2:
        return None
    folders = tenant_folders(paths[0])
    if len(folders) != 1:
        return None
    _ = session.catalog  # both need it
    process = begin(lambda: _look(folders[0], session))
    return Ahead(process) if process else None


def _pays(session: Session) -> bool:
    options = session.options
    ledger = _file(options.state, session.home / "ledger.db")
    if not options.refresh or options.targets or options.no_delete or session.given is not None or not ledger:
        return False
    try:
        pays = ledger.stat().st_size in WORTH_IT
    except OSError:
        return False
    is_here = _file(options.platform, session.home) is not None
    return pays and is_here and not (session.cache and session.cache.has(AGREED))


def _file(url: str | None, default: Path) -> Path | None:
    """Give the file that holds a database; None where none does."""
    scheme, _, path = url.partition(":") if url else ("sqlite", "", str(default))
    return Path(path) if scheme == "sqlite" else None


def _look(folder: str, session: Session) -> bytes:
    """Look, and see whether the ledger's secrets have the values they had."""
    name = _name_in(folder)
    ledger, platform = session.ledger, session.platform
    stamp, revision = ledger.stamp(name), platform.revision(name)
    if not stamp or not revision:
        return b""
    found = sweep_ahead(ledger.texts(name), platform.sweep(name), msgspec.json.decode, part_prints)
    if found is None or not _as_before(found.prints, ledger.read_some(name, ()).lineage, folder, session):
        return b""
    changed, outside = [(kind, key) for kind, key in found.swept.changed], list(found.swept.outside)
    return msgspec.json.encode(Seen(name, stamp, revision, found.pages, changed, outside))


def _as_before(prints: Collection[tuple[str, str]], lineage: str, folder: str, session: Session) -> bool:
    resolved = session.resolve({reference for reference, _ in prints}, folder)
    now = session.fingerprints(resolved.values, lineage)
    return all(now.get(reference) == before for reference, before in prints)


def _name_in(folder: str) -> str:
    """Guess a tenant's name from the first of its files that says one; empty if none does."""
    with os.scandir(folder) as entries:
        names = sorted(one.name for one in entries if one.name.endswith(".yaml") and one.is_file(follow_symlinks=False))
    for name in names:
        said = _TENANT.search(Path(folder, name).read_bytes())
        if said:
            return said[1].decode()
    return ""
