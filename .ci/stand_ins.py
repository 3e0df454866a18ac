# ruff: noqa: INP001  # a program beside the demo, in no package
"""
Stand-ins for providers on loopback, for the demo: models, messengers, mail, SIP. Not for anything else.

A key that holds `revoked` is refused, every other is taken. FOLDER gets the authority whose certificates mail speaks
with; the first line printed is a FLAMETREE_ENDPOINT that leads to all of them. Ends with its standard input.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import json
import re
import socket
import socketserver
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
OVER_HTTP = ("llm", "vlm", "embedder", "stt", "transcriptor")  # connectors
OVER_HTTP += ("telegram", "whatsapp", "facebook", "instagram", "infobip", "bird", "intercom", "twilio")
ANSWER = {"ok": True, "choices": [{"message": {"content": "p"}}], "data": [{"embedding": [0.5]}], "text": ""}
REFUSAL = {
    "ok": False,
    "description": "Unauthorized",
    "message": "Unauthorized",
    "error": {"message": "Incorrect API key provided"},
}


class Provider(BaseHTTPRequestHandler):
    """Answers every API of the demo."""

    def do_GET(self) -> None:
        """Answer a read."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        shown = f"{self.path} {self.headers.get('Authorization', '')}"
        login = re.search(r"Basic (\S+)", shown)
        refused = "revoked" in shown + (base64.b64decode(login[1]).decode() if login else "")
        body = json.dumps(REFUSAL if refused else ANSWER).encode()
        self.send_response(401 if refused else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # http.server calls it so

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Mail(socketserver.StreamRequestHandler):
    """Speaks as much IMAP or SMTP as a login takes, over TLS."""

    server: Threading

    def setup(self) -> None:
        """Turn to TLS first."""
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def _lines(self) -> list[str]:
        return self.rfile.readline().decode("utf-8", "replace").split()


class Imap(Mail):
    """Takes any IMAP login."""

    def handle(self) -> None:
        """Answer until the other side logs out."""
        self._say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] stand-in")
        while words := self._lines():
            tag, verb = words[0], words[1].upper() if len(words) > 1 else ""
            if verb == "CAPABILITY":
                self._say("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR")
            if verb == "AUTHENTICATE" and len(words) < 4:
                self._say("+ ")
                self._lines()
            self._say(*(["* BYE"] if verb == "LOGOUT" else []), f"{tag} OK done")


class Smtp(Mail):
    """Takes any SMTP login."""

    def handle(self) -> None:
        """Answer until the other side quits."""
        self._say("220 stand-in ESMTP")
        while words := self._lines():
            match words[0].upper():
                case "EHLO":
                    self._say("250-stand-in", "250 AUTH PLAIN LOGIN")
                case "AUTH" if len(words) < 3:
                    self._say("334 ")
                    self._lines()
                    self._say("235 2.7.0 taken")
                case "AUTH":
                    self._say("235 2.7.0 taken")
                case "QUIT":
                    self._say("221 bye")
                case _:
                    self._say("250 ok")


class Sip(socketserver.BaseRequestHandler):
    """Takes every request over UDP."""

    def handle(self) -> None:
        """Answer one request."""
        data, way = self.request
        kept = [
            line
            for line in data.decode().split("\r\n")
            if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")
        ]
        way.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), self.client_address)


class Threading(socketserver.ThreadingTCPServer):
    """A server for mail."""

    daemon_threads = True
    tls: ssl.SSLContext

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of who hangs up."""


def trusted(folder: Path) -> ssl.SSLContext:
    """Make a certificate for loopback that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stand-ins of the demo")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, SHA256())
    )
    public = certificate.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "authority.pem").write_bytes(public)
    both = folder / "server.pem"
    both.touch(mode=0o600)
    both.write_bytes(secret + public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    both.unlink()
    return context


def main() -> None:
    """Serve until standard input ends."""
    tls = trusted(Path(sys.argv[1]))
    provider = ThreadingHTTPServer((HOST, 0), Provider)
    imap, smtp = Threading((HOST, 0), Imap), Threading((HOST, 0), Smtp)
    imap.tls = smtp.tls = tls
    sip = socketserver.UDPServer((HOST, 0), Sip)
    for server in (provider, imap, smtp, sip):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoints = [f"{kind}=http://{HOST}:{provider.server_address[1]}" for kind in OVER_HTTP]
    endpoints += [f"email={kind}://{HOST}:{one.server_address[1]}" for kind, one in (("imap", imap), ("smtp", smtp))]
    endpoints.append(f"sip=sip://{HOST}:{sip.server_address[1]}")
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(" ".join(endpoints) + "\n")
        sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    socket.setdefaulttimeout(30)
    main()
