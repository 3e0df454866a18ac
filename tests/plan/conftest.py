"""Tenants from YAML text, and the two sides they leave behind once applied."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from flametree_cfg.config import load_catalog, read_tenant
from flametree_cfg.invariants import check_tenant
from flametree_cfg.model import Tenant
from flametree_cfg.schema import Catalog
from tests.plan.sides import Applied, apply_to

Declare = Callable[[str], Tenant]
Apply = Callable[[str], Applied]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Give the real catalog."""
    return load_catalog()


@pytest.fixture
def declare(tmp_path: Path, catalog: Catalog) -> Declare:
    """Read a tenant from YAML text; it must be valid by itself."""

    def read(text: str) -> Tenant:
        folder = tmp_path / "zoo"
        folder.mkdir(exist_ok=True)
        (folder / "zoo.yaml").write_text("tenant: zoo\n" + textwrap.dedent(text), encoding="utf-8")
        reading = read_tenant(folder, catalog)
        assert reading.tenant is not None, reading.diagnostics
        assert not [found for found in check_tenant(reading.tenant, catalog) if found.severity == "error"]
        return reading.tenant

    return read


@pytest.fixture
def applied(declare: Declare, catalog: Catalog) -> Apply:
    """Give ledger and platform as they are after a YAML text was applied to an empty platform."""
    return lambda text: apply_to(Applied.nothing("zoo"), declare(text), catalog)
