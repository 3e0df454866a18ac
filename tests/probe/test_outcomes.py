"""Each thing a provider can do gets the right dot and a sentence a person understands."""

from __future__ import annotations

import socket
import tracemalloc
from pathlib import Path

import pytest

from flametree_cfg.model import MASKED, Health
from flametree_cfg.probe import Finding, make_policy
from tests.probe.authority import Authority
from tests.probe.checks import Names, llm, run, telegram
from tests.probe.provider import KEY, Provider, bomb, providing

SHORT = 2.0  # seconds: what a loaded machine needs to connect is far below its share of that


def test_a_model_that_answers_is_healthy(provider: Provider) -> None:
    """One real completion is asked for, and its answer is a green dot."""
    result = run(llm(provider.url("/v1"), json_params={"max_tokens": 1}))

    assert (result.health, result.finding) == (Health.HEALTHY, Finding.OK)
    assert result.message == f"127.0.0.1:{provider.port} answered 200"
    assert result.duration_s > 0
    (asked,) = provider.asked
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {"model": "m-1", "messages": [{"role": "user", "content": "ping"}], "max_tokens": 1}


def test_an_answer_that_is_packed_is_read(provider: Provider) -> None:
    """A server that packs although nobody asked is understood."""
    assert run(llm(provider.url("/zipped"))).health is Health.HEALTHY


@pytest.mark.parametrize(
    ("path", "settings", "finding", "sentence"),
    [
        ("", {"access_token": "wrong-key-wrong-key"}, Finding.DENIED, "answered 401: Incorrect API key provided"),
        ("", {"model_name": "m-9"}, Finding.MISSING, "answered 404: The model `m-9` does not exist"),
        ("/huge", {}, Finding.TOO_LARGE, "answered 200 with more than 256 KB, so no API did"),
        (
            "/half",
            {},
            Finding.UNREADABLE,
            "answered 200 with something that is not JSON: is this the address of the API?",
        ),
        (
            "/page",
            {},
            Finding.UNREADABLE,
            "answered 200 with something that is not JSON: is this the address of the API?",
        ),
    ],
)
def test_what_the_provider_says(
    provider: Provider, path: str, settings: dict[str, str], finding: Finding, sentence: str
) -> None:
    """An answer that is not healthy is told in the provider's words, or in ours where it has none."""
    result = run(llm(provider.url(path), **settings))

    assert (result.health, result.finding) == (Health.UNHEALTHY, finding)
    assert result.message == f"127.0.0.1:{provider.port} {sentence}"


@pytest.mark.parametrize("path", ["/broken-off", "/reset"])
def test_a_connection_that_breaks(provider: Provider, path: str) -> None:
    """Half an answer is none."""
    result = run(llm(provider.url(path)))

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.BROKEN)
    assert result.message == f"the connection to 127.0.0.1:{provider.port} broke before the answer was whole"


def test_an_answer_that_drips(provider: Provider) -> None:
    """Bytes that keep coming do not move the deadline."""
    result = run(llm(provider.url("/drip")), deadline_s=SHORT)

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.TIMEOUT)
    assert result.message == f"127.0.0.1:{provider.port} gave no whole answer within {SHORT:g} s"
    assert provider.sent > 1


def test_events_without_end(provider: Provider) -> None:
    """A model that was told to stream has answered when it begins; the rest is not waited for."""
    result = run(llm(provider.url("/events"), json_params={"stream": True}))

    assert result.health is Health.HEALTHY


def test_a_gigabyte_is_not_read(provider: Provider) -> None:
    """No more leaves the server than the buffers between us hold."""
    run(llm(provider.url("/huge")))

    assert provider.sent < 32 << 20


def test_a_bomb_is_not_unpacked(provider: Provider) -> None:
    """Few bytes that stand for 200 MB cost us less than one."""
    provider.packed = bomb(200)
    request = llm(provider.url("/bomb"))
    run(request)
    tracemalloc.start()
    result = run(request)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(provider.packed) < 256 << 10
    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.TOO_LARGE)
    assert peak < 8 << 20


def test_nobody_listens() -> None:
    """A port that is closed is told as such."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        result = run(llm(f"http://127.0.0.1:{port}/v1"))

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.UNREACHABLE)
    assert result.message == f"nothing listens at 127.0.0.1:{port}"


def test_a_server_that_never_answers_tls() -> None:
    """The handshake is inside the deadline too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        result = run(llm(f"https://127.0.0.1:{port}/v1"), deadline_s=SHORT)

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.UNREACHABLE)
    assert result.message == f"no connection to 127.0.0.1:{port} in time"


