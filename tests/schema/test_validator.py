"""The two engines, bounded."""

from __future__ import annotations

from typing import Any

from flametree_cfg.model import Kind
from flametree_cfg.schema.validator import MOST_FAILURES, compile_fast, failures_of, is_valid
from tests.schema.files import agent, codes, connector


def test_number_of_failures_is_bounded() -> None:
    """A list of a hundred thousand wrong items is not walked to its end."""
    schema: dict[str, Any] = {"items": {"type": "string"}}

    assert len(list(failures_of(schema, list(range(100_000))))) == MOST_FAILURES


def test_many_mappings_in_a_unique_list() -> None:
    """A list of ten thousand mappings where keys should be is not compared pair by pair."""
    written = agent(previously=[{"n": n} for n in range(10_000)])

    assert codes(Kind.AGENT, written)[0] == "bad-value"


def test_large_free_form_beside_a_fault() -> None:
    """A free-form value of a hundred thousand entries does not slow the explanation of another fault down."""
    params = {"a": [{"b": n} for n in range(100_000)]}

    assert codes(Kind.CONNECTOR, connector(json_params=params, temperature=9)) == ["bad-value"]


def test_what_is_no_json_is_not_valid() -> None:
    """Keys that are no text and half surrogate pairs are not valid, and no crash."""
    compiled = compile_fast({})

    assert is_valid(compiled, {"a": 1})
    assert not is_valid(compiled, {1: 2})
    assert not is_valid(compiled, "\ud800")


def test_patterns_run_in_linear_time() -> None:
    """A pattern that backtracks for ever in other engines comes back."""
    compiled = compile_fast({"pattern": "^(a|a)*(a|aa)*$"})

    assert not is_valid(compiled, "a" * 5_000 + "b")
