"""The command line as another process meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("rich", "pydantic", "deepdiff", "jsonschema", "jsonschema_rs", "cryptography", "sqlite3", "yaml", "rfc8785")

SAMPLE = """\
tenant: cafe
connectors:
  gpt:
    type: llm
    name: "[red]Café[/red] [link=http://a]→"
    settings:
      api_url: https://api.openai.com/v1
      access_token: ${env:SAMPLE_KEY}
      model_name: gpt-4o
      temperature: 0.0
"""


def start(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    """Run it."""
    return subprocess.run(
        [sys.executable, "-m", "flametree_cfg", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
        **more,  # type: ignore[call-overload]
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a tenant with a name that hopes to be markup."""
    place = tmp_path / "tenants" / "cafe"
    place.mkdir(parents=True)
    (place / "a.yaml").write_text(SAMPLE, encoding="utf-8")
    return tmp_path


def test_help_loads_nothing_heavy() -> None:
    """`--help` imports click and our own few modules."""
    told = start("--help", env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"})
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.stderr.splitlines()}

    assert told.returncode == 0
    assert "click" in loaded
    assert loaded & set(HEAVY) == set()


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"PYTHONIOENCODING": "cp1252:strict"},
        {"COLUMNS": "20"},
        {"TERM": "dumb"},
    ],
)
def test_any_locale_and_width(folder: Path, environment: dict[str, str]) -> None:
    """No locale, encoding or width makes a command fail or crash."""
    for command in (["validate", "tenants"], ["plan", "tenants", "--no-refresh"], ["--help"]):
        ended = start(*command, cwd=folder, env={**os.environ, **environment}, errors="replace")

        assert "Traceback" not in ended.stdout + ended.stderr
        assert ended.returncode == 0, ended.stderr


def test_closed_streams(folder: Path) -> None:
    """With stdout and stderr closed the command still does its work and says how it went."""
    for closed in (">&-", "2>&-", ">&- 2>&-", "<&-"):
        shell = f'"{sys.executable}" -m flametree_cfg plan tenants --no-refresh --detailed-exitcode {closed}'
        ended = subprocess.run(["/bin/sh", "-c", shell], cwd=folder, capture_output=True, text=True, check=False)

        assert ended.returncode == 2, (closed, ended.stderr)
        assert "Traceback" not in ended.stderr


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    """Piped into `head -1`, nothing is said about the broken pipe."""
    shell = f'"{sys.executable}" -m flametree_cfg plan tenants --no-refresh | true'
    ended = subprocess.run(["/bin/sh", "-c", shell], cwd=folder, capture_output=True, text=True, check=False)

    assert ended.stderr == ""


def test_names_are_never_markup(folder: Path) -> None:
    """A name's brackets are shown as they are."""
    ended = start("plan", "tenants", "--no-refresh", cwd=folder, env={**os.environ, "PYTHONIOENCODING": "utf-8"})

    assert '"[red]Café[/red] [link=http://a]→"' in ended.stdout


def test_json_goes_through_any_encoding(folder: Path) -> None:
    """The machine's document is whole under an ASCII locale."""
    ended = start(
        "plan",
        "tenants",
        "--no-refresh",
        "--format",
        "json",
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )

    assert json.loads(ended.stdout)["format_version"] == 1


def test_version_says_what_to_report() -> None:
    """The version stands with what it runs on."""
    document = json.loads(start("version", "--format", "json").stdout)

    assert document["command"] == "version"
    assert document["python"].startswith("3.")
