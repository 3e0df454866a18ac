"""
Ask a SIP server whether it is there (OPTIONS) and takes the account's login (REGISTER).

The login registers nothing: it withdraws a contact that was never there (`Expires: 0`), for which a registrar wants the
same proof. So no call is led to us, and the platform's own registration stays, whatever the server's rules are.
Unlike a telephone we do not ask the DNS for the domain's servers (RFC 3263): `server` and `port` say which it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flametree_cfg.model import Health, Hiding
from flametree_cfg.probe.attempt import Attempt, Means
from flametree_cfg.probe.call import known_settings, text_of
from flametree_cfg.probe.outside import token
from flametree_cfg.probe.policy import Policy
from flametree_cfg.probe.reach import CONNECTING, Place
from flametree_cfg.probe.result import Finding, Request, Unwell, Verdict, unfit
from flametree_cfg.probe.sip_text import Dialogue, NotSip, SipAnswer, authorization, challenges
from flametree_cfg.probe.sip_wire import Wire, wire

_TRANSPORTS = ("udp", "tcp", "tls")
_ANSWERING = 0.3  # of the deadline, for OPTIONS: some servers ignore it from who is not logged in
_DENIED = frozenset({401, 403, 407})


class _Account(Hiding, frozen=True):
    never_shown = frozenset({"password"})

    place: Place
    domain: str
    transport: str
    user: str
    password: str


def prepare(request: Request, policy: Policy) -> list[Attempt]:
    """
    Prepare the login.

    Raises:
        NoCall: a setting is missing, or is none that can be sent.
    """
    account = _account(known_settings(request), policy.endpoint(request.type, "sip"))
    return [Attempt(str(account.place), partial(_attempt, account), (account.password,))]


def _account(settings: Mapping[str, Any], endpoint: str) -> _Account:
    server, user, password = (text_of(settings, name) for name in ("server", "username", "password"))
    transport = settings.get("transport") or "udp"
    port = settings.get("port") or (5061 if transport == "tls" else 5060)
    if transport not in _TRANSPORTS or not isinstance(port, int) or not 0 < port < 1 << 16:
        raise unfit("`transport` or `port` is none")
    if any(not c.isprintable() for c in user):
        raise unfit("`username` holds a character that no login can carry")
    if server.count(":") == 1:
        raise unfit("`server` holds a port, which is a setting of its own")
    domain = server.strip("[]")
    place = Place(domain, port, "sip")
    if endpoint:
        parts = urlsplit(endpoint)
        place = Place(parts.hostname or "", parts.port or 0, "sip", stand_in=True)
    return _Account(place, domain, transport, user, password)


async def _attempt(account: _Account, means: Means) -> Verdict:
    addresses = await means.reach.addresses(account.place)
    connect_s = means.deadline_s * CONNECTING / len(addresses)
    try:
        async with wire(account.place, addresses, account.transport, means.context, connect_s) as opened:
            return await _Talk(account, opened).login(means.deadline_s * _ANSWERING)
    except NotSip:
        raise Unwell(Finding.UNREADABLE, f"{account.place} does not answer as SIP does") from None


class _Talk:
    """One dialogue with a registrar."""

    def __init__(self, account: _Account, opened: Wire) -> None:
        self._account, self._wire = account, opened
        domain = f"[{account.domain}]" if ":" in account.domain else account.domain
        self._dialogue = Dialogue(domain, account.user, account.transport, opened.here, token(), token())
        self._number = 0

    async def login(self, options_s: float) -> Verdict:
        """Ask for OPTIONS, then for REGISTER, with the proof it wants; one try only, as more would lock accounts."""
        where = self._account.place
        try:
            async with asyncio.timeout(options_s):
                there = await self._ask("OPTIONS")
        except TimeoutError:
            there = None
        answer = await self._ask("REGISTER", "Expires: 0")
        if answer.status in (401, 407):
            challenge = next((one for one in challenges(answer) if one.fits), None)
            if challenge is None:
                raise Unwell(Finding.FAILED, f"{where} wants a login of a kind that is not known here")
            proof = authorization(challenge, self._dialogue, self._account.password, token())
            answer = await self._ask("REGISTER", "Expires: 0", proof)
        if 200 <= answer.status < 300:
            options = there.status if there else "nothing"
            return Verdict(Health.HEALTHY, Finding.OK, f"{where} took the login (OPTIONS: {options})")
        return _refused(where, answer)

    async def _ask(self, method: str, *extra: str) -> SipAnswer:
        self._number += 1
        branch = token()
        return await self._wire.ask(self._dialogue.request(method, self._number, branch, extra), branch)


def _refused(where: Place, answer: SipAnswer) -> Verdict:
    if answer.status in _DENIED:
        finding, meaning = Finding.DENIED, "the login is not accepted"
    elif answer.status == 404:
        finding, meaning = Finding.MISSING, "there is no such account"
    elif answer.status < 400:
        finding, meaning = Finding.REDIRECTED, "it sends us elsewhere; a redirect is never followed"
    else:
        finding, meaning = Finding.FAILED, "it failed"
    return Verdict(Health.UNHEALTHY, finding, f"{where} answered {answer.status}: {answer.reason or meaning}")
