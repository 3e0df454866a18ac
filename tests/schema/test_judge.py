"""Whether a resolved secret fits its field."""

from __future__ import annotations

import pytest

from flametree_cfg.model import Kind
from tests.schema.files import catalog


def test_pattern_judges_the_value() -> None:
    """A Telegram token has its form; what does not is told by field."""
    known = catalog()

    assert known.check_secret(Kind.CHANNEL, "telegram", ("bot_token",), "123456789:AAH-x_y") == []
    (found,) = known.check_secret(Kind.CHANNEL, "telegram", ("bot_token",), "nonsense")
    assert (found.code, found.path) == ("bad-secret", ("settings", "bot_token"))


@pytest.mark.parametrize(("value", "why"), [("a,b", "it holds a comma"), ("", "it is empty")])
def test_account_passwords(value: str, why: str) -> None:
    """An empty password, or one with a comma, cannot be an account's (domain.md 2.2)."""
    (found,) = catalog().check_secret(Kind.CHANNEL, "email", ("accounts", 0, "password"), value)

    assert found.code == "bad-secret"
    assert why in found.detail


def test_comma_outside_accounts() -> None:
    """A comma is nothing special in other secrets."""
    assert catalog().check_secret(Kind.CONNECTOR, "mail", ("password",), "a,b") == []


def test_header_of_a_map() -> None:
    """A secret in a map is judged by the map's values."""
    assert catalog().check_secret(Kind.CONNECTOR, "openapi", ("custom_headers", "X-A"), "v") == []


def test_unknown_type_is_not_judged() -> None:
    """Of a type we do not know nothing is said."""
    assert catalog().check_secret(Kind.CONNECTOR, "novel", ("a",), "") == []
