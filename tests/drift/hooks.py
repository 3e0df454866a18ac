"""A receiver of webhooks: a real server that keeps what it is sent, and answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "T0CANARY0hookSecret0123456789"


@dataclass
class Receiver:
    """
    What was posted, as path and body.

    Attributes:
        answers: given one after another, then 200.
        holding: makes an answer wait.
        dripping: never ends one.
    """

    port: int = 0
    posts: list[tuple[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    holding: threading.Event = field(default_factory=threading.Event)
    dripping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Give the address; its path is a secret."""
        return f"http://127.0.0.1:{self.port}/services/{TOKEN}"

    @property
    def bodies(self) -> list[Any]:
        """Give what was posted."""
        return [body for _, body in self.posts]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run one."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            data = self.rfile.read(int(self.headers["Content-Length"]))
            found.posts.append((self.path, json.loads(data)))
            while found.holding.is_set():
                time.sleep(0.01)
            with suppress(OSError):  # whoever waited has gone
                while found.dripping.is_set():
                    self.wfile.write(b"H")
                    time.sleep(0.1)
            status = found.answers.pop(0) if found.answers else 200
            self.send_response(status)
            if status in (301, 302):
                self.send_header("Location", f"http://127.0.0.1:{found.port}/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found
    finally:
        found.dripping.clear()
        server.shutdown()
        thread.join()
        server.server_close()
