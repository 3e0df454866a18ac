"""From settings as written to settings as a resource holds them."""

from __future__ import annotations

import copy

from flametree_cfg.model import MASKED, Kind, Secret
from tests.schema.files import body, catalog, channel, specs


def test_references_become_secrets() -> None:
    """A reference in a secret field becomes a secret; other texts stay."""
    settings = catalog().settings(Kind.CONNECTOR, "api_key", {"api_key": "${env:K}"})

    assert settings == {"api_key": Secret("${env:K}")}


def test_defaults_are_filled() -> None:
    """An absent setting with a default has it, a stated one keeps its value."""
    written = {"server": "s", "username": "u", "password": "${env:P}", "transport": "tls"}

    settings = catalog().settings(Kind.CHANNEL, "sip", written)

    assert settings == {
        "server": "s",
        "username": "u",
        "password": Secret("${env:P}"),
        "transport": "tls",
        "port": 5060,
    }


def test_accounts_are_turned_one_by_one() -> None:
    """Secrets inside accounts become secrets; the order of accounts stays."""
    accounts = [{"phone_number_id": str(n), "access_token": f"${{env:T{n}}}"} for n in (2, 1)]

    settings = catalog().settings(Kind.CHANNEL, "whatsapp", {"accounts": accounts})

    assert [a["phone_number_id"] for a in settings["accounts"]] == ["2", "1"]
    assert [a["access_token"] for a in settings["accounts"]] == [Secret("${env:T2}"), Secret("${env:T1}")]


def test_maps_of_secrets_are_turned() -> None:
    """Every value of a map of secrets becomes a secret."""
    written = {"custom_headers": {"X-A": "${env:A}"}}

    settings = catalog().settings(Kind.CONNECTOR, "openapi", written)

    assert settings["custom_headers"] == {"X-A": Secret("${env:A}")}


def test_whole_numbers_lose_their_point() -> None:
    """`993.0` and `993` are one port."""
    account = {**channel("email")["settings"]["accounts"][0], "imap_port": 993.0}

    settings = catalog().settings(Kind.CHANNEL, "email", {"accounts": [account]})

    assert str(settings["accounts"][0]["imap_port"]) == "993"


def test_no_secret_is_left_as_text() -> None:
    """Of every type's example no reference is left outside a secret."""
    for spec in specs(extra=True):
        for example in spec.schema["examples"]:
            settings = catalog(extra=True).settings(spec.kind, spec.name, example)
            assert "'${" not in repr(settings).replace("Secret(reference='${", ""), spec.name


def test_what_was_written_is_left_alone() -> None:
    """Normalising does not change its input."""
    written = body(Kind.CHANNEL, "email")["settings"]
    before = copy.deepcopy(written)

    catalog().settings(Kind.CHANNEL, "email", written)

    assert written == before


def test_live_settings_get_defaults_only() -> None:
    """Live settings are filled; masked secrets and unknown settings stay."""
    live = {"server": "s", "password": MASKED, "novelty": [1]}

    settings = catalog().live_settings(Kind.CHANNEL, "sip", live)

    assert settings == {**live, "port": 5060, "transport": "udp"}


def test_live_settings_of_unknown_types_stay() -> None:
    """A type that we do not know is left as it is."""
    assert catalog().live_settings(Kind.CONNECTOR, "novel", {"a": {"b": 1}}) == {"a": {"b": 1}}


def test_live_settings_may_be_of_any_type() -> None:
    """A platform that answers nonsense breaks nothing here."""
    live = {"accounts": [None, "x", {"address": 1}]}

    assert catalog().live_settings(Kind.CHANNEL, "email", live) == live


def test_environment() -> None:
    """Texts stay, `{secret: …}` becomes a secret."""
    written = {"A": "1", "B": {"secret": "${env:B}"}}

    assert catalog().environment(written) == {"A": "1", "B": Secret("${env:B}")}


def test_push_headers() -> None:
    """Secret headers become secrets; a push without headers stays."""
    push = {"events": ["e"], "url": "https://a", "headers": {"X": {"secret": "${env:X}"}, "Y": "z"}}

    assert catalog().push(push)["headers"] == {"X": Secret("${env:X}"), "Y": "z"}
    assert catalog().push({"events": ["e"], "url": "https://a"}) == {"events": ["e"], "url": "https://a"}
