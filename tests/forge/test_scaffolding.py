"""What `init` makes: valid, safe by the checkers of others, and never over somebody's file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from flametree_cfg.errors import FlametreeError
from flametree_cfg.forge import scaffold

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
ACTION = re.compile(r"actions/[a-z-]+@[0-9a-f]{40}")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Give a repository for both forges."""
    scaffold(tmp_path, ci="github", branch="main", schema="{}\n")
    scaffold(tmp_path, ci="gitlab", branch="main", schema="{}\n")
    return tmp_path


def checked(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run somebody else's checker; none of them asks the network."""
    return subprocess.run([str(BIN / command[0]), *command[1:]], cwd=cwd, capture_output=True, text=True, check=False)


def workflows(folder: Path) -> dict[str, Any]:
    """Read every workflow."""
    return {file.stem: yaml.safe_load(file.read_text()) for file in sorted((folder / ".github/workflows").iterdir())}


def test_zizmor_finds_nothing(made: Path) -> None:
    """No injection, no excess permission, no unpinned action, no credential that stays; nor in our own action."""
    for place in (made / ".github", ROOT / "action.yml"):
        done = checked("zizmor", "--offline", "--persona", "pedantic", "--no-progress", str(place), cwd=made)

        assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_would_find_something(made: Path) -> None:
    """The checker bites: data in a shell step is found."""
    file = made / ".github/workflows/flametree-plan.yml"
    file.write_text(file.read_text().replace("validate tenants", "validate ${{ github.event.pull_request.title }}"))

    assert checked("zizmor", "--offline", "--no-progress", str(made / ".github"), cwd=made).returncode != 0


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        (
            "vendor.github-workflows",
            [f".github/workflows/flametree-{n}.yml" for n in ("plan", "comment", "apply", "drift")],
        ),
        ("vendor.gitlab-ci", [".gitlab-ci.yml", ".gitlab/flametree.yml"]),
        ("vendor.github-actions", [str(ROOT / "action.yml")]),
    ],
)
def test_the_forges_schemas_take_them(made: Path, schema: str, files: list[str]) -> None:
    """Every key is one that GitHub or GitLab knows."""
    done = checked("check-jsonschema", "--builtin-schema", schema, *files, cwd=made)

    assert done.returncode == 0, done.stdout + done.stderr


def test_workflows_are_careful(made: Path) -> None:
    """No right by default, one run at a time, a time limit, pinned actions, no expression in a shell step."""
    for name, document in workflows(made).items():
        assert document["permissions"] == {}, name
        assert "concurrency" in document, name
        for job in document["jobs"].values():
            assert "timeout-minutes" in job, name
            assert "permissions" in job, name
            for step in job["steps"]:
                assert "run" in step or ACTION.fullmatch(step["uses"]), step
                assert "${{" not in step.get("run", ""), step


def test_who_may_write_meets_no_secret(made: Path) -> None:
    """What runs a stranger's code may only read, and no job has both a right to write and a secret of the platform."""
    found = workflows(made)

    for document in found.values():
        for key, job in document["jobs"].items():
            text = str(job)
            writes = [right for right, how in job["permissions"].items() if how == "write"]
            assert not (writes and "FLAMETREE_KEY" in text), key
            assert "secrets.GITHUB_TOKEN" not in text
    assert {right for job in found["flametree-plan"]["jobs"].values() for right in job["permissions"].items()} == {
        ("contents", "read")
    }
    assert "secrets." not in str(found["flametree-plan"]["jobs"]["plan-fork"])
    assert "secrets." not in str(found["flametree-comment"])


def test_again_does_nothing(made: Path) -> None:
    """Every file is left, byte for byte."""
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    again = scaffold(made, ci="github", branch="other", schema="other")

    assert again.made == ()
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    """It is named, and the others are made; a link that leads nowhere counts as a file."""
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / ".editorconfig").symlink_to(tmp_path / "nowhere")
    done = scaffold(tmp_path, ci="", branch="main", schema="{}\n")

    assert done.left == ("README.md", ".editorconfig")
    assert (tmp_path / "README.md").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    assert (tmp_path / "tenants/example/tenant.yaml").exists()
    assert list(tmp_path.rglob("*.tmp")) == []


def test_who_has_tenants_gets_no_example(tmp_path: Path) -> None:
    """An example beside real tenants would be applied by the next run."""
    (tmp_path / "tenants/acme").mkdir(parents=True)
    (tmp_path / "tenants/acme/a.yaml").write_text("tenant: acme\n")
    done = scaffold(tmp_path, ci="", branch="main", schema="{}\n")

    assert "tenants/example/tenant.yaml" not in done.made


@pytest.mark.parametrize(("text", "exposed"), [("*.pyc\n", True), ("/.flametree\n", False), (".flametree/\n", False)])
def test_a_gitignore_without_us_is_told(tmp_path: Path, text: str, exposed: bool) -> None:
    """The key would get into git."""
    (tmp_path / ".gitignore").write_text(text)

    assert scaffold(tmp_path, ci="", branch="main", schema="{}\n").exposed is exposed


def test_what_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file in the way of a folder is an error that names it."""
    (tmp_path / "tenants").write_text("")
    with pytest.raises(FlametreeError) as caught:
        scaffold(tmp_path, ci="", branch="main", schema="{}\n")

    assert "tenants" in caught.value.diagnostics[0].detail
