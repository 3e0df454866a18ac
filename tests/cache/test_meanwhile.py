"""Tests of files that change between the moment they are read for their digests and the moment they are needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from flametree_cfg.engine.options import Options
from flametree_cfg.engine.planning import each_plan
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import ExitCode
from tests.cache.asking import kept
from tests.scenario.running import SECRETS, Zoo
from tests.scenario.texts import BEFORE

NIGHT = "    name: Night\n    running: true\n"
WARNED = BEFORE.replace(NIGHT, f"{NIGHT}    instructions: Ask Going away.\n")


@pytest.fixture
def zoo(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> Zoo:
    """Give three tenants whose digests are known, while nothing is kept of what their files say."""
    for tenant in ("ant", "bee", "cat"):
        zoo.declare(WARNED, tenant=tenant)
    zoo.apply(path="tenants")
    zoo.ok("validate", "tenants")
    for path in kept(zoo, ".parts"):
        path.unlink()
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return zoo


def _paths(zoo: Zoo) -> list[Path]:
    return [zoo.root / "tenants"]


def test_one_that_is_judged_later(zoo: Zoo) -> None:
    """It is told that the files changed; the tenants before and after are judged."""
    with Session(Options(), _paths(zoo)) as session:
        results = read_and_check(_paths(zoo), session)
        _, first = next(results)
        zoo.declare(BEFORE, tenant="bee")
        rest = [(reading.name, [found.code for found in told]) for reading, told in results]

    assert [found.code for found in first] == ["connector-named-not-used"]
    assert rest == [("bee", ["files-changed"]), ("cat", ["connector-named-not-used"])]


def test_one_that_is_planned_later(zoo: Zoo) -> None:
    """The same of a plan: none of a tenant that nobody wrote, and the others all the same."""
    with Session(Options(), _paths(zoo)) as session:
        plans = each_plan(_paths(zoo), session)
        first = next(plans)
        zoo.declare(BEFORE, tenant="bee")
        rest = list(plans)

    assert first.exit_code == ExitCode.OK
    assert [(one.tenant_name, one.exit_code) for one in rest] == [("bee", ExitCode.INVALID), ("cat", ExitCode.OK)]
    assert [found.code for found in rest[0].diagnostics] == ["files-changed"]
