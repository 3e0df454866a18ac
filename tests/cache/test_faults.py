"""Tests of the caches under faults: whatever is in `.flametree/cache`, the answer is the one without it."""

from __future__ import annotations

import os
import random
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from flametree_cfg.config import CacheFolder, cache_name
from flametree_cfg.config.cachefile import MAX_SIZE
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from tests.cache.asking import asked, kept
from tests.scenario.running import Zoo
from tests.scenario.texts import BEFORE

EXAMPLES = int(os.environ.get("FLAMETREE_EXAMPLES", "1"))
PLAN = ("plan", "--format", "json")
PARK = """
connectors:
  key: {type: api_key, name: Key, settings: {api_key: "${env:OTHER_KEY}"}}
"""
SUFFIXES = (".verdict", ".parts", ".agreed", ".judged")


@pytest.fixture
def zoo(zoo: Zoo) -> Zoo:
    """Give a zoo in which everything agrees, and a cache that knows it."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.ok("plan", "tenants/zoo")
    assert {path.suffix for path in kept(zoo)} == set(SUFFIXES)
    return zoo


def _one(zoo: Zoo, suffix: str) -> Path:
    (path,) = kept(zoo, suffix)
    return path


def _folder(zoo: Zoo, **options: Path) -> CacheFolder:
    with Session(Options(**options), [zoo.folder]) as session:
        assert session.cache is not None
        return session.cache


def test_what_is_kept_is_used(zoo: Zoo) -> None:
    """Without a fault the cache is believed; were it not, nothing here could fail."""
    folder, name = _folder(zoo), _one(zoo, ".verdict").name
    (body,) = folder.read(name) or [""]
    assert folder.keep(name, [body.replace('"count":8', '"count":88')])

    assert zoo.ok("validate", "tenants/zoo") == "Valid: 1 tenant, 88 resources\n"
    assert zoo.ok("validate", "tenants/zoo", "--no-cache") == "Valid: 1 tenant, 8 resources\n"


def _put(path: Path, data: bytes) -> None:
    """Write a file of the cache whole, so that only its content can be wrong."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    path.chmod(0o600)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_cut(zoo: Zoo, suffix: str) -> None:
    """A file that ends too early is no file."""
    path = _one(zoo, suffix)
    data = path.read_bytes()
    first = data.index(b"\n")
    lengths = {0, 1, first - 1, first, first + 1, first + 2, len(data) - 1}
    lengths |= set(random.Random(1).sample(range(len(data)), min(len(data), 4 * EXAMPLES)))
    for length in sorted(lengths):
        _put(path, data[:length])

        asked(zoo, *PLAN, "tenants/zoo")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_flipped(zoo: Zoo, suffix: str) -> None:
    """A file of which one bit is another is no file."""
    path = _one(zoo, suffix)
    data = path.read_bytes()
    draw = random.Random(2)
    for place in sorted(draw.sample(range(len(data)), min(len(data), 12 * EXAMPLES))):
        flipped = data[place] ^ (1 << draw.randrange(8))
        _put(path, data[:place] + bytes([flipped]) + data[place + 1 :])

        asked(zoo, *PLAN, "tenants/zoo")


def _directory(path: Path) -> None:
    path.mkdir()
    (path / "file").touch()


def _link(path: Path) -> None:
    shutil.copy(path.parent / ".gitignore", path.parent / "elsewhere")
    path.symlink_to("elsewhere")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_SIZE + 1)  # bytes, none of them on the disk
    path.chmod(0o600)


REPLACED: dict[str, Callable[[Path], object]] = {
    "empty": Path.touch,
    "a line": lambda path: path.write_bytes(b"\n"),
    "noise": lambda path: path.write_bytes(random.Random(3).randbytes(5000)),
    "zeros": lambda path: path.write_bytes(bytes(5000)),
    "another kind of file": lambda path: path.write_text('{"format_version": 1}\n', encoding="utf-8"),
    "directory": _directory,
    "fifo": os.mkfifo,
    "link": _link,
    "link to itself": _link_to_itself,
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "huge": _huge,
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("how", REPLACED)
def test_replaced(zoo: Zoo, how: str, suffix: str) -> None:
    """Something else under the name of a file is no file, and is not waited for."""
    path = _one(zoo, suffix)
    for question in (PLAN, ("validate",)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        REPLACED[how](path)

        asked(zoo, *question, "tenants/zoo")


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o606, 0o602])
def test_open_to_others(zoo: Zoo, mode: int) -> None:
    """What others may read or write is not ours, whatever it says."""
    folder, path = _folder(zoo), _one(zoo, ".verdict")
    path.chmod(mode)

    assert folder.read(path.name) is None
    assert " 8 resources" in zoo.ok("validate", "tenants/zoo")


def test_of_another_owner(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody else wrote is not believed, even where it would fit."""
    folder, path = _folder(zoo), _one(zoo, ".verdict")
    (body,) = folder.read(path.name) or [""]
    folder.keep(path.name, [body.replace('"count":8', '"count":88')])
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)

    assert " 8 resources" in zoo.ok("validate", "tenants/zoo")


def test_links_are_not_followed(zoo: Zoo) -> None:
    """A link to a file that would fit is no file, and what it leads to stays as it is."""
    path = _one(zoo, ".verdict")
    elsewhere = path.rename(zoo.root / "elsewhere")
    data = elsewhere.read_bytes()
    path.symlink_to(elsewhere)
    asked(zoo, *PLAN, "tenants/zoo")
    zoo.declare(PARK)
    zoo.ok("validate", "tenants/zoo")

    assert elsewhere.read_bytes() == data
    assert stat.S_ISREG(path.lstat().st_mode)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("other", SUFFIXES)
def test_another_file_in_its_place(zoo: Zoo, suffix: str, other: str) -> None:
    """A whole file under the name of another kind of file, of this or of another tenant, is no file."""
    zoo.declare(PARK, tenant="park")
    zoo.apply(path="tenants/park")
    zoo.ok("plan", "tenants/park")
    ours, theirs = _names(zoo, "zoo"), _names(zoo, "park")
    before = {path: path.read_bytes() for path in ours.values()}
    for source in {ours[other], theirs[other]} - {ours[suffix]}:
        for question in (PLAN, ("validate",), ("drift", "check")):
            for path, data in before.items():
                _put(path, data)
            _put(ours[suffix], source.read_bytes())

            asked(zoo, *question, "tenants/zoo")


def _names(zoo: Zoo, tenant: str) -> dict[str, Path]:
    name = cache_name(str(zoo.root / "tenants" / tenant))
    return {path.suffix: path for path in kept(zoo) if path.name.startswith((name, "catalogs"))}
