"""No secret is in a result, a log, a repr or an exception."""

from __future__ import annotations

import asyncio
import base64
import logging
import subprocess
import sys

import httpx
import pytest
from msgspec.structs import replace

from flametree_cfg.probe import Finding, Policy, Request, check_all, make_policy, probe
from flametree_cfg.probe.addresses import IPAddress
from flametree_cfg.probe.call import make_call
from flametree_cfg.probe.wording import worded
from tests.probe.checks import HERE, check_of, llm, run, telegram
from tests.probe.provider import KEY, Provider, providing

FORMS = [
    KEY,
    KEY[::-1],
    KEY[:8],
    KEY[-8:],
    *(base64.b64encode(b"\0" * lead + KEY.encode()).decode()[4:-4] for lead in range(3)),
]


def leaks(text: str) -> list[str]:
    """List the forms of the key that a text holds."""
    return [form for form in FORMS if form in text]


def test_logs_hold_no_secret(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    """Not with every logger at DEBUG, though URL, headers, redirect and answer all hold the key."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "asyncio", "anyio"):
        caplog.set_level(logging.DEBUG, name)
    provider.location = f"http://127.0.0.1/?key={KEY}"
    paths = ("/v1", "/echo", "/redirect", "/reset", "/broken-off", "/half")
    policy = make_policy(["127.0.0.1"], [f"telegram={provider.url('/echo')}"])
    results = check_all([telegram(), *(llm(provider.url(path)) for path in paths)], policy)

    assert len(provider.asked) == 7
    assert leaks(caplog.text) == []
    assert leaks(repr(results)) == []


def test_the_same_call_is_logged_elsewhere(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    """Without a check around it httpx does log the key: what the test above looks for can be found."""
    caplog.set_level(logging.DEBUG)
    run(llm(provider.url("/v1")))
    with httpx.Client(trust_env=False) as client:
        client.get(provider.url(f"/bot{KEY}/getMe"))

    assert leaks(caplog.text)


def test_an_echo_is_masked_escaped_and_cut(provider: Provider) -> None:
    """A provider that repeats the key, in whole and in halves, is quoted without it, on one short line."""
    result = run(llm(provider.url("/echo")))

    assert result.message.startswith(f"127.0.0.1:{provider.port} answered 401: no: Bearer *** at /echo/")
    assert r"\x1b[31m*** ***" in result.message
    assert len(result.message) == 200
    assert leaks(result.message) == []


def test_what_a_header_holds_is_masked_whatever_the_caller_says(provider: Provider) -> None:
    """A key that was not handed in as a secret is hidden all the same."""
    result = run(replace(llm(provider.url("/echo")), secrets=()))

    assert leaks(result.message) == []
    assert "Bearer ***" in result.message


def test_reprs_hold_no_secret() -> None:
    """What holds a key does not show it."""
    request = telegram()

    assert KEY in make_call(request).url
    assert leaks(repr((request, make_call(request), make_call(llm("https://models.test"))))) == []


def test_a_basic_login_is_masked_in_both_spellings() -> None:
    """Twilio's login is sent in base64, and an echo of that is a leak too."""
    settings = {"account_sid": "AC" + "0" * 32, "auth_token": KEY}
    request = Request("channel.call", "twilio", check_of("channels/twilio"), settings, (KEY,))
    call = make_call(request)

    assert base64.b64decode(call.headers["Authorization"].removeprefix("Basic ")).decode() == f"AC{'0' * 32}:{KEY}"
    assert worded(f"bad login {call.headers['Authorization']}", (KEY, *call.hidden)) == "bad login Basic ***"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_masked(form: str) -> None:
    """Reversed, in base64 at each offset, its beginning and its end."""
    assert worded(f"said {form} so", (KEY,)) == "said *** so"


def test_a_short_secret_is_not_masked() -> None:
    """Hiding a common word would tell it."""
    assert worded("the admin said no", ("admin",)) == "the admin said no"


def test_a_secret_at_the_cut_is_masked_before() -> None:
    """No half of a key is left where the line ends."""
    message = worded("x" * 190 + KEY + "y" * 50, (KEY,))

    assert leaks(message) == []
    assert message == "x" * 190 + "***" + "yyyyyy…"


@pytest.mark.parametrize("value", [f"{KEY}\r\nX-Other: 1", f"{KEY} ", f"{KEY}\N{SNOWMAN}", f"{KEY}\x00"])
def test_a_key_that_no_header_can_carry(provider: Provider, value: str) -> None:
    """It is refused before anything is sent, without being shown; no second header is smuggled in."""
    result = run(llm(provider.url("/v1"), access_token=value))

    assert result.finding is Finding.UNFIT
    assert leaks(result.message) == []
    assert provider.asked == []


def test_what_nobody_foresaw_is_told_by_its_kind() -> None:
    """An exception's text is never shown, and never stops the other checks."""

    async def failing(host: str, port: int) -> tuple[IPAddress, ...]:
        raise RuntimeError(f"{host}:{port} {KEY}")

    result = asyncio.run(probe(llm("https://models.test/v1"), Policy(), resolve=failing))

    assert result.finding is Finding.OURS
    assert result.message == "the check itself failed (RuntimeError); please report it"


def test_cookies_are_not_kept() -> None:
    """What one tenant's provider sets is not sent with another's call."""
    with providing() as provider:
        check_all([llm(provider.url("/cookie")), llm(provider.url("/v1"))], HERE)
        check_all([llm(provider.url("/v1"))], HERE)

    assert len(provider.asked) == 3
    assert [asked.headers.get("cookie") for asked in provider.asked] == [None] * 3


def test_nothing_heavy_is_loaded_until_a_check_runs() -> None:
    """The command line knows the room without paying for httpx and asyncio."""
    program = "import sys, flametree_cfg.probe; sys.exit(bool({'httpx', 'asyncio', 'ssl'} & {*sys.modules}))"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
