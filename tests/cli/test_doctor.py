"""`doctor` says what is wrong, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scenario.running import Zoo, holding
from tests.scenario.texts import BEFORE


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Give a zoo that is applied."""
    zoo = Zoo(tmp_path)
    zoo.declare(BEFORE)
    zoo.apply()
    return zoo


def findings(zoo: Zoo, code: int, *arguments: str, **environment: str) -> dict[str, list[dict[str, Any]]]:
    """Ask the doctor; gives what is not well, by name."""
    ended = zoo.run("doctor", *arguments, "--format", "json", **environment)
    found: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(ended.stdout)["findings"]:
        if one["verdict"] != "ok":
            found.setdefault(one["name"], []).append(one)
    assert ended.returncode == code, found
    return found


def test_all_is_well(zoo: Zoo) -> None:
    """Everything that is looked at has its line; the last one counts."""
    ended = zoo.run("doctor")
    named = [line.split()[1] for line in ended.stdout.splitlines()[:-1]]

    assert ended.returncode == 0
    assert named == ["versions", "types", "files", "key", "state", "platform", "locks", "clock"]
    assert ended.last == "Doctor: 8 ok, 0 to know, 0 failed"


def test_it_changes_nothing(zoo: Zoo) -> None:
    """No file of a zoo that is there is another one afterwards."""
    before = zoo.files()
    zoo.run("doctor")

    assert zoo.files() == before


def test_it_makes_nothing(tmp_path: Path) -> None:
    """In an empty folder all is well but for the key, which is not there yet."""
    empty = Zoo(tmp_path)
    empty.home.rmdir()

    assert set(findings(empty, 0)) == {"key"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["key", "ledger.db", "registry.db"])
def test_an_open_file_is_10(zoo: Zoo, name: str) -> None:
    """Others could read it; it is told before anything closes it again, with what to type."""
    (zoo.home / name).chmod(0o644)
    found = findings(zoo, 10)

    assert f"chmod 0600 {zoo.home / name}" in found["files"][0]["hint"]


def test_a_bad_key_is_10_and_unseen(zoo: Zoo) -> None:
    """What is no key is not shown."""
    found = findings(zoo, 10, FLAMETREE_KEY="nonsense-canary-key")

    assert found["key"][0]["exit_code"] == 10
    assert "canary" not in json.dumps(found)


def test_damaged_state_is_told_and_the_rest_goes_on(zoo: Zoo) -> None:
    """One finding for what cannot be read, whatever else depends on it; no exception ends the visit."""
    (zoo.home / "ledger.db").write_bytes(b"x" * 4096)
    found = findings(zoo, 1)

    assert found["state"][0]["verdict"] == "failed"
    assert "Storage" in found["state"][0]["detail"] or "File" in found["state"][0]["detail"]
    assert "files" not in found


def test_another_platform_is_6(zoo: Zoo) -> None:
    """Ids of one platform mean nothing on another."""
    found = findings(zoo, 6, "--platform", "sqlite:other.db")

    assert "zoo was applied to" in found["platform"][0]["detail"]


def test_a_lock_is_named(zoo: Zoo) -> None:
    """Who holds it, where, since when; it is no fault."""
    with holding(zoo):
        found = findings(zoo, 0)

    assert "zoo: held by mallory on far-away" in found["locks"][0]["detail"]


def test_a_clock_that_is_behind_is_9(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own history is from the future."""
    from flametree_cfg.engine import Options, diagnose
    from flametree_cfg.engine.outside import Outside

    monkeypatch.chdir(zoo.root)
    past = Options(outside=Outside(now=lambda: "2020-01-01T00:00:00+00:00"))
    found = {one.name: one for one in diagnose(".", past)}

    assert found["clock"].exit_code == 9
    assert "behind the newest apply" in found["clock"].detail


def test_no_password_of_a_url_is_shown() -> None:
    """A URL is shown by where it leads."""
    from flametree_cfg.engine.doctor import _shown

    assert (
        _shown("postgresql://me:pw@db.example:5433/flametree?password=pw") == "postgresql://db.example:5433/flametree"
    )
    assert _shown("sqlite:.flametree/ledger.db") == "sqlite:.flametree/ledger.db"
    assert "pw" not in _shown("postgresql://me:pw@[::1")


def test_an_unknown_state_is_told(zoo: Zoo) -> None:
    """A URL that nothing answers to is a finding with its own code."""
    assert findings(zoo, 64, "--state", "nonsense:x")["state"][0]["exit_code"] == 64
