"""Tests of the caches where they cannot be written, or not whole: real limits, real kills, real processes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flametree_cfg.config import CacheFolder
from tests.cache.asking import asked, cache, kept
from tests.scenario.running import Ended, Zoo, ended, obey_modes
from tests.scenario.texts import AFTER, BEFORE, many

EXAMPLES = int(os.environ.get("FLAMETREE_EXAMPLES", "1"))
PLAN = ("plan", "tenants/zoo", "--format", "json")


@pytest.fixture
def zoo(zoo: Zoo) -> Zoo:
    """Give a zoo in which everything agrees, without a cache."""
    zoo.declare(BEFORE)
    zoo.apply()
    shutil.rmtree(cache(zoo), ignore_errors=True)
    return zoo


def _right(zoo: Zoo, answer: Ended, *question: str) -> None:
    without = zoo.run(*(question or PLAN), "--no-cache")

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, without.stdout, without.stderr)


def _all_whole(zoo: Zoo) -> bool:
    """Tell whether every file that is there ends where its head says, and nothing else lies about."""
    return all(_is_whole(path) for path in (kept(zoo) if cache(zoo).is_dir() else ()))


def _is_whole(path: Path) -> bool:
    head, _, body = path.read_bytes().partition(b"\n")
    return head.endswith(hashlib.sha256(body).hexdigest().encode())


@pytest.mark.parametrize("limit", [0, 1, 62, 63, 64, 200, 400, 500, 1000, 3000])
def test_no_room(zoo: Zoo, limit: int) -> None:
    """A file that the system does not take whole is not kept, nor is a part of it."""
    _right(zoo, zoo.process("validate", "tenants/zoo", first=_no_more_than(limit)), "validate", "tenants/zoo")

    assert _all_whole(zoo)
    assert (limit > 1000) == bool(kept(zoo, ".parts") if cache(zoo).is_dir() else ())


def test_no_room_for_one_of_them(zoo: Zoo) -> None:
    """Where there is room for the small files but not for the large one, what is kept fits together."""
    zoo.declare(many(200), tenant="zoo", file="more.yaml")
    zoo.apply()
    shutil.rmtree(cache(zoo))
    for _ in range(2):  # a reading database needs 32 KiB itself
        _right(zoo, zoo.process(*PLAN, first=_no_more_than(40_000)))

    assert not kept(zoo, ".parts")
    assert _all_whole(zoo)
    asked(zoo, *PLAN)


def _no_more_than(limit: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def test_a_folder_that_cannot_be_written(zoo: Zoo) -> None:
    """What is kept there is used, what is new is not kept, and nobody hears of it."""
    zoo.ok(*PLAN)
    before = {path: path.read_bytes() for path in kept(zoo)}
    zoo.declare(AFTER)
    cache(zoo).chmod(0o500)
    answer = zoo.process(*PLAN, first=obey_modes)
    cache(zoo).chmod(0o700)

    _right(zoo, answer)
    assert {path: path.read_bytes() for path in kept(zoo)} == before


@pytest.mark.parametrize("mode", [0o000, 0o400, 0o200])
def test_files_that_cannot_be_written_or_read(zoo: Zoo, mode: int) -> None:
    """A file that only may be read is read and replaced; one that may not be read is replaced."""
    zoo.ok(*PLAN)
    for path in kept(zoo):
        path.chmod(mode)
    _right(zoo, zoo.process(*PLAN, first=obey_modes))
    zoo.declare(AFTER)
    _right(zoo, zoo.process(*PLAN, first=obey_modes))

    assert _all_whole(zoo)


@pytest.mark.parametrize("mode", [0o000, 0o100, 0o300])
def test_a_folder_that_cannot_be_read(zoo: Zoo, mode: int) -> None:
    """A folder that may not be entered, or not listed, is none, or one as good as any."""
    zoo.ok(*PLAN)
    cache(zoo).chmod(mode)
    answer = zoo.process(*PLAN, first=obey_modes)
    cache(zoo).chmod(0o700)

    _right(zoo, answer)


@pytest.mark.parametrize("what", ["file", "fifo", "link to nowhere", "link to itself"])
def test_no_folder_at_all(zoo: Zoo, what: str) -> None:
    """Where something else has the folder's name nothing is kept, and it stays."""
    match what:
        case "file":
            cache(zoo).write_text("mine\n", encoding="utf-8")
        case "fifo":
            os.mkfifo(cache(zoo))
        case "link to nowhere":
            cache(zoo).symlink_to("nowhere")
        case _:
            cache(zoo).symlink_to("cache")
    before = cache(zoo).lstat()
    asked(zoo, *PLAN)

    assert cache(zoo).lstat().st_ino == before.st_ino
    assert not (zoo.home / "nowhere").exists()


