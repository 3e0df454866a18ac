"""Tests of the caches at the limits of a run: what is too much to read is too much with a cache as well."""

from __future__ import annotations

import pytest

from flametree_cfg.config.source import MAX_FILE, MAX_TREE
from tests.cache.asking import asked
from tests.scenario.running import Zoo

SMALL = "connectors: {key: {type: api_key, name: Key, settings: {api_key: '${env:OTHER_KEY}'}}}\n"


@pytest.mark.parametrize("unreadable", [False, True])
def test_too_much_together(zoo: Zoo, unreadable: bool) -> None:
    """Tenants that are right one by one but too large for one run are refused, whatever is known of them."""
    large = "#" + "x" * (MAX_FILE - 100) + "\n"
    for tenant in ("ant", "bee", "cat"):
        zoo.declare(SMALL, tenant=tenant)
        for number in range(MAX_TREE // MAX_FILE // 2):
            (zoo.root / "tenants" / tenant / f"{number}.yaml").write_text(large, encoding="utf-8")
        assert zoo.run("validate", f"tenants/{tenant}").returncode == 0
    if unreadable:
        (zoo.root / "tenants" / "ant" / "0.yaml").unlink()
        (zoo.root / "tenants" / "ant" / "0.yaml").write_text("x" * (MAX_FILE + 1), encoding="utf-8")
    told = asked(zoo, "validate", "tenants")

    assert "tree-too-large" in told.codes
