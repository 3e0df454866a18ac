"""Many tenants in one run: one result each, one summary, and no delete because something could not be read."""

from __future__ import annotations

import shutil

import pytest

from tests.acceptance.test_ownership import ALL
from tests.scenario.running import Zoo


@pytest.fixture
def three(zoo: Zoo) -> Zoo:
    """Give three tenants, applied."""
    for name in ("ape", "bee", "zoo"):
        folder = zoo.root / "tenants" / name
        folder.mkdir(parents=True)
        (folder / "all.yaml").write_text(f"tenant: {name}\n{ALL}")
    zoo.ok("apply", "tenants", "--yes")
    return zoo


def test_a_bad_one_does_not_stop_the_others(three: Zoo) -> None:
    """The broken tenant is told and keeps everything; the others are applied; the worst exit code wins."""
    (three.root / "tenants" / "bee" / "all.yaml").write_text("tenant: bee\nconnectors: [\n")
    zoo = three.root / "tenants" / "zoo" / "all.yaml"
    zoo.write_text(zoo.read_text().replace("name: Model", "name: Better model"))
    done = three.run("apply", "tenants", "--yes")
    (three.root / "tenants" / "bee" / "all.yaml").write_text(f"tenant: bee\n{ALL}")

    assert done.returncode == 4
    assert "tenants/bee/all.yaml:" in done.stderr
    assert "Better model" in three.ok("show", "tenants/zoo")
    assert three.ok("plan", "tenants", "--detailed-exitcode")


def test_a_folder_that_is_gone_is_told_not_deleted(three: Zoo) -> None:
    """A tenant that the ledger knows and no folder declares is reported and kept."""
    kept = three.root / "kept"
    shutil.move(three.root / "tenants" / "bee", kept)
    planned, applied = three.run("plan", "tenants"), three.run("apply", "tenants", "--yes")
    shutil.move(kept, three.root / "tenants" / "bee")

    assert "tenant-without-folder" in planned.stdout + planned.stderr
    assert "tenant-without-folder" in applied.stdout + applied.stderr
    assert (planned.returncode, applied.returncode) == (0, 0)
    assert three.ok("plan", "tenants/bee", "--detailed-exitcode")


@pytest.mark.parametrize("content", [None, "", "# nothing\n", "tenant: bee\n\tconnectors: {}\n", "---\n---\n"])
def test_nothing_readable_plans_no_delete(three: Zoo, content: str | None) -> None:
    """An empty folder, an empty file or a broken one never reads as "delete everything"."""
    file = three.root / "tenants" / "bee" / "all.yaml"
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    done = three.run("apply", "tenants/bee", "--yes", "--allow-delete", "all")
    file.write_text(f"tenant: bee\n{ALL}")

    assert done.returncode == 4
    assert three.ok("plan", "tenants/bee", "--detailed-exitcode")


def test_two_folders_of_one_tenant_are_refused(three: Zoo) -> None:
    """Each would delete what the other declares."""
    shutil.copytree(three.root / "tenants" / "bee", three.root / "tenants" / "bee-2")
    done = three.run("plan", "tenants")

    assert done.returncode == 4
    assert "tenant-twice" in done.stderr
