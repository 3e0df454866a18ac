"""Fields are written so that what stands in the ledger can be told before it is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flametree_cfg.model import Secret, from_json, map_secrets, secrets_in
from flametree_cfg.state import fields_writer
from flametree_cfg.state.body import write_fields, write_json

_TEXTS = st.one_of(st.text(), st.sampled_from(["ключ", "\u2028", "\x7f", '{"$secret":"${env:A}"}', "null", "€𝄞"]))
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), _TEXTS
)
_SECRETS = st.sampled_from(["A", "B", "Ä", 'x"y', "a\\b"]).map(lambda name: Secret(f"${{env:{name}}}"))
_FIELDS = st.dictionaries(
    _TEXTS.filter(lambda key: key != "$secret"),
    st.recursive(
        st.one_of(_SCALARS, _SECRETS),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(_TEXTS.filter(lambda key: key != "$secret"), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=5,
)
ODD = {'${env:x"y}', "${env:a\\b}"}  # those are compared one by one
PRINTS = {f"${{env:{name}}}": f"abcd0123:{number}" for number, name in enumerate(["A", "B", "Ä", 'x"y', "a\\b"])}


@given(_FIELDS)
def test_what_is_written_is_what_is_read(fields: dict[str, Any]) -> None:
    """Nothing is lost, and keys are sorted."""
    written = json.loads(write_fields(fields))

    assert repr(from_json(written)) == repr(from_json(json.loads(write_json(fields))))


@given(st.lists(_FIELDS, min_size=1, max_size=3))
def test_many_at_once_with_fingerprints(many: list[dict[str, Any]]) -> None:
    """What is written of many is what would be written of each once its secrets have fingerprints, or is not taken."""
    printed = [map_secrets(one, lambda _, secret: Secret(secret.reference, PRINTS[secret.reference])) for one in many]
    expected = ",".join(map(write_fields, printed))

    written = fields_writer(PRINTS)(many).decode()

    references = {secret.reference for one in many for _, secret in secrets_in(one)}
    assert (written == expected) is references.isdisjoint(ODD)


@pytest.mark.parametrize("value", [2**70, -(2**70), float("nan"), float("inf"), "\ud800", [None, float("nan")]])
def test_what_only_a_platform_says(value: object) -> None:
    """Numbers and texts that our YAML cannot say are kept as they are."""
    assert repr(json.loads(write_fields({"a": value}))) == repr({"a": value})


def test_letters_stand_as_they_are() -> None:
    """An entry is as short as what it says."""
    assert write_fields({"b": "Ключ", "a": 1}) == '{"a":1,"b":"Ключ"}'
