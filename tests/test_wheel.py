"""The wheel holds what it should and works in a clean environment."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([a-z0-9.-]+)==([^\s;\\]+)( ;[^\\]*)?", re.MULTILINE)

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    result = subprocess.run(build, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return next(out.glob("*.whl"))


def site_packages(environment: Path) -> Path:
    """Give the folder where an environment keeps its packages."""
    return next(environment.glob("lib/python*/site-packages"))


def copy_locked_packages(target: Path) -> None:
    """
    Install what `requirements.lock` names, from the environment the tests run in.

    That one was installed with hashes from the other lock, which pins the same versions; so no index is asked.
    """
    for name, version, marker in PIN.findall((ROOT / "requirements.lock").read_text()):
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            assert marker, f"{name} is locked but not installed"
            continue
        assert package.version == version
        for file in package.files or ():
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.exists():
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target / file)


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a clean environment with the locked packages and the wheel; give its `bin` folder."""
    environment = tmp_path_factory.mktemp("clean")
    venv.create(environment, with_pip=True)
    copy_locked_packages(site_packages(environment))
    install = [str(environment / "bin/pip"), "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    result = subprocess.run(install, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return environment / "bin"


def run_in(clean: Path, cwd: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the clean environment that knows nothing of this checkout."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "FLAMETREE_", "VIRTUAL_ENV"))}
    command = [str(clean / args[0]), *args[1:]]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_wheel_holds_only_listed_files(wheel: Path) -> None:
    """The wheel is the package, the schemas, what `init` makes, a sound to send, its metadata: no tests, no `.pth`."""
    package = {f"flametree_cfg/{p.relative_to(ROOT / 'flametree_cfg')}" for p in (ROOT / "flametree_cfg").rglob("*.py")}
    schemas = {f"flametree_cfg/_schemas/{p.relative_to(ROOT / 'schemas')}" for p in (ROOT / "schemas").rglob("*.json")}
    scaffold = {str(p.relative_to(ROOT)) for p in (ROOT / "flametree_cfg/forge/scaffold").rglob("*") if p.is_file()}
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    samples = {"flametree_cfg/probe/samples/tone.wav"}
    pages = {f"flametree_cfg/report/_templates/{name}" for name in ("report.css", "report.html.jinja")}

    assert len(scaffold) > 10
    assert names == package | schemas | pages | scaffold | samples | {"flametree_cfg/py.typed"}


def test_wheel_carries_every_type(wheel: Path) -> None:
    """The schemas of connectors and channels are inside."""
    names = zipfile.ZipFile(wheel).namelist()

    assert "flametree_cfg/_schemas/connectors/llm.json" in names
    assert "flametree_cfg/_schemas/channels/telegram.json" in names
    assert "flametree_cfg/_schemas/tenant.json" in names


def test_installed_wheel_validates_a_tenant(clean: Path, tmp_path: Path) -> None:
    """`flametree-cfg validate` works from the wheel alone, from another folder."""
    shutil.copytree(ROOT / "tenants/greenbasket", tmp_path / "greenbasket")

    result = run_in(clean, tmp_path, "flametree-cfg", "validate", "greenbasket")

    assert result.returncode == 0, result.stdout + result.stderr


def test_installed_wheel_is_not_this_checkout(clean: Path, tmp_path: Path) -> None:
    """The clean environment runs the installed files, not those of the checkout."""
    result = run_in(clean, tmp_path, "python", "-c", "import flametree_cfg; print(flametree_cfg.__file__)")

    assert Path(result.stdout.strip()).is_relative_to(clean.parent)
