"""Keys that should not be there, and keys that should."""

from __future__ import annotations

from typing import Any

import pytest

from flametree_cfg.errors import Diagnostic
from flametree_cfg.model import Kind
from tests.schema.files import agent, catalog, channel, codes, connector


def only(kind: Kind, written: object) -> Diagnostic:
    """Check a body that has one fault."""
    (found,) = catalog().check(kind, written)
    return found


def test_misspelt_setting_is_one_fault() -> None:
    """A misspelt setting is suggested, and the missing one it explains is not reported too."""
    written = connector(access_token=None, acces_token="${env:X}")

    found = only(Kind.CONNECTOR, written)

    assert found.code == "unknown-setting"
    assert found.path == ("settings", "acces_token")
    assert found.detail == "unknown setting `acces_token`"
    assert found.hint == "did you mean `access_token`?"


@pytest.mark.parametrize("word", ["accessToken", "ACCESS-TOKEN", "access_tokne"])
def test_spelling_habits_are_understood(word: str) -> None:
    """Another case, another separator and a slip of the finger lead to the same suggestion."""
    found = only(Kind.CONNECTOR, connector(access_token=None, **{word: "${env:X}"}))

    assert found.hint == "did you mean `access_token`?"


def test_unlike_setting_lists_the_known() -> None:
    """A setting that resembles none is answered by the list of settings."""
    found = only(Kind.CHANNEL, channel(zzz=1))

    assert (found.code, found.hint) == ("unknown-setting", "known are `bot_token`, `api_url`")


def test_missing_setting_names_type() -> None:
    """A missing setting is named with its type; the hint shows how a secret is written."""
    found = only(Kind.CONNECTOR, connector(access_token=None))

    assert found.code == "missing-setting"
    assert found.path == ("settings",)
    assert found.detail == "setting `access_token` of type `llm`"
    assert found.hint == "add `access_token: ${env:NAME}`"


def test_every_missing_setting_is_told() -> None:
    """Two missing settings are two diagnostics at one place."""
    written = connector(access_token=None, model_name=None)

    assert codes(Kind.CONNECTOR, written) == ["missing-setting", "missing-setting"]


def test_missing_setting_tells_its_condition() -> None:
    """A setting that another one requires says which."""
    written = connector("openapi", auth_type="api_key", bearer_token=None, api_key_header="X-Key")

    found = only(Kind.CONNECTOR, written)

    assert found.detail == "setting `api_key` of type `openapi`, because `auth_type` is `api_key`"


def test_missing_setting_tells_the_alternative() -> None:
    """A setting that another one makes superfluous says which."""
    found = only(Kind.CONNECTOR, connector("database", port=None))

    assert found.detail == "setting `port` of type `database`, unless `connection_string` is set"


def test_missing_setting_of_an_account_names_the_account() -> None:
    """A setting missing in an account is told at that account."""
    written = channel("email")
    del written["settings"]["accounts"][0]["imap_server"]

    found = only(Kind.CHANNEL, written)

    assert found.path == ("settings", "accounts", 0)
    assert found.detail == "setting `imap_server` of type `email` in `accounts[0]`"


def test_account_by_oauth_needs_no_password() -> None:
    """An account that signs in by OAuth needs no password (domain.md 2.5)."""
    written = channel("email")
    account = written["settings"]["accounts"][0]
    del account["password"]
    account |= {f"oauth_{name}": "${env:O}" for name in ("client_secret", "refresh_token")}
    account["oauth_client_id"] = "app"

    assert codes(Kind.CHANNEL, written) == []


def test_missing_settings_list_what_is_required() -> None:
    """A body without settings is told which ones its type requires."""
    found = only(Kind.CHANNEL, {"type": "sip", "name": "Phone"})

    assert (found.code, found.hint) == ("missing-key", "add `settings` with `server`, `username`, `password`")


@pytest.mark.parametrize("key", ["type", "name"])
def test_missing_key(key: str) -> None:
    """Type and name are required of every resource."""
    written = connector()
    del written[key]

    found = only(Kind.CONNECTOR, written)

    assert (found.code, found.path, found.detail) == ("missing-key", (), f"key `{key}`")


def test_unknown_key() -> None:
    """A misspelt key of the body is suggested, and what it explains is not reported too."""
    written = connector()
    written["naem"] = written.pop("name")

    found = only(Kind.CONNECTOR, written)

    assert (found.code, found.path, found.hint) == ("unknown-key", ("naem",), "did you mean `name`?")


