"""What a person probably meant."""

from __future__ import annotations

import pytest

from flametree_cfg.schema.suggest import nearest, shown_key

KNOWN = ["access_token", "api_url", "model_name", "temperature"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("acces_token", "access_token"),
        ("apiUrl", "api_url"),
        ("API-URL", "api_url"),
        ("model", "model_name"),
        ("temprature", "temperature"),
        ("zzz", ""),
        ("", ""),
        ("x" * 100_000, ""),
    ],
)
def test_nearest(word: str, meant: str) -> None:
    """Slips, cases and separators are understood; what resembles nothing suggests nothing."""
    assert nearest(word, KNOWN) == meant


@pytest.mark.parametrize("key", ["sk-live/4+", "a b", "", "x" * 41, 7, None, "\x1b[31m"])
def test_key_that_is_no_name_is_not_shown(key: object) -> None:
    """A key that does not look like a name may be a secret that lost its colon."""
    assert shown_key(key) == "with a name that is none"
