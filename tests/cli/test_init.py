"""`init` makes a repository that works at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_what_it_makes_is_valid(tmp_path: Path, cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example validates and can be planned; editors find the schema where the first line says."""
    made = cli("init", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path / "config")
    tenant = Path("tenants/example/tenant.yaml")
    schema = tenant.read_text().partition("$schema=")[2].partition("\n")[0]

    assert made.code == 0, made.err
    assert made.out.splitlines()[-1].startswith("Init: 8 made, 0 left")
    assert cli("validate", "tenants").code == 0
    assert "4 to add" in cli("plan", "tenants").out
    assert json.loads((tenant.parent / schema).read_text())["$schema"].endswith("2020-12/schema")
    assert ".flametree/" in Path(".gitignore").read_text().splitlines()


def test_again_says_what_it_left(tmp_path: Path, cli: Run) -> None:
    """Running it again makes nothing; another forge's files are added."""
    cli("init", str(tmp_path))
    again = cli("init", str(tmp_path))
    more = json.loads(cli("init", str(tmp_path), "--ci", "gitlab", "--format", "json").out)

    assert again.out.splitlines()[-1] == "Init: 0 made, 8 left"
    assert "left  README.md (it is there already)" in again.out
    assert more["made"] == [".gitlab-ci.yml", ".gitlab/flametree.yml"]


def test_the_branch_is_the_one_that_is_named(tmp_path: Path, cli: Run) -> None:
    """Workflows listen to the default branch; what could be read as YAML is no name of one."""
    assert cli("init", str(tmp_path), "--ci", "github", "--branch", "trunk").code == 0
    assert "branches: [trunk]" in (tmp_path / ".github/workflows/flametree-apply.yml").read_text()
    assert cli("init", str(tmp_path), "--branch", "a]: {").code == 64


def test_a_gitignore_that_exposes_the_key_is_told(tmp_path: Path, cli: Run) -> None:
    """It is not edited; the person is told what to add."""
    (tmp_path / ".gitignore").write_text("build/\n")
    made = cli("init", str(tmp_path))

    assert made.code == 0
    assert "warning[key-not-ignored]" in made.err
    assert (tmp_path / ".gitignore").read_text() == "build/\n"


def test_a_place_that_cannot_be_written_is_1(tmp_path: Path, cli: Run) -> None:
    """A file in the way is named."""
    (tmp_path / "file").write_text("")
    refused = cli("init", str(tmp_path / "file"))

    assert refused.code == 1
    assert "error[init-failed]" in refused.err
