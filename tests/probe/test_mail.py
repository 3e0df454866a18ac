"""Both logins of a mail account are tried, over TLS, against servers of other people."""

from __future__ import annotations

import base64
import imaplib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flametree_cfg.model import Health
from flametree_cfg.probe import Finding, Policy, Request, Result, make_policy
from tests.probe import lines
from tests.probe.authority import Authority
from tests.probe.checks import Names, check_of
from tests.probe.provider import KEY
from tests.probe.serving import imap_serving, serving

USER = "help@acme.test"
SHORT = 2.0


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Path:
    """Give what proves that a server is mail.test."""
    return authority.certificate("mail.test")


@pytest.fixture(scope="module")
def imap_port(certificate: Path) -> Iterator[int]:
    """Run pymap, which turns to TLS."""
    with imap_serving(certificate, USER, KEY) as port:
        yield port


@pytest.fixture(scope="module", params=["start", "turn"])
def smtp_port(request: pytest.FixtureRequest, certificate: Path) -> Iterator[int]:
    """Run aiosmtpd: with TLS from the first byte, and turning to it."""
    with serving("smtp", str(certificate), request.param, USER, KEY) as port:
        yield port


@pytest.fixture
def policy(authority: Authority) -> Policy:
    """Let checks go to mail.test, and trust who signed its certificate."""
    return make_policy(["mail.test"], authorities=str(authority.file))


def mailbox(imap_port: int, smtp_port: int, **settings: Any) -> Request:
    """Ask for the check of one account."""
    account = {
        "address": USER,
        "password": KEY,
        "imap_server": "mail.test",
        "imap_port": imap_port,
        "smtp_server": "mail.test",
        "smtp_port": smtp_port,
        **settings,
    }
    return Request("channel.inbox", "email", check_of("channels/email"), {"accounts": [account]}, (KEY,))


def check(request: Request, policy: Policy, deadline_s: float = 10.0) -> Result:
    """Check it where mail.test is this machine."""
    return Names(mail_test=["127.0.0.1"], other_test=["127.0.0.1"]).run(request, policy, deadline_s)


def test_an_account_that_works(imap_port: int, smtp_port: int, policy: Policy) -> None:
    """Both servers take the login."""
    result = check(mailbox(imap_port, smtp_port), policy)

    assert (result.health, result.finding) == (Health.HEALTHY, Finding.OK)
    assert result.message == (
        f"IMAP at mail.test:{imap_port} took the login; SMTP at mail.test:{smtp_port} took the login"
    )


def test_a_wrong_password(imap_port: int, smtp_port: int, policy: Policy) -> None:
    """The server's own words are shown, and which server it was."""
    result = check(mailbox(imap_port, smtp_port, password="another-password"), policy)

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.DENIED)
    assert result.message.startswith(f"mail.test:{imap_port} refused the login: ")


def test_a_wrong_password_for_sending(smtp_port: int, authority: Authority, policy: Policy) -> None:
    """Mail that can be read but not sent is red."""
    with lines.speaking(lines.imap(USER, "another-password"), authority.context("mail.test")) as imap_port:
        result = check(mailbox(imap_port, smtp_port, password="another-password"), policy)

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.DENIED)
    assert result.message.startswith(f"mail.test:{smtp_port} refused the login with 535: ")


def test_imap_with_tls_from_the_first_byte(authority: Authority, smtp_port: int, policy: Policy) -> None:
    """`LOGIN` is used where nothing better is offered, and a refusal that echoes the password does not show it."""
    with lines.speaking(lines.imap(USER, KEY), authority.context("mail.test")) as port:
        green = check(mailbox(port, smtp_port), policy)
    with lines.speaking(lines.imap(USER, "x"), authority.context("mail.test")) as port:
        red = check(mailbox(port, smtp_port), policy)

    assert green.health is Health.HEALTHY
    assert red.message == (f'mail.test:{port} refused the login: [AUTHENTICATIONFAILED] {USER} "***" is wrong')


def test_no_tls_no_password(smtp_port: int, policy: Policy) -> None:
    """A server that offers no TLS is told no password."""
    heard: list[bytes] = []

    def speak(reading: Any, writing: Any, _: Any) -> None:
        writing.write(b"* OK ready\r\n")
        while line := reading.readline():
            heard.append(line)
            writing.write(b"* CAPABILITY IMAP4rev1\r\n" + line.split()[0] + b" OK done\r\n")

    with lines.speaking(speak) as port:
        result = check(mailbox(port, smtp_port), policy)

    assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.TLS)
    assert result.message == f"mail.test:{port} offers no TLS, so no password was sent"
    assert any(b"CAPABILITY" in line for line in heard)
    assert KEY.encode() not in b"".join(heard)


