"""A real HTTP server that answers as a provider of models does, and fails as the path asks."""

from __future__ import annotations

import contextlib
import email
import json
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

KEY = "sk-canary0123456789CANARYcanary"  # of nobody
MODEL = "m-1"
GREEN = {
    "id": "c-1",
    "choices": [{"message": {"role": "assistant", "content": "p"}}],
    "data": [{"embedding": [0.5]}],
    "text": "",
}


def bomb(megabytes: int) -> bytes:
    """Pack zeros until little stands for much."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    server_name: str | None = None


@dataclass
class Provider:
    """What the server saw."""

    host: str = "127.0.0.1"
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    sent: int = 0  # bytes of bodies
    most: int = 0  # requests at the same time, until each is answered
    inside: int = 0
    pause_s: float = 0.0
    location: str = ""
    packed: bytes = b""
    server_name: str | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str = "", scheme: str = "http") -> str:
        """Give the base URL of an API that behaves so."""
        return f"{scheme}://{self.host}:{self.port}{path}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.tls is not None:
            request = self.tls.wrap_socket(request, server_side=True)
        try:
            super().finish_request(request, client_address)
        finally:
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: callers that hang up are the point of many tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: ClassVar[Provider]

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.provider.lock:
            self.provider.inside += 1
            self.provider.most = max(self.provider.most, self.provider.inside)
            self.provider.asked.append(
                Asked(
                    self.command,
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    self._read(body),
                    self.provider.server_name,
                )
            )
        self.provider.stopping.wait(self.provider.pause_s)
        with self.provider.lock:  # before the answer: who has it may ask again at once
            self.provider.inside -= 1
        behaviour = self.path.split("/")[1].replace("-", "_")
        getattr(self, f"_{behaviour}", self._green)(self._read(body) or {})
        self.close_connection = True

    def _read(self, body: bytes) -> Any:
        """Give JSON as it is, and a form as the bytes of its parts by name."""
        media = self.headers.get("Content-Type", "")
        if not media.startswith("multipart/"):
            return json.loads(body) if body else None
        message = email.message_from_bytes(f"Content-Type: {media}\r\n\r\n".encode() + body)
        return {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in message.get_payload()
        }

    def _picky(self, body: Any) -> None:
        if "max_tokens" in body:
            said = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            self._json(400, {"error": {"message": said}})
        else:
            self._green(body)

    def _green(self, body: Any) -> None:
        if KEY not in self.path and self.headers.get("Authorization") != f"Bearer {KEY}":
            self._json(401, {"error": {"message": "Incorrect API key provided", "type": "invalid_request_error"}})
        elif body.get("model", MODEL) not in (MODEL, MODEL.encode()):
            self._json(404, {"error": {"message": f"The model `{body['model']}` does not exist"}})
        else:
            self._json(200, {"ok": True, **GREEN})

    def _echo(self, _: Any) -> None:
        said = f"no: {self.headers.get('Authorization')} at {self.path} \x1b[31m{KEY[:12]} {KEY[-8:]}" + "x" * 900
        self._json(401, {"error": {"message": said}})

    def _redirect(self, _: Any) -> None:
        self._answer(302, b"", {"Location": self.provider.location})

    def _drip(self, _: Any) -> None:
        self._head(200, {"Content-Length": "1000000", "Content-Type": "application/json"})
        while not self.provider.stopping.wait(0.02):
            self._write(b" ")

    def _huge(self, _: Any) -> None:
        self._head(200, {"Content-Length": str(1 << 30), "Content-Type": "application/json"})
        for _ in range(1 << 14):
            self._write(bytes(1 << 16))

    def _events(self, _: Any) -> None:
        self._head(200, {"Content-Type": "text/event-stream"})
        while not self.provider.stopping.wait(0.02):
            self._write(b"data: {}\n\n")

    def _rpc_echo(self, body: Any) -> None:
        said = {"code": -32000, "message": f"no: {self.headers.get('Authorization')}"}
        event = json.dumps({"jsonrpc": "2.0", "id": body.get("id", 0), "error": said})
        self._answer(200, f"event: message\ndata: {event}\n\n".encode(), {"Content-Type": "text/event-stream"})

    def _bomb(self, _: Any) -> None:
        self._answer(200, self.provider.packed, {"Content-Encoding": "gzip", "Content-Type": "application/json"})

    def _zipped(self, _: Any) -> None:
        packed = zlib.compressobj(wbits=31)
        content = packed.compress(json.dumps(GREEN).encode()) + packed.flush()
        self._answer(200, content, {"Content-Encoding": "gzip", "Content-Type": "application/json"})

    def _half(self, _: Any) -> None:
        content = json.dumps(GREEN).encode()
        self._answer(200, content[: len(content) // 2], {"Content-Type": "application/json"})

    def _broken_off(self, _: Any) -> None:
        content = json.dumps(GREEN).encode()
        self._head(200, {"Content-Length": str(len(content)), "Content-Type": "application/json"})
        self._write(content[: len(content) // 2])

    def _page(self, _: Any) -> None:
        self._answer(200, b"<html>Welcome to the hotel</html>", {"Content-Type": "text/html"})

    def _reset(self, _: Any) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _cookie(self, _: Any) -> None:
        self.send_response_only(200)
        self.send_header("Set-Cookie", "session=1")
        self._head(0, {"Content-Length": "2"})
        self._write(b"{}")

    def _not_ok(self, _: Any) -> None:
        self._json(200, {"ok": False, "description": "Unauthorized"})

    def _json(self, status: int, body: Any) -> None:
        self._answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self._head(status, {**headers, "Content-Length": str(len(content))})
        self._write(content)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        if status:
            self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _write(self, content: bytes) -> None:
        self.wfile.write(content)
        self.provider.sent += len(content)


@contextlib.contextmanager
def providing(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Provider]:
    """Serve until the test is over."""
    provider = Provider(host)
    server = _Server((host, 0), type("Handler", (_Handler,), {"provider": provider}))
    provider.port, server.tls = server.server_address[1], tls
    if tls is not None:
        tls.sni_callback = lambda _, name, __: setattr(provider, "server_name", name)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
