"""A real HTTP server that answers as Telegram's Bot API does to `getMe`, and as a model that is always there."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


@dataclass
class BotFather:
    """
    Who may speak to it, and who did.

    Attributes:
        revoked: tokens that are refused.
        asked: the token of each call, in order.
        pause_s: seconds each answer takes.
        most: calls at the same time.
    """

    port: int = 0
    revoked: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    pause_s: float = 0.0
    inside: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def environment(self) -> dict[str, str]:
        """What an operator sets so that checks come here."""
        here = f"http://127.0.0.1:{self.port}"
        return {"FLAMETREE_VERIFY": "1", "FLAMETREE_ENDPOINT": f"telegram={here} llm={here}"}


class _Handler(BaseHTTPRequestHandler):
    father: ClassVar[BotFather]

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        token = self.path.split("/")[1].removeprefix("bot").replace("%3A", ":")
        father = self.father
        with father.lock:
            father.asked.append(token)
            father.inside += 1
            father.most = max(father.most, father.inside)
        time.sleep(father.pause_s)
        with father.lock:
            father.inside -= 1
        known = token not in father.revoked
        answer = {"ok": True, "result": {"id": 1}} if known else {"ok": False, "description": "Unauthorized"}
        self._answer(200 if known else 401, answer)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, {"id": "c-1", "choices": [{"message": {"role": "assistant", "content": "p"}}]})

    def _answer(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving() -> Iterator[BotFather]:
    """Serve on loopback until the end."""
    father = BotFather()
    handler = type("Handler", (_Handler,), {"father": father})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    father.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield father
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
