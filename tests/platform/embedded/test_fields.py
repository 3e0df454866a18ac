"""Changes put into fields, and secrets taken out of them."""

from __future__ import annotations

from flametree_cfg.model import MASKED, FieldChange, Secret, Value
from flametree_cfg.platform.embedded.fields import edit, put_secret, take_secrets
from flametree_cfg.schema import Accounts

MAIL = Accounts("accounts", "address", ("address", "password"))
KEY = Secret("${env:KEY}")


def edited(fields: dict[str, Value], *changes: tuple[tuple[str | int, ...], Value]) -> dict[str, Value]:
    """Put changes into fields of a mail channel."""
    return edit(fields, [FieldChange(path, None, after) for path, after in changes], MAIL).fields


def test_what_was_given_is_not_changed() -> None:
    """Only copies are changed."""
    fields = {"settings": {"deep": {"a": 1}, "accounts": [{"address": "a"}]}}
    edited(fields, (("settings", "deep", "a"), 2), (("settings", "accounts", "a", "password"), KEY))

    assert fields == {"settings": {"deep": {"a": 1}, "accounts": [{"address": "a"}]}}


def test_a_path_makes_what_it_needs() -> None:
    """A value inside an object that is not there makes the object."""
    assert edited({}, (("push", "headers", "X"), "1")) == {"push": {"headers": {"X": "1"}}}


def test_none_takes_away() -> None:
    """Unset at any depth; what is not there stays so."""
    fields = {"name": "a", "settings": {"a": 1, "b": {"c": 1}}}
    changes = ((("name",), None), (("settings", "a"), None), (("settings", "x"), None), (("settings", "b", "c"), None))

    assert edited(fields, *changes) == {"settings": {"b": {}}}


def test_a_list_is_reached_by_position() -> None:
    """Lists that are no accounts count from 0."""
    assert edited({"settings": {"list": [1, {"a": 2}]}}, (("settings", "list", 1, "a"), 3)) == {
        "settings": {"list": [1, {"a": 3}]}
    }


def test_accounts_that_swap_keys_swap_secrets() -> None:
    """Each password follows its account through every name it has."""
    fields = {"settings": {"accounts": [{"address": "a", "password": MASKED}, {"address": "b", "password": MASKED}]}}
    steps = [("a", "~0"), ("b", "~1"), ("~0", "b"), ("~1", "a")]
    changes = [FieldChange(("settings", "accounts", before, "address"), None, after) for before, after in steps]
    result = edit(fields, changes, MAIL)

    def place(key: str) -> tuple[str, ...]:
        return ("settings", "accounts", key, "password")

    assert {place: source for place, source in result.moved.items() if "~" not in str(place)} == {
        place("b"): place("a"),
        place("a"): place("b"),
    }


def test_secrets_part_from_the_rest_and_come_back() -> None:
    """What is taken out goes back to the same places; accounts are named by their key."""
    fields = {
        "name": "mail",
        "settings": {"accounts": [{"address": "a", "password": KEY}], "list": [1, KEY]},
        "environment": {"A": "x", "B": KEY},
    }
    plain, secrets = take_secrets(fields, MAIL)
    paths = [("settings", "accounts", "a", "password"), ("settings", "list", 1), ("environment", "B")]

    assert plain == {
        "name": "mail",
        "settings": {"accounts": [{"address": "a"}], "list": [1, None]},
        "environment": {"A": "x"},
    }
    assert secrets == dict.fromkeys(paths, KEY)
    for path in secrets:
        put_secret(plain, path, KEY, MAIL)
    assert plain == fields


def test_a_secret_without_its_account_is_left_out() -> None:
    """An account that was taken out of the form takes its password with it."""
    fields: dict[str, Value] = {"settings": {"accounts": [{"address": "b"}]}}
    put_secret(fields, ("settings", "accounts", "a", "password"), MASKED, MAIL)

    assert fields == {"settings": {"accounts": [{"address": "b"}]}}