def test_a_certificate_of_somebody_else(imap_port: int, smtp_port: int, policy: Policy) -> None:
    """The name of the settings has to stand in it, in both protocols, however TLS begins."""
    named = make_policy(["mail.test", "other.test"], authorities=policy.authorities)
    imap = check(mailbox(imap_port, smtp_port, imap_server="other.test"), named)
    smtp = check(mailbox(imap_port, smtp_port, smtp_server="other.test"), named)

    for result, port in ((imap, imap_port), (smtp, smtp_port)):
        assert (result.health, result.finding) == (Health.UNHEALTHY, Finding.TLS)
        assert result.message == f"the certificate of other.test:{port} is made out to another name"


@pytest.mark.parametrize(
    ("speak", "finding", "sentence"),
    [
        (lines.dripping, Finding.TIMEOUT, f"mail.test:PORT gave no whole answer within {SHORT:g} s"),
        (
            lines.flooding(b"* OK more\r\n"),
            Finding.TOO_LARGE,
            "mail.test:PORT sent more than 256 KB where a short answer is due",
        ),
        (lines.hanging_up, Finding.BROKEN, "the connection to mail.test:PORT broke before the answer was whole"),
    ],
)
def test_servers_that_misbehave(
    authority: Authority, smtp_port: int, policy: Policy, speak: lines.Speak, finding: Finding, sentence: str
) -> None:
    """A drip, a gigabyte, a line that is cut: each ends within the deadline."""
    with lines.speaking(speak, authority.context("mail.test")) as port:
        result = check(mailbox(port, smtp_port), policy, SHORT)

    assert (result.health, result.finding) == (Health.UNHEALTHY, finding)
    assert result.message == sentence.replace("PORT", str(port))


@pytest.mark.parametrize("text", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"* PREAUTH hello\r\n", b"\xff\xfe\r\n"])
def test_something_else_answers(authority: Authority, smtp_port: int, policy: Policy, text: bytes) -> None:
    """What is no mail server is told so."""
    with lines.speaking(lines.saying(text), authority.context("mail.test")) as port:
        result = check(mailbox(port, smtp_port), policy)

    assert result.health is Health.UNHEALTHY
    assert result.finding in (Finding.UNREADABLE, Finding.BROKEN)


def test_the_flood_of_an_smtp_server(authority: Authority, imap_port: int, policy: Policy) -> None:
    """A greeting without end is not collected."""
    with lines.speaking(lines.flooding(b"220-more\r\n"), authority.context("mail.test")) as port:
        result = check(mailbox(imap_port, port), policy)

    assert result.finding is Finding.TOO_LARGE


@pytest.mark.parametrize("port", [22, 25, 80, 443, 6379])
def test_ports_of_other_services(port: int, smtp_port: int, policy: Policy, heard: list[Any]) -> None:
    """IMAP is spoken where IMAP may be."""
    result = check(mailbox(port, smtp_port), policy)

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.FORBIDDEN)
    assert result.message == f"port {port} of mail.test belongs to a service that is no IMAP server"
    assert [arguments for event, arguments in heard if event == "socket.connect" and arguments[1][1] == port] == []


def test_servers_are_judged_too(imap_port: int, smtp_port: int, authority: Authority) -> None:
    """A mail server of the tenant's on this machine is not called unless the operator says so."""
    result = check(mailbox(imap_port, smtp_port), make_policy(authorities=str(authority.file)))

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.FORBIDDEN)


def test_stand_ins_for_both(authority: Authority, smtp_port: int, imap_port: int) -> None:
    """An operator leads both servers elsewhere."""
    endpoints = [f"email=imap://mail.test:{imap_port}", f"email=smtp://mail.test:{smtp_port}"]
    policy = make_policy(endpoints=endpoints, authorities=str(authority.file))
    result = check(mailbox(993, 465, imap_server="imap.acme.example", smtp_server="smtp.acme.example"), policy)

    assert result.health is Health.HEALTHY


def test_an_account_with_oauth() -> None:
    """Which service gives its tokens is not documented, so it is not tried."""
    given = {"password": None, "oauth_client_id": "c", "oauth_client_secret": "s", "oauth_refresh_token": "r"}
    result = check(mailbox(993, 465, **given), Policy())

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.NEVER)
    assert result.message == "an account that signs in with OAuth is not checked"


def test_a_password_that_would_be_a_command() -> None:
    """No line of ours ends where a setting says so."""
    result = check(mailbox(993, 465, password=f"{KEY}\r\nA1 LOGOUT"), Policy())

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.UNFIT)
    assert KEY not in result.message


def test_no_log_and_no_print_holds_the_password(
    authority: Authority,
    imap_port: int,
    smtp_port: int,
    policy: Policy,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even with the clients' own debugging on."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(imaplib, "Debug", 5)
    with lines.speaking(lines.imap(USER, KEY), authority.context("mail.test")) as plain_port:
        results = [check(mailbox(port, smtp_port), policy) for port in (imap_port, plain_port)]
    said = caplog.text + "".join(capfd.readouterr())

    assert {result.health for result in results} == {Health.HEALTHY}
    assert KEY not in said
    assert base64.b64encode(f"\0{USER}\0{KEY}".encode()).decode() not in said
