"""Tests of `config/guard.py`: what no parser may see."""

from __future__ import annotations

import pytest

from flametree_cfg.config.guard import Unfit, fit_to_parse
from flametree_cfg.errors import Diagnostic


@pytest.mark.parametrize("data", [b"[" * 30_000, b"a: [\n" + b"{[" * 15_000, b"[]" * 50_000 + b"\n" + b"[" * 20_001])
def test_nesting_that_ends_processes_is_refused_unparsed(data: bytes) -> None:
    """Libyaml is never handed what it could not bear, whoever drives it."""
    with pytest.raises(Unfit) as unfit:
        fit_to_parse(data, "f.yaml", [])

    assert unfit.value.reason.code == "too-deep"
    assert unfit.value.reason.location is not None
    assert unfit.value.reason.location.line >= 1


@pytest.mark.parametrize(
    "data", [b"[]" * 100_000, b"{}[]\n" * 50_000, b"a: '" + b"[" * 20_000 + b"'", b"# " + b"}" * 50_000]
)
def test_many_brackets_alone_are_fine(data: bytes) -> None:
    """Only the count of open ones speaks of nesting, and texts may hold some."""
    assert fit_to_parse(data, "f.yaml", []) == data


def test_forbidden_characters_are_replaced_so_that_reading_goes_on() -> None:
    """Each is reported; what takes its place is as wide, so that places stay right."""
    found: list[Diagnostic] = []

    body = fit_to_parse("a: x\u202ey\u2028z".encode(), "f.yaml", found)
    assert body.decode() == "a: x\ufffdy\ufffdz"
    assert [one.code for one in found] == ["hidden-character", "line-separator"]
