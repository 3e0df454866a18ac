"""The demo tells the story it should, with the code under test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def tenants_before() -> list[Path]:
    """List the example tenants' files before the demo runs."""
    return sorted((ROOT / "tenants").rglob("*"))


@pytest.fixture(scope="module")
def demo(tenants_before: list[Path], tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """Run the demo once, from elsewhere, with no terminal."""
    assert tenants_before
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [str(ROOT / ".ci/demo")],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def output_of(demo: subprocess.CompletedProcess[str], command: str, occurrence: int = 0) -> str:
    """Give what a command of the demo printed, up to the next command or heading."""
    parts = [p for p in demo.stdout.split("\n$ ")[1:] if p.splitlines()[0].startswith(f"flametree-cfg {command}")]
    return parts[occurrence].split("\n## ")[0]


def test_demo_ends_well(demo: subprocess.CompletedProcess[str]) -> None:
    """The demo exits 0 and its last line says what it showed."""
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert demo.stdout.splitlines()[-1].startswith("The demo passed")


def test_first_plan_adds_everything(demo: subprocess.CompletedProcess[str]) -> None:
    """From an empty registry, every tenant's resources are to add and none to delete."""
    plan = output_of(demo, "plan tenants")

    assert "connector.core-banking" in plan
    assert "0 to delete" in plan


def test_second_plan_is_empty(demo: subprocess.CompletedProcess[str]) -> None:
    """After an apply there is nothing left to do."""
    plan = output_of(demo, "plan tenants", 1)

    assert "(exit" not in plan
    assert "0 to add, 0 to change, 0 to delete" in plan


def test_drift_is_found_and_put_right(demo: subprocess.CompletedProcess[str]) -> None:
    """What was changed outside is found with exit 3, and gone after an apply."""
    before, after = output_of(demo, "drift check", 0), output_of(demo, "drift check", 1)

    assert "connector.chat" in before
    assert "temperature" in before
    assert "(exit 3, as it should be)" in before
    assert "(exit" not in after


def test_night_desk_takes_over_in_one_handover(demo: subprocess.CompletedProcess[str]) -> None:
    """The edit of two lines plans as one handover of the channel."""
    assert "handover inbound channel.whatsapp" in output_of(demo, "plan tenants/greenbasket")


def test_every_dot_is_green(demo: subprocess.CompletedProcess[str]) -> None:
    """The stand-ins answer for every provider: nothing is unhealthy, every channel that runs is verified."""
    checked, status = output_of(demo, "check tenants"), output_of(demo, "status tenants/greenbasket")
    channels = [line for line in status.splitlines() if " channel." in line]

    assert "unhealthy" not in checked
    assert checked.count("● Healthy") >= 12
    assert channels
    assert all(line.startswith("RUNNING") and line.endswith("  verified") for line in channels)
    assert "(exit" not in checked


def test_one_is_red_on_purpose(demo: subprocess.CompletedProcess[str]) -> None:
    """A revoked key is told by the plan before, by the apply after, and by the status from then on."""
    told = [
        output_of(demo, "plan tenants/studio-bakery --probe"),
        output_of(demo, "apply tenants/studio-bakery"),
        output_of(demo, "status tenants/studio-bakery"),
    ]

    assert [("● Unhealthy" in text, "401: Incorrect API key" in text) for text in told] == [(True, True)] * 3
    assert ["(exit 9" in text for text in told] == [True, True, False]


def test_demo_prints_no_secret(demo: subprocess.CompletedProcess[str]) -> None:
    """No value that the demo made up appears in what it prints."""
    assert "demo-GREENBASKET" not in demo.stdout + demo.stderr
    assert "demo-app-password" not in demo.stdout + demo.stderr
    assert "demo-revoked" not in demo.stdout.replace("=demo-revoked", "") + demo.stderr


def test_checkout_stays_clean(tenants_before: list[Path], demo: subprocess.CompletedProcess[str]) -> None:
    """The demo works on a copy: the example tenants stay as they were, without ledger or secrets."""
    assert demo.returncode == 0
    assert sorted((ROOT / "tenants").rglob("*")) == tenants_before
