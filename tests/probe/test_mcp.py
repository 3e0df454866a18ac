"""An MCP server is asked for its tools by who asks for it: against the SDK's own server."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from flametree_cfg.model import Health
from flametree_cfg.probe import Finding, Policy, Request, make_policy
from tests.probe.authority import Authority
from tests.probe.checks import HERE, Names, check_of, run
from tests.probe.provider import KEY, Provider, bomb, providing
from tests.probe.serving import serving

SHORT = 2.0


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Run the SDK's server."""
    with serving("mcp_tools", "streamable-http", KEY) as port:
        yield port


def tools(url: str, **settings: Any) -> Request:
    """Ask for the check of an MCP server."""
    given = {"server_endpoint": url, "transport": "streamable_http", "auth_type": "bearer", "bearer_token": KEY}
    return Request("connector.t", "mcp", check_of("connectors/mcp"), {**given, **settings}, (KEY,), asked=True)


def test_a_server_that_works(port: int) -> None:
    """It is initialized, and its tools are counted."""
    result = run(tools(f"http://127.0.0.1:{port}/mcp"))

    assert (result.health, result.finding) == (Health.HEALTHY, Finding.OK)
    assert result.message == f"127.0.0.1:{port} offers 2 tools"


def test_the_older_transport() -> None:
    """Events over GET are understood as well."""
    with serving("mcp_tools", "sse", KEY) as port:
        green = run(tools(f"http://127.0.0.1:{port}/sse", transport="http_sse"))
        red = run(tools(f"http://127.0.0.1:{port}/sse", transport="http_sse", bearer_token="another-key"))

    assert green.message == f"127.0.0.1:{port} offers 2 tools"
    assert (red.health, red.message) == (Health.UNHEALTHY, f"127.0.0.1:{port} answered 401: invalid_token")


def test_only_for_who_asks(port: int) -> None:
    """MCP servers are not health-checked: nothing is sent by itself."""
    result = run(replace(tools(f"http://127.0.0.1:{port}/mcp"), asked=False))

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.NOT_ASKED)
    assert result.message == "the type mcp is checked only for who asks"


def test_a_wrong_key(port: int) -> None:
    """The server's own words are shown."""
    result = run(tools(f"http://127.0.0.1:{port}/mcp", bearer_token="another-key"))

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.DENIED)
    assert result.message == f"127.0.0.1:{port} answered 401: invalid_token"


@pytest.mark.parametrize(
    ("path", "finding"),
    [
        ("/huge", Finding.TOO_LARGE),
        ("/bomb", Finding.TOO_LARGE),
        ("/half", Finding.UNREADABLE),
        ("/reset", Finding.BROKEN),
        ("/broken-off", Finding.BROKEN),
        ("/redirect", Finding.REDIRECTED),
        ("/drip", Finding.TIMEOUT),
        ("/events", Finding.UNREADABLE),
    ],
)
def test_servers_that_misbehave(provider: Provider, path: str, finding: Finding) -> None:
    """Each is red within the deadline; a redirect to the same server is not followed either."""
    provider.packed, provider.location = bomb(200), provider.url("/v1")
    begun = time.monotonic()
    result = run(tools(provider.url(path)), deadline_s=SHORT)

    assert (result.health, result.finding) == (Health.UNHEALTHY, finding)
    assert time.monotonic() - begun < 30
    assert {asked.path for asked in provider.asked if asked.method == "POST"} == {path}


def test_a_certificate_of_somebody_else(authority: Authority) -> None:
    """The SDK's requests go through our door: TLS is verified, and the name looked up once."""
    names = Names(tools_test=["127.0.0.1"])
    policy = make_policy(["tools.test"], authorities=str(authority.file))
    with providing(authority.context("other.test")) as provider:
        result = names.run(tools(f"https://tools.test:{provider.port}/mcp"), policy)

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.TLS)
    assert provider.asked == []
    assert names.asked == ["tools.test"]


def test_the_policy_holds_for_the_sdk(heard: list[Any]) -> None:
    """A private address is not called."""
    result = run(tools("https://10.0.0.1/mcp"), Policy())

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.FORBIDDEN)
    assert [event for event, _ in heard] == []


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({"auth_type": "api_key", "api_key": KEY, "api_key_header": "X-Key"}, "x-key", KEY),
        ({"auth_type": "basic", "username": "u", "password": "p"}, "authorization", "Basic dTpw"),
    ],
)
def test_ways_to_log_in(provider: Provider, settings: dict[str, str], header: str, value: str) -> None:
    """Every way of the type's is sent in its header."""
    run(tools(provider.url("/page"), **settings))

    assert provider.asked[0].headers[header] == value


@pytest.mark.parametrize(
    ("settings", "finding"),
    [
        ({"transport": "stdio", "server_endpoint": "rm -rf x"}, Finding.NEVER),
        ({"bearer_token": None}, Finding.INCOMPLETE),
        ({"server_endpoint": "ftp://x"}, Finding.UNFIT),
        ({"bearer_token": f"{KEY}\r\nX-Other: 1"}, Finding.UNFIT),
    ],
)
def test_calls_that_are_not_made(settings: dict[str, Any], finding: Finding) -> None:
    """A command is never run, and half a login never sent."""
    result = run(tools("https://tools.test/mcp", **settings), Policy())

    assert (result.health, result.finding) == (Health.NOT_CHECKED, finding)


def test_without_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how to get it."""
    monkeypatch.setitem(sys.modules, "mcp", None)
    result = run(tools("https://tools.test/mcp"), HERE)

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.NO_SDK)
    assert result.message == "MCP servers are checked with their SDK: pip install 'flametree-cfg[mcp]'"


def test_no_log_holds_the_key(port: int, provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    """Not with every logger of the SDK at DEBUG, though the answers repeat the key."""
    caplog.set_level(logging.DEBUG)
    for name in ("mcp", "httpx2", "httpcore2", "client", "anyio"):
        caplog.set_level(logging.DEBUG, name)
    requests = [tools(f"http://127.0.0.1:{port}/mcp"), tools(provider.url("/echo")), tools(provider.url("/rpc-echo"))]
    results = [run(request) for request in requests]

    assert [result.health is Health.HEALTHY for result in results] == [True, False, False]
    assert results[2].message == f"127.0.0.1:{provider.port} said no: no: Bearer ***"
    assert KEY[:8] not in caplog.text + repr(results)
