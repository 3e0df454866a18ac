"""Accounts to comma lists and back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flametree_cfg.errors import PlatformFailed
from flametree_cfg.model import Kind, Value
from flametree_cfg.platform.embedded.form import form_reader, to_form
from flametree_cfg.schema import Catalog, TypeSpec


@pytest.fixture
def email(catalog: Catalog) -> TypeSpec:
    """Give a type with accounts."""
    spec = catalog.get(Kind.CHANNEL, "email")
    assert spec is not None
    return spec


def test_accounts_become_parallel_lists(email: TypeSpec) -> None:
    """One list a field, in account order; a field that an account lacks is an empty place."""
    settings = {"accounts": [{"address": "a", "imap_port": 1}, {"address": "b", "smtp_port": 2}]}

    assert to_form(email, settings) == {"address": "a,b", "imap_port": "1,", "smtp_port": ",2"}


def test_what_became_lists_comes_back(email: TypeSpec) -> None:
    """Numbers come back as numbers, empty places as absent fields."""
    settings = {"accounts": [{"address": "a", "imap_port": 1}, {"address": "b", "smtp_port": 2}], "other": [1]}

    assert form_reader(email)(to_form(email, settings)) == settings


def test_unequal_lists_lose_nothing(email: TypeSpec) -> None:
    """What a person typed unevenly gives accounts that lack fields."""
    assert form_reader(email)({"address": "a,b,c", "imap_port": "1,x"}) == {
        "accounts": [{"address": "a", "imap_port": 1}, {"address": "b", "imap_port": "x"}, {"address": "c"}]
    }


@pytest.mark.parametrize("value", ["a,b", ["a"], {"a": 1}])
def test_what_a_list_cannot_hold_is_refused(email: TypeSpec, value: Value) -> None:
    """A comma inside a value would make two of one account."""
    with pytest.raises(PlatformFailed, match="`address`"):
        to_form(email, {"accounts": [{"address": value}]})


@pytest.mark.parametrize("convert", [to_form, lambda spec, form: form_reader(spec)(form)])
def test_a_type_without_accounts_is_left_alone(
    catalog: Catalog, convert: Callable[[TypeSpec | None, Value], Value]
) -> None:
    """A comma means nothing there; nor in a type that nobody knows."""
    settings = {"api_url": "a,b", "accounts": [{"address": "a,b"}]}

    assert convert(catalog.get(Kind.CONNECTOR, "llm"), settings) == settings
    assert convert(None, settings) == settings
