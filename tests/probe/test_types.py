"""The check of each type makes the call it describes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from flametree_cfg.model import Health
from flametree_cfg.probe import Finding, Policy, Request, make_policy
from flametree_cfg.probe.call import make_call
from flametree_cfg.probe.result import NoCall
from flametree_cfg.probe.samples import read_sample
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
    """No `x-check`, or one of a kind that is not known, is not checked."""
    never = run(Request("connector.tts", "tts", None, {}))
    other = run(Request("channel.pigeon", "pigeon", {"kind": "feather", "needs": []}, {}))

    assert (never.health, never.message) == (Health.NOT_CHECKED, "the type tts is not checked")
    assert (other.health, other.message) == (Health.NOT_CHECKED, "a check of this kind is not known")


def test_the_documented_types_are_checked() -> None:
    """Five types of connector by themselves and one for who asks, and every channel; the rest is not."""
    by_itself = {name for name, check in CHECKED.items() if not check.get("on_request")}
    channels = {f"channels/{path.stem}" for path in SCHEMAS.glob("channels/*.json")}

    assert by_itself - channels == {f"connectors/{name}" for name in ("llm", "vlm", "embedder", "stt", "transcriptor")}
    assert channels <= by_itself
    assert set(CHECKED) - by_itself == {"connectors/mcp"}


@pytest.mark.parametrize("name", ["connectors/stt", "connectors/transcriptor"])
def test_speech_is_sent_as_a_form(name: str, provider: Provider) -> None:
    """A real transcription of a sound is asked for."""
    result = run(request_of(name, api_url=provider.url("/v1")))

    assert result.health is Health.HEALTHY
    (asked,) = provider.asked
    assert asked.path == "/v1/audio/transcriptions"
    assert asked.body == {"file": read_sample("tone.wav"), "model": MODEL.encode(), "response_format": b"json"}


def test_an_image_is_sent(provider: Provider) -> None:
    """A visual model is shown a picture, and asked for one token."""
    result = run(request_of("connectors/vlm", api_url=provider.url("/v1")))

    assert result.health is Health.HEALTHY
    body = provider.asked[0].body
    _, image = body["messages"][0]["content"]
    assert body["max_tokens"] == 1
    assert base64.b64decode(image["image_url"]["url"].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["connectors/llm", "connectors/embedder", "connectors/stt", "channels/telegram"])
def test_an_answer_without_what_was_asked_for(name: str, provider: Provider) -> None:
    """JSON and 200 are not enough: a page of somebody else's API is not health."""
    result = run(request_of(name, api_url=provider.url("/cookie")))

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.FAILED)
    assert "is not what it has to be" in result.message


def test_a_model_that_takes_no_limit(provider: Provider) -> None:
    """What a provider names in refusing is left out in a second try, whatever the tenant's own parameters say."""
    result = run(request_of("connectors/llm", api_url=provider.url("/picky"), json_params={"max_tokens": 1024, "n": 1}))

    assert result.health is Health.HEALTHY
    assert [asked.body.get("max_tokens") for asked in provider.asked] == [1, None]
    assert [asked.body["n"] for asked in provider.asked] == [1, 1]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("channels/telegram", "https://bots.test/botk/getMe"),
        ("channels/twilio", "https://bots.test/2010-04-01/Accounts/k.json"),
        ("channels/intercom", "https://bots.test/me"),
    ],
)
def test_bases_that_can_be_set(name: str, url: str) -> None:
    """A Bot API server of one's own and regional hosts are called in place of the provider's usual one."""
    needed = dict.fromkeys(CHECKED[name]["needs"], "k")

    assert make_call(request_of(name, api_url="https://bots.test/", **needed)).url == url


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
        ("channels/facebook", {"page_id": "a/b?x#y"}, "https://graph.facebook.com/a/b%3Fx%23y"),
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
        ("channels/facebook", {"page_id": "../../admin"}),
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
