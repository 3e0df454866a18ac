"""
The little of SIP that a login needs: one request, its answer, and the digest that proves a password.

Pure. Source: RFC 3261, 7 (messages) and 22 (digest); RFC 8760 (SHA-256).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from msgspec import Struct

_ALGORITHMS = {"md5": "md5", "sha-256": "sha256"}
_COMPACT = {"i": "call-id", "f": "from", "t": "to", "v": "via", "l": "content-length", "m": "contact"}
_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: (.*))?")
_OF_USER = "-_.!~*'()&=+$,"  # may stand in a URI as they are
_PARAMETER = re.compile(r'\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s]*))\s*(?:,|$)')


class NotSip(Exception):
    """This is no SIP message."""


class SipAnswer(Struct, frozen=True):
    """
    An answer without its body.

    Attributes:
        headers: in their order; names in lower case and in full.
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """List the values of a header."""
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        """Give the first value of a header; empty if there is none."""
        return next(iter(self.all(name)), "")


class Challenge(Struct, frozen=True):
    """What a registrar wants a digest of; `scheme` names the header that carries the answer."""

    header: str
    parameters: Mapping[str, str]

    @property
    def algorithm(self) -> str:
        """Give its name for hashlib; empty if it is none of ours."""
        return _ALGORITHMS.get(self.parameters.get("algorithm", "MD5").lower(), "")

    @property
    def qop(self) -> str:
        """Give the quality of protection we choose; empty if none was offered."""
        return "auth" if "auth" in [one.strip() for one in self.parameters.get("qop", "").split(",")] else ""

    @property
    def fits(self) -> bool:
        """Tell whether we can answer it."""
        return bool(self.algorithm and "nonce" in self.parameters) and ("qop" not in self.parameters or bool(self.qop))


class Dialogue(Struct, frozen=True):
    """
    What the requests of one check have in common.

    Attributes:
        domain: host of the registrar, in brackets if it is an IPv6 address.
        user: of the account.
        transport: `udp`, `tcp` or `tls`.
        here: our own host and port.
        call_id, tag: words that nobody guesses.
    """

    domain: str
    user: str
    transport: str
    here: str
    call_id: str
    tag: str

    @property
    def registrar(self) -> str:
        """Give the URI of the registrar."""
        return f"sip:{self.domain}"

    def request(self, method: str, number: int, branch: str, extra: Iterable[str] = ()) -> bytes:
        """
        Write a request without a body.

        Args:
            method: `OPTIONS` or `REGISTER`.
            number: of the request in the dialogue.
            branch: its own word, by which the answer is known.
            extra: more header lines.
        """
        account = f"sip:{quote(self.user, safe=_OF_USER)}@{self.domain}"
        to = account if method == "REGISTER" else self.registrar
        contact = f"sip:{quote(self.user, safe=_OF_USER)}@{self.here};transport={self.transport}"
        lines = (
            f"{method} {self.registrar} SIP/2.0",
            f"Via: SIP/2.0/{self.transport.upper()} {self.here};branch=z9hG4bK{branch};rport",
            "Max-Forwards: 70",
            f"From: <{account}>;tag={self.tag}",
            f"To: <{to}>",
            f"Call-ID: {self.call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <{contact}>",
            "User-Agent: flametree-cfg",
            *extra,
            "Content-Length: 0",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


def read_answer(head: bytes) -> SipAnswer:
    """
    Read an answer up to its empty line.

    Raises:
        NotSip: it is none.
    """
    lines = re.sub(r"\r?\n[ \t]+", " ", head.decode("utf-8", "replace")).splitlines()
    status = _STATUS.fullmatch(lines[0]) if lines else None
    if status is None:
        raise NotSip
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if line and not colon:
            raise NotSip
        key = name.strip().lower()
        headers.append((_COMPACT.get(key, key), value.strip()))
    return SipAnswer(int(status[1]), status[2] or "", tuple(headers))


def challenges(answer: SipAnswer) -> list[Challenge]:
    """List the digests an answer asks for, the registrar's favourite first."""
    name = "www-authenticate" if answer.status == 401 else "proxy-authenticate"
    header = "Authorization" if answer.status == 401 else "Proxy-Authorization"
    found = []
    for value in answer.all(name):
        scheme, _, rest = value.partition(" ")
        if scheme.lower() == "digest":
            found.append(Challenge(header, _parameters(rest)))
    return found


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while (match := _PARAMETER.match(text, at)) and match.end() > at:
        quoted, bare = match[2], match[3]
        found.setdefault(match[1].lower(), bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        at = match.end()
    return found


def authorization(challenge: Challenge, dialogue: Dialogue, password: str, cnonce: str) -> str:
    """
    Answer a challenge to REGISTER: the header line.

    Args:
        challenge: one that `fits`.
        dialogue: names user and registrar.
        password: only its digest is in the line.
        cnonce: a word of ours.
    """
    given = challenge.parameters
    realm, nonce, uri = given.get("realm", ""), given["nonce"], dialogue.registrar
    secret = _digest(challenge, f"{dialogue.user}:{realm}:{password}")
    asked = _digest(challenge, f"REGISTER:{uri}")
    middle = f"{nonce}:00000001:{cnonce}:auth" if challenge.qop else nonce
    fields = {
        "username": _quoted(dialogue.user),
        "realm": _quoted(realm),
        "nonce": _quoted(nonce),
        "uri": _quoted(uri),
        "response": _quoted(_digest(challenge, f"{secret}:{middle}:{asked}")),
        "algorithm": given.get("algorithm", ""),
        **({"cnonce": _quoted(cnonce), "qop": "auth", "nc": "00000001"} if challenge.qop else {}),
        "opaque": _quoted(given["opaque"]) if "opaque" in given else "",
    }
    return f"{challenge.header}: Digest " + ", ".join(f"{name}={value}" for name, value in fields.items() if value)


def _digest(challenge: Challenge, text: str) -> str:
    return hashlib.new(challenge.algorithm, text.encode("utf-8"), usedforsecurity=False).hexdigest()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