def test_a_name_nobody_knows(heard: list[tuple[str, tuple[object, ...]]]) -> None:
    """A name without an address is red; the system's own resolver was asked, once."""
    result = run(llm("https://models.flametree.invalid/v1"))

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.UNKNOWN_HOST)
    assert result.message == "no host of the name models.flametree.invalid is known"
    assert [arguments[0] for event, arguments in heard if event == "socket.getaddrinfo"] == ["models.flametree.invalid"]


@pytest.mark.parametrize(
    ("made_out_to", "expired", "trusted", "sentence"),
    [
        ("other.test", False, True, "is made out to another name"),
        ("models.test", True, True, "has expired"),
        ("models.test", False, False, "is not signed by an authority that is trusted here"),
    ],
)
def test_certificates_are_verified(
    authority: Authority, made_out_to: str, expired: bool, trusted: bool, sentence: str
) -> None:
    """Nothing is sent to who cannot prove its name."""
    names = Names(models_test=["127.0.0.1"])
    policy = make_policy(["127.0.0.1"], authorities=str(authority.file) if trusted else "")
    with providing(authority.context(made_out_to, expired=expired)) as provider:
        result = names.run(llm(f"https://models.test:{provider.port}/v1"), policy)

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.TLS)
    assert result.message == f"the certificate of models.test:{provider.port} {sentence}"
    assert provider.asked == []


def test_the_environment_is_not_trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor an authority comes out of the environment."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with providing(authority.context("127.0.0.1")) as provider:
        result = run(llm(provider.url("/v1", "https")))

    assert result.finding is Finding.TLS
    assert result.message.endswith("is not signed by an authority that is trusted here")


def test_the_environment_is_trusted_where_the_operator_says_so(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its authorities are then believed; without, it does not even get the keys of a connection."""
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    with providing(authority.context("127.0.0.1")) as provider:
        asked = run(llm(provider.url("/v1", "https")), make_policy(["127.0.0.1"], authorities=str(authority.file)))
        said = log.read_text()
        trusted = run(llm(provider.url("/v1", "https")), make_policy(["127.0.0.1"], trust_env=True))

    assert (asked.health, trusted.health) == (Health.HEALTHY, Health.HEALTHY)
    assert "SECRET" not in said
    assert "SECRET" in log.read_text()


def test_no_tls_where_there_should_be(provider: Provider) -> None:
    """A server that answers in clear on a port for TLS is told so."""
    result = run(llm(provider.url("/v1", "https")))

    assert result.finding in (Finding.TLS, Finding.BROKEN)
    assert provider.asked == []


def test_a_redirect_is_not_followed(provider: Provider, heard: list[tuple[str, tuple[object, ...]]]) -> None:
    """Where the provider points at is never called, so no header goes there."""
    with providing(host="127.0.0.2") as forbidden:
        provider.location = forbidden.url(f"/v1?key={KEY}")
        result = run(llm(provider.url("/redirect")), make_policy(["127.0.0.1"]))

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.REDIRECTED)
    assert result.message == (
        f"127.0.0.1:{provider.port} answered 302 and sends the call elsewhere; a redirect is never followed"
    )
    assert forbidden.asked == []
    assert {arguments[1] for event, arguments in heard if event == "socket.connect"} == {("127.0.0.1", provider.port)}


@pytest.mark.parametrize("value", [None, "", MASKED])
def test_what_is_missing_is_not_checked(provider: Provider, value: object) -> None:
    """A model without its key, or with one that is not known here, is not called."""
    result = run(llm(provider.url(), access_token=value))

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.INCOMPLETE)
    assert result.message == "`access_token` is not set, or not known here"
    assert provider.asked == []


def test_telegram_says_no_with_200(provider: Provider) -> None:
    """What must stand in the answer counts, not the status alone."""
    green = run(telegram(), make_policy(endpoints=[f"telegram={provider.url()}"]))
    red = run(telegram(), make_policy(endpoints=[f"telegram={provider.url('/not-ok')}"]))

    assert green.health is Health.HEALTHY
    assert (red.health, red.message) == (
        Health.UNHEALTHY,
        f"127.0.0.1:{provider.port} answered 200, but Unauthorized",
    )
    assert [asked.path for asked in provider.asked] == [f"/bot{KEY}/getMe", f"/not-ok/bot{KEY}/getMe"]


def test_the_operators_authority_is_trusted(authority: Authority) -> None:
    """A provider with a certificate of the company's own is green."""
    policy = make_policy(["127.0.0.1"], authorities=str(authority.file))
    with providing(authority.context("127.0.0.1")) as provider:
        result = run(llm(provider.url("/v1", "https")), policy)

    assert result.health is Health.HEALTHY
