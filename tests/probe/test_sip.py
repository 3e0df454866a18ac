"""A SIP account is tried against a registrar, and leaves nothing there."""

from __future__ import annotations

import logging
import re
import socket
from typing import Any

import pytest

from flametree_cfg.model import Health
from flametree_cfg.probe import Finding, Policy, Request, Result, make_policy
from flametree_cfg.probe.sip_text import NotSip, read_answer
from tests.probe.authority import Authority
from tests.probe.checks import Names, check_of
from tests.probe.provider import KEY
from tests.probe.registrar import USER, digest, registering

SHORT = 2.0


def phone(port: int, **settings: Any) -> Request:
    """Ask for the check of one account."""
    given = {"server": "pbx.test", "username": USER, "password": KEY, "port": port, "transport": "udp", **settings}
    return Request("channel.phone", "sip", check_of("channels/sip"), given, (KEY,))


def check(request: Request, policy: Policy | None = None, deadline_s: float = 10.0) -> Result:
    """Check it where pbx.test is this machine."""
    names = Names(pbx_test=["127.0.0.1"], other_test=["127.0.0.1"])
    return names.run(request, policy or make_policy(["pbx.test"]), deadline_s)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_account_that_works(transport: str) -> None:
    """It is asked for OPTIONS, then logs in with the proof that the registrar wants."""
    with registering(transport) as registrar:
        result = check(phone(registrar.port, transport=transport))

    assert (result.health, result.finding) == (Health.HEALTHY, Finding.OK)
    assert result.message == f"pbx.test:{registrar.port} took the login (OPTIONS: 200)"
    assert [message.split(" ", 1)[0] for message in registrar.asked] == ["OPTIONS", "REGISTER", "REGISTER"]


def test_nothing_is_registered() -> None:
    """Every REGISTER withdraws our own contact and no other: `Expires: 0`, and never `*`."""
    with registering() as registrar:
        check(phone(registrar.port))
    registers = [message for message in registrar.asked if message.startswith("REGISTER")]

    assert len(registers) == 2
    assert all("\r\nExpires: 0\r\n" in message and "Contact: *" not in message for message in registers)
    assert len({re.findall(r"CSeq: (\d+)", message)[0] for message in registrar.asked}) == 3
    assert all(KEY not in message for message in registrar.asked)


def test_over_tls(authority: Authority) -> None:
    """The certificate has to be made out to the server's name."""
    policy = make_policy(["pbx.test", "other.test"], authorities=str(authority.file))
    with registering("tls", authority.context("pbx.test")) as registrar:
        green = check(phone(registrar.port, transport="tls"), policy)
        red = check(phone(registrar.port, transport="tls", server="other.test"), policy)

    assert green.health is Health.HEALTHY
    assert (red.health, red.finding) == (Health.UNHEALTHY, Finding.TLS)
    assert red.message == f"the certificate of other.test:{registrar.port} is made out to another name"


@pytest.mark.parametrize(
    "challenges",
    [
        [digest()],
        [digest("MD5", qop='"auth,auth-int"', opaque='"o\\"1"')],
        [digest("SHA-256", qop='"auth"')],
        [digest("SHA-512-256", qop='"auth"'), digest("SHA-256", qop='"auth"'), digest("MD5")],
    ],
)
def test_digests(challenges: list[str]) -> None:
    """MD5 and SHA-256, with and without a quality of protection; the first that we can."""
    with registering() as registrar:
        registrar.challenges = challenges
        result = check(phone(registrar.port))

    assert result.health is Health.HEALTHY


@pytest.mark.parametrize("challenges", [[], [digest("SHA-512-256")], [digest("MD5", qop='"auth-int"')], ["Basic x=1"]])
def test_logins_of_a_kind_we_do_not_know(challenges: list[str]) -> None:
    """No password leaves in a way that is weaker than a digest."""
    with registering() as registrar:
        registrar.challenges = challenges
        result = check(phone(registrar.port))

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.FAILED)
    assert result.message == f"pbx.test:{registrar.port} wants a login of a kind that is not known here"


@pytest.mark.parametrize(
    ("status", "finding", "sentence"),
    [
        ("", Finding.DENIED, "answered 403: Forbidden"),
        ("401 Unauthorized", Finding.DENIED, "answered 401: Unauthorized"),
        ("404 Not Found", Finding.MISSING, "answered 404: Not Found"),
        ("302 ", Finding.REDIRECTED, "answered 302: it sends us elsewhere; a redirect is never followed"),
        ("503 Too busy", Finding.FAILED, "answered 503: Too busy"),
    ],
)
def test_a_login_that_is_refused(status: str, finding: Finding, sentence: str) -> None:
    """It is tried once, as more tries would lock the account."""
    with registering() as registrar:
        registrar.status, registrar.password = status, "another"
        result = check(phone(registrar.port))

    assert (result.health, result.finding) == (Health.UNHEALTHY, finding)
    assert result.message == f"pbx.test:{registrar.port} {sentence}"
    assert sum("Authorization:" in message for message in registrar.asked) == 1