def test_without_a_home(zoo: Zoo) -> None:
    """Somebody without a folder for caches has none; what is asked is answered."""
    home = zoo.root / "nothing"
    zoo.home.rename(zoo.root / "away")
    for variables in ({"HOME": ""}, {"HOME": "relative"}, {"HOME": str(home)}, {"XDG_CACHE_HOME": str(home)}):
        answer = zoo.run("validate", "tenants/zoo", **{"XDG_CACHE_HOME": "", **variables})

        assert (answer.returncode, answer.stdout) == (0, "Valid: 1 tenant, 8 resources\n")


def test_a_killed_run_of_the_same_number(zoo: Zoo) -> None:
    """What a killed run left under our own number is in nobody's way: in a container every run has that number."""
    folder = CacheFolder(cache(zoo), "key")
    assert folder.keep("name", ["first"])
    (cache(zoo) / f"name.{os.getpid()}.tmp").write_bytes(b"half of it")
    assert folder.keep("name", ["second"])

    assert folder.read("name") == ["second"]
    assert [path.name for path in kept(zoo)] == ["name"]


def test_killed_at_any_moment(zoo: Zoo) -> None:
    """A run that is killed leaves whole files, old or new; the next one sees no difference."""
    draw = random.Random(4)
    longest = _time(zoo)
    for number in range(5 * EXAMPLES):
        zoo.declare(many(100 + number))
        process = zoo.start("validate", "tenants/zoo")
        time.sleep(longest * draw.uniform(0.6, 1))
        process.kill()
        process.communicate()

        asked(zoo, "validate", "tenants/zoo", "--format", "json")


def _time(zoo: Zoo) -> float:
    begun = time.monotonic()
    ended(zoo.start("validate", "tenants/zoo"))
    return time.monotonic() - begun


WRITE = """
import itertools, pathlib, sys
from flametree_cfg.config import CacheFolder
folder = CacheFolder(pathlib.Path(sys.argv[1]), "key")
for number in itertools.count():
    if folder.keep("name", [str(number), str(number) * 300_000]) and not number:
        print("begun", flush=True)
"""


def test_killed_while_writing(zoo: Zoo) -> None:
    """Of a file that is written over and over some whole version is there, whenever the writer is killed."""
    folder, draw = CacheFolder(cache(zoo), "key"), random.Random(5)
    for _ in range(6 * EXAMPLES):
        with _writing(zoo) as process:
            time.sleep(draw.uniform(0, 0.01))
            process.kill()
        number, body = folder.read("name") or ("", "nothing")

        assert body == number * 300_000


def test_read_while_it_is_written(zoo: Zoo) -> None:
    """Two writers and a reader at once: what is read is some whole version, never a mixture, never nothing."""
    folder = CacheFolder(cache(zoo), "key")
    with _writing(zoo) as first, _writing(zoo) as second:
        seen = [folder.read("name") or ("", "nothing") for _ in range(200 * EXAMPLES)]
        first.kill()
        second.kill()

    assert all(body == number * 300_000 for number, body in seen)
    assert len({number for number, _ in seen}) > 1


@contextlib.contextmanager
def _writing(zoo: Zoo) -> Iterator[subprocess.Popen[str]]:
    """Write one file in another process, until it is killed; begin when it was written once."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, str(cache(zoo))], env=zoo.seen({}), stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process
        process.kill()
