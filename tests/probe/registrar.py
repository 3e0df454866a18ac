"""A SIP registrar of the tests' own, over UDP, TCP and TLS: takes one account, and fails as it is told."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.probe.provider import KEY

USER = "agent-100"
REALM = "pbx.test"


@dataclass
class Registrar:
    """What it was asked, and how it answers."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    challenges: list[str] = field(default_factory=lambda: [digest("MD5", qop='"auth"')])
    silent: frozenset[str] = frozenset()
    status: str = ""
    password: str = KEY
    lost: int = 0
    raw: bytes = b""

    def answers(self, message: str) -> list[bytes]:
        """Give the answers to one request."""
        self.asked.append(message)
        method = message.split(" ", 1)[0]
        if self.lost:
            self.lost -= 1
            return []
        if self.raw:
            return [self.raw]
        if method in self.silent:
            return []
        if method == "OPTIONS":
            return [answer(message, "200 OK")]
        if "Authorization:" not in message:
            lines = [f"WWW-Authenticate: {one}" for one in self.challenges]
            return [answer(message, "100 Trying"), answer(message, "401 Unauthorized", *lines)]
        if self.status:
            return [answer(message, self.status)]
        return [answer(message, "200 OK" if self.proves(message) else "403 Forbidden")]

    def proves(self, message: str) -> bool:
        """Compute the digest from what the request says, and compare."""
        line = re.search(r"Authorization: Digest (.*)\r\n", message)
        assert line is not None
        said = {name: bare or quoted for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^",\s]+))', line[1])}
        make = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[said.get("algorithm", "MD5")]

        def digested(*parts: str) -> str:
            return make(":".join(parts).encode()).hexdigest()

        secret = digested(USER, REALM, self.password)
        asked = digested("REGISTER", said["uri"])
        middle = [said["nonce"], said["nc"], said["cnonce"], said["qop"]] if "qop" in said else [said["nonce"]]
        return said["username"] == USER and said["response"] == digested(secret, *middle, asked)


def digest(algorithm: str = "", **fields: str) -> str:
    """Write a challenge."""
    given = {"realm": f'"{REALM}"', "nonce": '"n,1"', **({"algorithm": algorithm} if algorithm else {}), **fields}
    return "Digest " + ", ".join(f"{name}={value}" for name, value in given.items())


def answer(request: str, status: str, *lines: str) -> bytes:
    """Write an answer: its compact names are SIP's too."""
    kept = [line for line in request.split("\r\n") if line.split(":")[0] in ("From", "To", "CSeq")]
    via = next(line for line in request.split("\r\n") if line.startswith("Via:")).removeprefix("Via:").strip()
    call = next(line for line in request.split("\r\n") if line.startswith("Call-ID:")).removeprefix("Call-ID:").strip()
    head = [f"SIP/2.0 {status}", f"v: {via};received=127.0.0.1", f"i: {call}", *kept, *lines, "l: 0"]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


@contextlib.contextmanager
def registering(transport: str = "udp", tls: ssl.SSLContext | None = None) -> Iterator[Registrar]:
    """Serve until the test is over."""
    registrar = Registrar()
    with _server(registrar, transport, tls) as server:
        registrar.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield registrar
        finally:
            server.shutdown()
            thread.join()


def _server(registrar: Registrar, transport: str, tls: ssl.SSLContext | None) -> socketserver.BaseServer:
    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            for one in registrar.answers(data.decode()):
                sock.sendto(one, self.client_address)

    class Stream(socketserver.BaseRequestHandler):
        def setup(self) -> None:
            if tls is not None:
                self.request = tls.wrap_socket(self.request, server_side=True)

        def handle(self) -> None:
            with self.request.makefile("rb") as reading:
                while head := b"".join(iter(reading.readline, b"\r\n") if reading.peek(1) else ()):
                    for one in registrar.answers(head.decode() + "\r\n"):
                        self.request.sendall(one)

        def finish(self) -> None:
            with contextlib.suppress(OSError):
                self.request.shutdown(socket.SHUT_RDWR)
            self.request.close()

    class Streams(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: Any, _: Any) -> None:
            """Say nothing: callers that hang up are the point of many tests."""
            request.close()

    if transport == "udp":
        return socketserver.ThreadingUDPServer(("127.0.0.1", 0), Datagram)
    return Streams(("127.0.0.1", 0), Stream)
