"""The house stands: floors, sizes, and what may be called where."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "flametree_cfg"
MODULES = sorted(PACKAGE.rglob("*.py"))
OURS = ("flametree_cfg", "schemas", "tenants", "tests", "bench", ".ci")

MOST_LINES = 400  # beyond it two questions live in one module; see the README

# Clock and chance are handed down from here, so that everything else can be replayed.
INJECTORS = frozenset(
    {
        "engine/outside.py",  # names a run and dates its line of history
        "platform/outside.py",  # hands the embedded registry its clock and its ids
        "probe/outside.py",  # words of SIP that nobody guesses; spreads calls over time
        "secret/keyfile.py",  # makes the master key
        "secret/keyring.py",  # draws nonces
        "sql/place.py",  # names a temporary file
        "state/world.py",  # the ledger's clock, ids and sleep
    }
)
# `time.monotonic` may measure how long something took: nothing is decided by it.
NOT_REPEATABLE = {
    "time": {"time", "time_ns", "sleep", "localtime", "gmtime"},
    "uuid": {"uuid1", "uuid4"},
    "datetime": {"now", "utcnow", "today"},
    "os": {"urandom"},
}
CHANCE = {"random", "secrets"}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the contracts of `folder`."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_imports_only_go_down() -> None:
    """The contract of the floors holds."""
    result = lint_imports(ROOT)

    assert result.returncode == 0, result.stdout


def test_contract_sees_an_import_that_goes_up(tmp_path: Path) -> None:
    """An import from a lower floor to a higher one breaks the contract."""
    shutil.copytree(PACKAGE, tmp_path / "flametree_cfg", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    module = tmp_path / "flametree_cfg/model/address.py"
    module.write_text(f"{module.read_text()}\nimport flametree_cfg.engine\n")

    result = lint_imports(tmp_path)

    assert result.returncode == 1
    assert "flametree_cfg.model.address -> flametree_cfg.engine" in result.stdout


def test_every_room_stands_on_a_floor() -> None:
    """No package or module of the house is left out of the contract."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(c for c in contracts if c["type"] == "layers")
    named = {room.strip("() ") for layer in floors["layers"] for room in layer.split("|")}
    rooms = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}

    assert floors["exhaustive"] is True
    assert rooms - named - {"__init__", "__main__"} == set()


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_modules_are_short(module: Path) -> None:
    """A module answers one question, which takes no more than 400 lines."""
    assert len(module.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "manager", "misc"])
def test_no_room_without_a_duty(name: str) -> None:
    """No module is called by a name that could hold anything."""
    assert [m for m in MODULES if name in (m.stem, m.parent.name)] == []


def not_repeatable(tree: ast.Module) -> Iterator[str]:
    """List what brings in the clock or chance, as `line: name`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                names = [(owner, name)]
            case ast.ImportFrom(module=str(owner), names=aliases):
                names = [(owner, alias.name) for alias in aliases]
                names += [(owner, "")] if owner in CHANCE else []
            case ast.Import(names=aliases):
                names = [(alias.name, "") for alias in aliases if alias.name in CHANCE]
            case _:
                continue
        for owner, name in names:
            if not name or name in NOT_REPEATABLE.get(owner, ()):
                yield f"{node.lineno}: {owner}.{name}".rstrip(".")


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_clock_and_chance_are_handed_in(module: Path) -> None:
    """Only the modules that hand them down read the clock, draw random numbers, or sleep."""
    found = list(not_repeatable(ast.parse(module.read_text())))

    assert bool(found) is (module.relative_to(PACKAGE).as_posix() in INJECTORS), found


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "from time import sleep",
        "import uuid\nuuid.uuid4()",
        "import datetime\ndatetime.datetime.now()",
        "import random",
        "from secrets import token_bytes",
    ],
)
def test_the_lint_for_clock_and_chance_bites(source: str) -> None:
    """Each spelling of clock and chance is found."""
    assert list(not_repeatable(ast.parse(source)))


def our_files() -> Iterator[Path]:
    """List the text files of the project."""
    yield from (p for p in ROOT.iterdir() if p.is_file() and p.suffix not in {".pyc", ".db"})
    for folder in OURS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not {"__pycache__", "out"} & set(path.parts) and path.suffix != ".pyc":
                yield path


def test_no_file_names_this_machine() -> None:
    """No file of the project holds a path of the machine it was written on."""
    places = [str(ROOT)] + [f"{Path.home()}/"] * (len(Path.home().parts) > 1)
    naming = [str(p) for p in our_files() if any(place in p.read_text(errors="replace") for place in places)]

    assert naming == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_pin_every_package_with_a_hash(lock: str) -> None:
    """Every requirement of a lock is one version with hashes, and no index is named."""
    text = re.sub(r"^ *#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    requirements = [line for line in text.splitlines() if line.strip()]

    assert requirements
    assert [r for r in requirements if not re.match(r"[a-z0-9.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", r)] == []
    assert "://" not in text


def test_the_two_locks_agree() -> None:
    """What users get is what the tests ran with."""
    runtime, dev = ((ROOT / f).read_text() for f in ("requirements.lock", "requirements-dev.lock"))
    pins = re.compile(r"^([a-z0-9.-]+==\S+)", re.MULTILINE)

    assert set(pins.findall(runtime)) <= set(pins.findall(dev))