def test_setting_beside_type_is_moved() -> None:
    """A setting written beside `type` is told to move, once."""
    written = {"type": "telegram", "name": "Bot", "bot_token": "${env:X}"}

    found = only(Kind.CHANNEL, written)

    assert (found.code, found.hint) == ("unknown-key", "move `bot_token` under `settings`")


def test_key_among_settings_is_moved() -> None:
    """A key of the body written among the settings is told to move."""
    found = only(Kind.CONNECTOR, connector(default=True))

    assert (found.code, found.hint) == ("unknown-setting", "move `default` beside `type`, out of `settings`")


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Kind.CONNECTOR, {**connector(), "running": True}),
        (Kind.CONNECTOR, {**connector(), "environment": {}}),
        (Kind.CHANNEL, {**channel(), "default": True}),
        (Kind.CHANNEL, {**channel(), "system": True}),
        (Kind.AGENT, agent(settings={})),
        (Kind.AGENT, agent(default=True)),
        (Kind.AGENT, agent(show_rag_sources=True)),
    ],
)
def test_keys_belong_to_their_kind(kind: Kind, written: dict[str, Any]) -> None:
    """A key of one kind is unknown to the others."""
    assert codes(kind, written) == ["unknown-key"]


def test_unknown_role() -> None:
    """A misspelt role is suggested."""
    found = only(Kind.AGENT, agent(connectors={"lllm": "a"}))

    assert (found.code, found.path, found.hint) == ("unknown-role", ("connectors", "lllm"), "did you mean `llm`?")


def test_type_named_instead_of_role() -> None:
    """Who names a generic connector's type instead of its role is told the role."""
    found = only(Kind.AGENT, agent(connectors={"api_key": ["hubspot"]}))

    assert found.hint == "connectors of type `api_key` stand under `uses`"


@pytest.mark.parametrize("flag", ["system", "external"])
def test_settings_of_what_is_not_ours(flag: str) -> None:
    """A system or external object carries no settings; faults inside them are not told."""
    written = {"type": "llm", "name": "Shared", flag: True, "settings": {"api_url": 1}}

    found = only(Kind.CONNECTOR, written)

    assert (found.code, found.path) == ("settings-not-allowed", ("settings",))


@pytest.mark.parametrize(
    ("kind", "written", "key"),
    [
        (Kind.CONNECTOR, {"type": "llm", "name": "S", "system": True, "description": "d"}, "description"),
        (Kind.CONNECTOR, {"type": "llm", "name": "S", "external": True, "default": True}, "default"),
        (Kind.CHANNEL, {"type": "sip", "name": "S", "external": True, "environment": {}}, "environment"),
        (Kind.CHANNEL, {"type": "telegram", "name": "S", "external": True, "running": True}, "running"),
        (Kind.AGENT, agent(external=True, instructions="Be kind."), "instructions"),
    ],
)
def test_keys_of_what_is_not_ours(kind: Kind, written: dict[str, Any], key: str) -> None:
    """Nothing can be declared of what is never edited."""
    found = only(kind, written)

    assert (found.code, found.path) == ("key-not-allowed", (key,))


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Kind.CONNECTOR, {"type": "llm", "name": "S", "system": True, "default": True}),
        (Kind.CONNECTOR, {"type": "llm", "name": "S", "system": True, "external": True, "default": True}),
        (Kind.CONNECTOR, {"type": "llm", "name": "S", "external": True, "protected": True}),
        (Kind.CHANNEL, {"type": "email", "name": "S", "external": True}),
        (Kind.AGENT, agent(external=True, connectors={"llm": "a"}, channels={"b": {"inbound": True}})),
    ],
)
def test_what_is_not_ours_is_found_by_name(kind: Kind, written: dict[str, Any]) -> None:
    """Type and name suffice; a system connector may be the default, an agent's links are ours."""
    assert codes(kind, written) == []


@pytest.mark.parametrize("type_", ["sip", "twilio"])
def test_lifecycle_of_its_own(type_: str) -> None:
    """A channel that runs with its agents cannot be told to run (domain.md R19)."""
    found = only(Kind.CHANNEL, {**channel(type_), "running": True})

    assert (found.code, found.path) == ("lifecycle-not-own", ("running",))


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (agent(environment={"A B": "x"}), ("environment", "A B")),
        (agent(channels={"Not A Key": {}}), ("channels", "Not A Key")),
        (agent(push={"events": ["e"], "url": "https://a", "headers": {"X Y": "z"}}), ("push", "headers", "X Y")),
    ],
)
def test_names_of_maps_have_a_form(written: dict[str, Any], path: tuple[str, ...]) -> None:
    """Names of variables, headers and channels have the form of such names."""
    found = only(Kind.AGENT, written)

    assert (found.code, found.path) == ("bad-value", path)
