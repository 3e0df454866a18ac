"""The README is true: its commands run, its plan is the plan, its tables are the program's."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flametree_cfg.errors import ExitCode
from flametree_cfg.invariants import ALL_CODES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLES = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"^\$ flametree-cfg (.*?)(?:\s+# exit (\d+))?$", CONSOLES[1], re.MULTILINE)


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """Give a copy of the example tenants with a ledger and a registry of their own."""
    shutil.copytree(ROOT / "tenants", tmp_path / "tenants")
    secrets = tmp_path / "tenants" / "greenbasket" / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "help-mailbox").write_text("an-app-password\n")
    (tmp_path / ".flametree").mkdir(mode=0o700)
    return tmp_path


def run(estate: Path, arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the README."""
    text = "".join(p.read_text() for p in (estate / "tenants").rglob("*.yaml"))
    secrets = {name: f"demo-{name}" for name in re.findall(r"\$\{env:([A-Z0-9_]+)\}", text)}
    return subprocess.run(
        [sys.executable, "-m", "flametree_cfg", *shlex.split(arguments)],
        cwd=estate,
        env={**os.environ, **secrets, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def edit(file: Path, *replacements: tuple[str, str]) -> None:
    """Make the README's edit."""
    text = file.read_text()
    for before, after in replacements:
        assert before in text
        text = text.replace(before, after, 1)
    file.write_text(text)


def test_twenty_seconds_is_the_real_plan(estate: Path) -> None:
    """The plan that the README shows is what the edit it describes gives, to the letter."""
    folder = estate / "tenants" / "greenbasket"
    assert run(estate, "apply tenants/greenbasket --yes").returncode == 0
    edit(folder / "models.yaml", ("    default: true\n", ""), ("temperature: 0.2 ", "temperature: 0.5 "))
    edit(folder / "models.yaml", ("  chat-small: ", "  chat-small:\n    default: true "))
    edit(folder / "day-desk.yaml", ("whatsapp: {inbound: true}", "whatsapp: {inbound: false}"))
    edit(folder / "night-desk.yaml", ("whatsapp: {inbound: false}", "whatsapp: {inbound: true}"))
    shown = run(estate, "plan tenants/greenbasket")

    assert f"$ flametree-cfg plan tenants/greenbasket\n{shown.stdout}" == CONSOLES[0]


def test_its_yaml_is_of_the_example() -> None:
    """What the README quotes stands in the example tenant with the same values."""
    quoted = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0])
    files = (ROOT / "tenants" / "greenbasket").glob("*.yaml")
    real: dict[str, dict[str, dict[str, object]]] = {}
    for file in files:
        for section, objects in yaml.safe_load(file.read_text()).items():
            if isinstance(objects, dict):
                real.setdefault(section, {}).update(objects)

    chat = quoted["connectors"]["chat"]
    assert {**real["connectors"]["chat"], **chat, "settings": None} == {**real["connectors"]["chat"], "settings": None}
    assert chat["settings"].items() <= real["connectors"]["chat"]["settings"].items()
    for key, agent in quoted["agents"].items():
        assert agent["name"] == real["agents"][key]["name"]
        assert agent["channels"].items() <= real["agents"][key]["channels"].items()


def test_every_command_runs(estate: Path) -> None:
    """The commands of the README, one after the other, end as it says."""
    ended = [(command, run(estate, command).returncode) for command, _ in COMMANDS]

    assert len(ended) > 10
    assert ended == [(command, int(code or 0)) for command, code in COMMANDS]


def test_exit_codes_are_the_programs() -> None:
    """The table of exit codes lists every code and no other."""
    table = README.partition("## Exit codes")[2].partition("Over many")[0]

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == {int(c) for c in ExitCode}


def test_rules_are_the_programs() -> None:
    """The table of rules is the one in the code, in its order."""
    rows = [f"| `{code}` | {about} |" for code, about in ALL_CODES.items()]

    assert "\n".join(rows) in README


def test_make_targets_exist() -> None:
    """Every make target that the README names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text()

    for target in set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_rooms_exist() -> None:
    """The map of the house names every room there is."""
    house = README.partition("## The house")[2].partition("**One YAML")[0]
    named = set(re.findall(r"`([a-z]+)`", house.partition("|---|")[2]))
    package = ROOT / "flametree_cfg"
    rooms = {p.stem for p in package.iterdir() if (p.is_dir() or p.suffix == ".py") and not p.name.startswith("_")}

    assert named == rooms - {"py"}
