"""Platforms by URL."""

from __future__ import annotations

import pytest

from flametree_cfg.errors import WrongUsage
from flametree_cfg.platform import open_platform
from flametree_cfg.schema import Catalog


@pytest.mark.parametrize(
    "url", ["", "sqlite", "sqlite:", "nothing:x", "_port:x", "portal:x", "embedded:x", "a.b:x", "/x"]
)
def test_a_url_without_a_platform_is_wrong_usage(catalog: Catalog, url: str) -> None:
    """Only modules that connect are schemes."""
    with pytest.raises(WrongUsage, match="not understood"):
        open_platform(url, catalog=catalog, keyring=None, create=True)
