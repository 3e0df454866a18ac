"""Apply asks, and without anybody to ask it refuses."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_process import start

TENANT = """\
tenant: shop
connectors:
  gpt:
    type: llm
    name: GPT
    settings:
      api_url: https://api.openai.com/v1
      access_token: ${env:SHOP_KEY}
      model_name: gpt-4o
      temperature: 0.0
agents: {}
"""
SECRET = "sk-canary-0123456789abcdef"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with one tenant, and its secret in the environment."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.yaml").write_text(TENANT, encoding="utf-8")
    monkeypatch.setenv("SHOP_KEY", SECRET)
    return tmp_path


def answered(shop: Path, answer: str, *arguments: str) -> tuple[int, str]:
    """Run a command on a terminal and type an answer."""
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "flametree_cfg", *arguments],
        cwd=shop, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        os.close(terminal)
        os.write(controller, f"{answer}\n".encode())
        out = process.communicate(timeout=60)[0]
    os.close(controller)
    return process.returncode, out


def test_without_a_terminal_it_refuses(shop: Path) -> None:
    """The plan is shown, nothing is done, and the hint says how to go on."""
    ended = start("apply", "shop", cwd=shop)

    assert ended.returncode == 5
    assert "Plan: 1 to add" in ended.stdout
    assert "hint: look at the plan, then run the command again with `--yes`" in ended.stderr
    assert start("plan", "shop", "--detailed-exitcode", cwd=shop).returncode == 2


def test_only_yes_is_yes(shop: Path) -> None:
    """On a terminal it asks; anything but `yes` declines with 5."""
    code, out = answered(shop, "y", "apply", "shop")

    assert code == 5
    assert "Apply these changes? Only 'yes' is accepted: " in out
    assert "error[declined]" in out


def test_yes_applies(shop: Path) -> None:
    """`yes` applies what was shown, and a second apply has nothing to ask."""
    code, out = answered(shop, "yes", "apply", "shop")
    again = start("apply", "shop", cwd=shop)

    assert code == 0, out
    assert "shop: 1/1 create connector.gpt" in out
    assert out.splitlines()[-1] == "Apply: 1 operation applied"
    assert again.returncode == 0
    assert again.stdout.splitlines()[-1] == "No changes. Apply: 0 operations"


def test_json_keeps_stdout_for_the_document(shop: Path) -> None:
    """With --format json the plan that people read goes to stderr."""
    ended = start("apply", "shop", "--yes", "--format", "json", cwd=shop)
    document = json.loads(ended.stdout)

    assert document["summary"] == {"tenants": 1, "failed": 0, "applied": 1, "operations": 1}
    assert document["tenants"][0]["plan"]["changes"][0]["address"] == "connector.gpt"
    assert "Tenant shop" in ended.stderr


def test_no_secret_in_any_output(shop: Path) -> None:
    """The value is in nothing that any command says."""
    said = ""
    for command in (
        ("plan", "shop"),
        ("plan", "shop", "--format", "json"),
        ("apply", "shop", "--yes", "--debug"),
        ("show", "shop"),
        ("state", "show", "shop", "connector.gpt"),
        ("state", "export", "shop"),
        ("history", "show", "shop", "1"),
        ("history", "show", "shop", "1", "--format", "json"),
    ):
        ended = start(*command, cwd=shop)
        said += ended.stdout + ended.stderr
        assert ended.returncode == 0, ended.stderr

    assert SECRET not in said
    assert "${env:SHOP_KEY}" in said


def test_a_bad_tenant_does_not_stop_the_others(shop: Path) -> None:
    """Every tenant is planned, one summary counts them, and the worst decides the exit code."""
    (shop / "bad").mkdir()
    (shop / "bad" / "a.yaml").write_text("tenant: bad\nconnectors: {x: {}}\n", encoding="utf-8")

    ended = start("plan", ".", "--detailed-exitcode", cwd=shop)

    assert ended.returncode == 4
    assert "Tenant shop" in ended.stdout
    assert ended.stdout.splitlines()[-1].endswith("; 1 tenant failed")
    assert "bad/a.yaml:2:" in ended.stderr


def test_destroy_wants_the_tenants_name(shop: Path) -> None:
    """A whole tenant goes only when allowed, and when its name was typed."""
    assert start("apply", "shop", "--yes", cwd=shop).returncode == 0
    refused = start("destroy", "shop", "--yes", cwd=shop)
    declined = answered(shop, "yes", "destroy", "shop", "--allow-delete", "all")
    done = answered(shop, "shop", "destroy", "shop", "--allow-delete", "all")

    assert refused.returncode == 5
    assert declined[0] == 5
    assert done[0] == 0, done[1]
    assert "Only 'shop' is accepted" in done[1]


def test_variables_stand_for_flags(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline can set every flag by its variable."""
    monkeypatch.setenv("FLAMETREE_APPLY_YES", "1")
    monkeypatch.setenv("FLAMETREE_FORMAT", "json")
    monkeypatch.setenv("FLAMETREE_STATE", f"sqlite:{shop / 'elsewhere.db'}")

    ended = start("apply", "shop", cwd=shop)

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["command"] == "apply"
    assert (shop / "elsewhere.db").exists()
