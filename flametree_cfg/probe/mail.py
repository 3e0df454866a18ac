"""
Log in to a mail account's IMAP and SMTP servers, with Python's own clients; TLS comes before the password, always.

993 and 465 are TLS from the first byte, 143, 587 and 25 turn to it (`STARTTLS`); at any other port both are tried.
"""

from __future__ import annotations

import contextlib
import imaplib
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

from msgspec import Struct

from flametree_cfg.model import Health
from flametree_cfg.probe.addresses import IPAddress
from flametree_cfg.probe.aside import aside
from flametree_cfg.probe.attempt import Attempt, Means
from flametree_cfg.probe.call import known_settings, text_of
from flametree_cfg.probe.line import Line
from flametree_cfg.probe.policy import Policy
from flametree_cfg.probe.reach import Place
from flametree_cfg.probe.result import Finding, NoCall, Request, Unwell, Verdict, unfit

_FROM_THE_START = frozenset({993, 465})
_TURNED_TO = frozenset({143, 587, 25})
_NAMED = "[127.0.0.1]"  # in EHLO; Python would look its own name up


class _Login(Struct, frozen=True):
    user: str
    password: str

    @property
    def plain(self) -> bytes:
        """Write it as SASL's PLAIN."""
        return f"\0{self.user}\0{self.password}".encode()


def prepare(request: Request, policy: Policy) -> list[Attempt]:
    """
    Prepare both logins of one account.

    Raises:
        NoCall: a setting is missing, or is none that can be sent.
    """
    settings = known_settings(request)
    login = _login(settings)
    hidden = (login.password, b64encode(login.plain).decode("ascii"))
    attempts = []
    for protocol, log_in in (("imap", _over_imap), ("smtp", _over_smtp)):
        place = _place(settings, protocol, policy.endpoint(request.type, protocol))
        attempts.append(Attempt(str(place), partial(_attempt, place, partial(log_in, login=login)), hidden))
    return attempts


def _login(settings: Mapping[str, Any]) -> _Login:
    user, password = text_of(settings, "address"), text_of(settings, "password")
    if not password:
        if settings.get("oauth_client_id"):
            raise NoCall(Finding.NEVER, "an account that signs in with OAuth is not checked")
        raise NoCall(Finding.INCOMPLETE, "`password` is not set, or not known here")
    login = _Login(user, password)
    if any(c in "\r\n\0" for c in login.user + password):
        raise unfit("`address` or `password` holds a character that no login can carry")
    return login


def _place(settings: Mapping[str, Any], protocol: str, endpoint: str) -> Place:
    if endpoint:
        parts = urlsplit(endpoint)
        return Place(parts.hostname or "", parts.port or 0, protocol, stand_in=True)
    host, port = settings[f"{protocol}_server"], settings[f"{protocol}_port"]
    if not isinstance(host, str) or not isinstance(port, int) or not 0 < port < 1 << 16:
        raise unfit(f"`{protocol}_server` or `{protocol}_port` is none")
    return Place(host, port, protocol)


async def _attempt(place: Place, log_in: Callable[[Line, socket.socket, bool], None], means: Means) -> Verdict:
    addresses = await means.reach.addresses(place)
    line = Line(place.name, means.context, means.deadline_s)
    try:
        await aside(lambda: _made(place, log_in, line, addresses), place.protocol)
    finally:
        line.hang_up()
    return Verdict(Health.HEALTHY, Finding.OK, f"{place.protocol.upper()} at {place} took the login")


def _made(
    place: Place,
    log_in: Callable[[Line, socket.socket, bool], None],
    line: Line,
    addresses: Sequence[IPAddress],
) -> None:
    with contextlib.closing(line):
        try:
            if place.port not in _TURNED_TO:
                try:
                    secure = line.wrap_socket(line.connect(addresses, place.port))
                except ssl.SSLCertVerificationError:
                    raise
                except (ssl.SSLError, ConnectionError):
                    if place.port in _FROM_THE_START:
                        raise
                else:
                    return log_in(line, secure, False)
            return log_in(line, line.connect(addresses, place.port), True)
        except ssl.SSLError:
            raise
        except (smtplib.SMTPException, imaplib.IMAP4.error, ValueError) as problem:
            if isinstance(problem.__context__, OSError):  # both clients make it a text of theirs
                raise problem.__context__ from None
            if isinstance(problem, smtplib.SMTPServerDisconnected) or "EOF" in str(problem):
                raise ConnectionResetError from None
            raise Unwell(Finding.UNREADABLE, f"{place} does not answer as {place.protocol.upper()} does") from None
        except Unwell as problem:
            raise Unwell(problem.verdict.finding, f"{place} {problem.verdict.sentence}") from None


class _Imap(imaplib.IMAP4):
    """Speaks over a connection that there is."""

    def __init__(self, line: Line, connection: socket.socket) -> None:
        self._given = connection
        super().__init__(line.name)

    def _create_socket(self, timeout: float | None) -> socket.socket:  # noqa: ARG002
        self.debug = 0  # it would print the password
        return self._given


def _over_imap(line: Line, connection: socket.socket, turn: bool, login: _Login) -> None:
    imap = _Imap(line, connection)
    if turn:
        if "STARTTLS" not in imap.capabilities:
            raise Unwell(Finding.TLS, "offers no TLS, so no password was sent")
        imap.starttls(cast("ssl.SSLContext", line))
    try:
        if "AUTH=PLAIN" in imap.capabilities:
            imap.authenticate("PLAIN", lambda _: login.plain)
        elif "LOGINDISABLED" in imap.capabilities or not (login.user + login.password).isascii():
            raise Unwell(Finding.FAILED, "offers no way to log in with a password")
        else:
            imap.login(login.user, login.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as refusal:
        raise Unwell(Finding.DENIED, f"refused the login: {_text(refusal.args[0])}") from None
    with contextlib.suppress(imaplib.IMAP4.error, OSError):
        imap.logout()


class _Smtp(smtplib.SMTP):
    """Speaks over a connection that there is."""

    def __init__(self, line: Line, connection: socket.socket) -> None:
        self._given = connection
        super().__init__(line.name, local_hostname=_NAMED)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        return self._given


def _over_smtp(line: Line, connection: socket.socket, turn: bool, login: _Login) -> None:
    smtp = _Smtp(line, connection)
    smtp.ehlo()
    if turn:
        if not smtp.has_extn("starttls"):
            raise Unwell(Finding.TLS, "offers no TLS, so no password was sent")
        smtp.starttls(context=cast("ssl.SSLContext", line))
        smtp.ehlo()
    ways = smtp.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in ways:
        code, said = smtp.docmd("AUTH", f"PLAIN {b64encode(login.plain).decode('ascii')}")
    elif "LOGIN" in ways:
        smtp.docmd("AUTH", "LOGIN")
        smtp.docmd(b64encode(login.user.encode()).decode("ascii"))
        code, said = smtp.docmd(b64encode(login.password.encode()).decode("ascii"))
    else:
        raise Unwell(Finding.FAILED, "offers no way to log in with a password")
    if code != 235:
        finding = Finding.DENIED if 530 <= code <= 538 else Finding.FAILED
        raise Unwell(finding, f"refused the login with {code}: {_text(said)}")
    with contextlib.suppress(smtplib.SMTPException, OSError):
        smtp.quit()


def _text(said: Any) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
