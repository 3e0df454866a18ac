"""History, state, show, drift and explain, from another process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_apply import SECRET, TENANT
from tests.cli.test_process import start


def ok(folder: Path, *arguments: str, code: int = 0) -> str:
    """Run a command that has to end as expected; gives its stdout."""
    ended = start(*arguments, cwd=folder)
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture
def applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with one tenant that was applied."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.yaml").write_text(TENANT, encoding="utf-8")
    monkeypatch.setenv("SHOP_KEY", SECRET)
    ok(tmp_path, "apply", "shop", "--yes")
    return tmp_path


def test_history_lists_and_shows(applied: Path) -> None:
    """Each apply has a line, and its operations on request."""
    assert ok(applied, "history", "list", "shop").splitlines()[-1] == "History: 1 run of tenant shop"
    assert 'create connector.gpt llm "GPT"' in ok(applied, "history", "show", "shop", "1")
    assert "no-such-run" in start("history", "show", "shop", "2", cwd=applied).stderr


def test_state_goes_out_and_comes_back(applied: Path) -> None:
    """What `state export` writes, `state import` takes, and a plan is empty again."""
    (applied / "kept.json").write_text(ok(applied, "state", "export", "shop"), encoding="utf-8")
    assert "Forgot connector.gpt" in ok(applied, "state", "rm", "shop", "connector.gpt")
    foreign = start("plan", "shop", cwd=applied)
    imported = ok(applied, "state", "import", "shop", "kept.json")

    assert foreign.returncode == 4
    assert "exists-outside" in foreign.stderr
    assert imported.startswith("Imported kept.json; serial ")
    assert ok(applied, "plan", "shop", "--detailed-exitcode").splitlines()[-1].startswith("No changes.")


def test_state_list_and_show(applied: Path) -> None:
    """The ledger's entries carry references, never values."""
    assert "connector.gpt  llm   GPT" in ok(applied, "state", "list", "shop")
    assert "settings.access_token: (secret ${env:SHOP_KEY})" in ok(applied, "state", "show", "shop", "connector.gpt")
    assert ok(applied, "state", "unlock", "shop") == "Nobody holds the lock\n"


def test_drift_is_three(applied: Path) -> None:
    """Something moved outside ends with 3, and names object and field."""
    ok(applied, "registry", "set", "shop", "connector.gpt", "settings.temperature=0.9")
    told = ok(applied, "drift", "check", "shop", code=3)
    document = json.loads(ok(applied, "drift", "check", "shop", "--format", "json", code=3))

    assert "settings.temperature: 0.0 → 0.9" in told
    assert told.splitlines()[-1] == "Drift: 1 found in 1 of 1 tenant (1 changed)"
    assert document["tenants"][0]["drift"][0]["fields"][0]["after"] == 0.9


def test_show_is_a_card(applied: Path) -> None:
    """A card shows main parameters, a secret as present only."""
    shown = ok(applied, "show", "shop", "connector.gpt")

    assert "model_name: gpt-4o" in shown
    assert SECRET not in shown
    assert start("show", "shop", "connector.none", cwd=applied).returncode == 64


def test_explain_marks_what_matters(tmp_path: Path) -> None:
    """Required, secret and inferred settings are marked, and what inferred means is said."""
    llm, sip = ok(tmp_path, "explain", "connector/llm"), ok(tmp_path, "explain", "channel/sip")

    assert "settings.access_token: text   [required, secret]" in llm
    assert "[inferred]" in sip
    assert "inferred from the provider's public API, not documented by the platform" in sip
    assert start("explain", "connector/lmm", cwd=tmp_path).returncode == 64


def test_schema_export_is_the_editors_schema(tmp_path: Path) -> None:
    """The exported document is JSON Schema of a tenant's YAML."""
    document = json.loads(ok(tmp_path, "schema", "export"))

    assert document["$schema"].startswith("https://json-schema.org/")
    assert {"tenant", "connectors", "channels", "agents"} <= set(document["properties"])