def test_a_datagram_that_is_lost() -> None:
    """It is sent again."""
    with registering() as registrar:
        registrar.lost = 1
        result = check(phone(registrar.port))

    assert result.health is Health.HEALTHY
    assert [message.split(" ", 1)[0] for message in registrar.asked][:2] == ["OPTIONS", "OPTIONS"]


def test_a_server_that_knows_no_options() -> None:
    """The login counts."""
    with registering() as registrar:
        registrar.silent = frozenset({"OPTIONS"})
        result = check(phone(registrar.port), deadline_s=6.0)

    assert result.health is Health.HEALTHY
    assert result.message.endswith("took the login (OPTIONS: nothing)")


def test_a_server_that_says_nothing() -> None:
    """The deadline ends it."""
    with registering() as registrar:
        registrar.silent = frozenset({"OPTIONS", "REGISTER"})
        result = check(phone(registrar.port), deadline_s=SHORT)

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.TIMEOUT)
    assert result.message == f"pbx.test:{registrar.port} gave no whole answer within {SHORT:g} s"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("raw", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\r\n\r\n", b"SIP/2.0 200\r\nx\r\n\r\n"])
def test_something_else_answers(transport: str, raw: bytes) -> None:
    """What does not speak SIP is told so."""
    with registering(transport) as registrar:
        registrar.raw = raw
        result = check(phone(registrar.port, transport=transport))

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.UNREADABLE)
    assert result.message == f"pbx.test:{registrar.port} does not answer as SIP does"


@pytest.mark.parametrize(
    "raw", [b"SIP/2.0 200 OK\r\n" + b"x: y\r\n" * 60000, b"SIP/2.0 200 OK\r\nl: 999999999\r\n\r\n"]
)
def test_an_answer_without_end(raw: bytes) -> None:
    """No more than agreed is read."""
    with registering("tcp") as registrar:
        registrar.raw = raw
        result = check(phone(registrar.port, transport="tcp"))

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.TOO_LARGE)


def test_an_answer_to_somebody_else() -> None:
    """A datagram that does not name our request is not believed."""
    forged = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKother\r\nContent-Length: 0\r\n\r\n"
    with registering() as registrar:
        registrar.raw = forged
        result = check(phone(registrar.port), deadline_s=SHORT)

    assert result.finding is Finding.TIMEOUT


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_nobody_listens(transport: str) -> None:
    """A closed port is told as such, over UDP too."""
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        if transport == "udp":
            taken.close()
        result = check(phone(port, transport=transport))

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.UNREACHABLE)
    assert result.message == f"nothing listens at pbx.test:{port}"


@pytest.mark.parametrize(
    ("settings", "finding"),
    [
        ({"password": None}, Finding.INCOMPLETE),
        ({"server": "pbx.test:5070"}, Finding.UNFIT),
        ({"username": "a\r\nContact: *"}, Finding.UNFIT),
        ({"server": "10.0.0.1"}, Finding.FORBIDDEN),
        ({"server": "metadata.google.internal"}, Finding.FORBIDDEN),
        ({"port": 443}, Finding.FORBIDDEN),
        ({"port": 6379}, Finding.FORBIDDEN),
    ],
)
def test_calls_that_are_not_made(settings: dict[str, Any], finding: Finding, heard: list[Any]) -> None:
    """Settings that lead elsewhere, or into another header, send nothing."""
    result = check(phone(**{"port": 5060, **settings}))

    assert (result.health, result.finding) == (Health.NOT_CHECKED, finding)
    assert heard == []


def test_a_stand_in() -> None:
    """An operator leads the check elsewhere; the account's domain stays."""
    with registering() as registrar:
        policy = make_policy(endpoints=[f"sip=sip://127.0.0.1:{registrar.port}"])
        result = check(phone(5060, server="sip.bank.example"), policy)

    assert result.health is Health.HEALTHY
    assert registrar.asked[1].startswith("REGISTER sip:sip.bank.example SIP/2.0\r\n")


def test_no_log_holds_the_password(caplog: pytest.LogCaptureFixture) -> None:
    """Not with every logger at DEBUG, though the answer quotes it."""
    caplog.set_level(logging.DEBUG)
    with registering() as registrar:
        registrar.status = f"403 wrong {KEY}"
        result = check(phone(registrar.port))

    assert result.message == f"pbx.test:{registrar.port} answered 403: wrong ***"
    assert KEY not in caplog.text


@pytest.mark.parametrize("head", [b"", b"SIP/1.0 200 OK", b"SIP/2.0 999 x", b"REGISTER sip:x SIP/2.0"])
def test_heads_that_are_none(head: bytes) -> None:
    """Only an answer of SIP/2.0 is one."""
    with pytest.raises(NotSip):
        read_answer(head)
