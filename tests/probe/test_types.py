"""The check of each type makes the call it describes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flametree_cfg.model import Health
from flametree_cfg.probe import Finding, Policy, Request, make_policy
from flametree_cfg.probe.call import make_call
from flametree_cfg.probe.result import NoCall
from tests.probe.checks import HERE, SCHEMAS, check_of, run
from tests.probe.provider import KEY, MODEL, Provider

CHECKED = {
    f"{path.parent.name}/{path.stem}": check
    for path in sorted(SCHEMAS.glob("*/*.json"))
    if (check := json.loads(path.read_text()).get("x-check"))
}
OVER_HTTP = sorted(name for name, check in CHECKED.items() if check["kind"] == "http")
BASES = {"api_url": "https://api.example.test/v1", "base_url": "x1.api.example.test", "model_name": MODEL}


def request_of(name: str, **settings: Any) -> Request:
    """Ask for the check of a type with something in each setting it needs."""
    check = CHECKED[name]
    needed = {need: BASES.get(need, KEY) for need in check["needs"]} | settings
    given = {check["per"]: [needed]} if "per" in check else needed
    return Request("some.thing", name.partition("/")[2], check, given, (KEY,))


@pytest.mark.parametrize("name", OVER_HTTP)
def test_each_type_reaches_its_provider(name: str, provider: Provider) -> None:
    """Every template can be filled in, and asks below the provider's own path."""
    request = request_of(name)
    run(request, make_policy(endpoints=[f"{request.type}={provider.url('/stand-in')}"]))

    (asked,) = provider.asked
    assert asked.method == CHECKED[name]["method"]
    assert asked.path.startswith("/stand-in/")
    assert "{" not in asked.path + "".join(asked.headers.values())
    assert KEY in asked.path or "authorization" in asked.headers


@pytest.mark.parametrize("name", OVER_HTTP)
def test_each_type_needs_its_settings(name: str) -> None:
    """With one of them missing nothing is called."""
    for need in CHECKED[name]["needs"]:
        result = run(request_of(name, **{need: None}))

        assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.INCOMPLETE)
        assert f"`{need}`" in result.message


def test_types_that_are_never_checked() -> None:
    """No `x-check`, or a kind that is not HTTP, is not checked."""
    never = run(Request("connector.tts", "tts", None, {}))
    mail = run(Request("channel.inbox", "email", check_of("channels/email"), {}))

    assert (never.health, never.message) == (Health.NOT_CHECKED, "the type tts is not checked")
    assert (mail.health, mail.message) == (Health.NOT_CHECKED, "the type email is not checked over imap-smtp")


def test_each_account_is_checked(provider: Provider) -> None:
    """One account that fails makes the channel red, and is named."""
    accounts = [{"phone_number_id": str(i), "access_token": KEY if i != 2 else "another-key"} for i in (1, 2, 3)]
    request = Request("channel.wa", "whatsapp", check_of("channels/whatsapp"), {"accounts": accounts}, (KEY,))
    result = run(request, make_policy(endpoints=[f"whatsapp={provider.url()}"]))

    assert result.health is Health.UNHEALTHY
    assert result.message == (f"account 2 of 3: 127.0.0.1:{provider.port} answered 401: Incorrect API key provided")
    assert sorted(asked.path for asked in provider.asked) == ["/1", "/2", "/3"]


def test_a_channel_without_accounts() -> None:
    """There is nothing to check."""
    request = Request("channel.wa", "whatsapp", check_of("channels/whatsapp"), {"accounts": []})

    assert run(request).finding is Finding.INCOMPLETE


@pytest.mark.parametrize(
    ("name", "settings", "url"),
    [
        ("connectors/llm", {"api_url": "https://m.test/v1/"}, "https://m.test/v1/chat/completions"),
        (
            "connectors/stt",
            {"model_name": "openai/whisper?x#y"},
            "https://api.example.test/v1/models/openai/whisper%3Fx%23y",
        ),
        ("channels/infobip", {"base_url": "https://x1.test/"}, "https://x1.test/account/1/balance"),
        ("channels/telegram", {"bot_token": "12:ab"}, "https://api.telegram.org/bot12:ab/getMe"),
    ],
)
def test_urls_are_filled_in(name: str, settings: dict[str, str], url: str) -> None:
    """A setting stays in the part of the URL it is for."""
    assert make_call(request_of(name, **settings)).url == url


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("connectors/stt", {"model_name": "../../admin"}),
        ("channels/infobip", {"base_url": "x.test/path"}),
        ("channels/infobip", {"base_url": "user@x.test"}),
        ("channels/telegram", {"bot_token": ["a"]}),
        ("connectors/llm", {"json_params": {"a": object()}}),
    ],
)
def test_settings_that_would_lead_elsewhere(name: str, settings: dict[str, Any]) -> None:
    """A setting that is more than its part of the call is refused."""
    with pytest.raises(NoCall) as caught:
        make_call(request_of(name, **settings))

    assert caught.value.verdict.finding is Finding.UNFIT


@pytest.mark.parametrize("url", ["ftp://m.test", "m.test", "https://", "https://u:p@m.test"])
def test_addresses_that_are_none(url: str) -> None:
    """Only an http or https URL without a user is called."""
    result = run(request_of("connectors/llm", api_url=url), Policy())

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.UNFIT)


def test_a_key_that_is_a_number(provider: Provider) -> None:
    """YAML's numbers are sent as they are written."""
    run(request_of("connectors/llm", api_url=provider.url(), access_token=12345678), HERE)

    assert provider.asked[0].headers["authorization"] == "Bearer 12345678"
