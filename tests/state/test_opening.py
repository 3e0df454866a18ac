"""Ledgers are found by the scheme of their URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from flametree_cfg.errors import WrongUsage
from flametree_cfg.state import open_ledger


@pytest.mark.parametrize("url", ["", "ledger.db", "sqlite:", "oracle:x", "world:x", "_port:x", "ledger:x", "os:x"])
def test_unknown_scheme_is_wrong_usage(url: str) -> None:
    """What no module of the room opens is refused, also where a module has that name."""
    with pytest.raises(WrongUsage, match="No such kind of state"):
        open_ledger(url)


def test_opening_touches_nothing(tmp_path: Path) -> None:
    """A ledger that is never used leaves no trace."""
    open_ledger(f"sqlite:{tmp_path / 'a' / 'ledger.db'}").close()

    assert not any(tmp_path.iterdir())
