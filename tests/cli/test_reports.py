"""`--report FORMAT=FILE`: further reports of the same run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

TENANT = "tenant: acme\nconnectors: {}\n"


@pytest.fixture
def tenant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a tenant in a folder of its own, and go there."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "a.yaml").write_text(TENANT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", [["validate"], ["plan"], ["drift", "check"]])
def test_reports_beside_the_result(cli: Run, tenant: Path, command: list[str]) -> None:
    """One run gives the text and every report; a report is what `--format` would have given."""
    alone = cli(*command, "acme", "--format", "markdown")
    ended = cli(*command, "acme", "--report", "json=r.json", "--report", "markdown=r.md")

    assert (tenant / "r.md").read_text() == alone.out
    assert json.loads((tenant / "r.json").read_text())["command"] == " ".join(command)
    assert "###" not in ended.out
    assert ended.code == alone.code
    assert sorted(path.name for path in tenant.iterdir() if path.is_file()) == ["r.json", "r.md"]


def test_an_old_report_is_replaced(cli: Run, tenant: Path) -> None:
    """What stood in the file is gone, whole."""
    (tenant / "r.md").write_text("old " * 1000)
    cli("validate", "acme", "--report", "markdown=r.md")

    assert "old" not in (tenant / "r.md").read_text()


@pytest.mark.parametrize("file", ["nowhere/r.md", "acme", "a\0b"])
def test_a_file_that_cannot_be_written(cli: Run, tenant: Path, file: str) -> None:
    """It is told which report failed and why; nothing half written stays."""
    ended = cli("validate", "acme", "--report", f"markdown={file}")

    assert ended.code == 1
    assert "error[report-failed]" in ended.err
    assert "internal-error" not in ended.err
    assert [path.name for path in tenant.iterdir()] == ["acme"]


@pytest.mark.parametrize("value", ["markdown", "markdown=", "paper=r.md", "=r.md", "sink=r.md"])
def test_no_such_report(cli: Run, tenant: Path, value: str) -> None:
    """Something that is no FORMAT=FILE is a wrong usage."""
    ended = cli("plan", "acme", "--report", value)
    one_line = " ".join(ended.err.split())

    assert ended.code == 64
    assert (
        "FORMAT=FILE, with one of dot, github, gitlab, html, json, junit, markdown, mermaid, sarif, svg, text"
        in one_line
    )
    assert not (tenant / "r.md").exists()


def test_a_failure_is_reported_too(cli: Run, tenant: Path) -> None:
    """A command that cannot go on leaves a report that says so."""
    ended = cli("plan", "acme", "--target", "connector.nothing", "--report", "json=r.json", "--schemas", "nowhere")

    assert ended.code == 4
    assert json.loads((tenant / "r.json").read_text())["exit_code"] == 4
