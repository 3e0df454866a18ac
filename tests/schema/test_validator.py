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


def test_a_long_list_is_not_compared_pair_by_pair() -> None:
    """Texts that cannot be sorted for one number among them would take the reference validator minutes."""
    written = agent(previously=[1, *(f"k{n}" for n in range(50_000))])

    assert codes(Kind.AGENT, written) == ["wrong-type", "bad-value"]


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
