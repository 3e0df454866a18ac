"""A pool before PostgreSQL, as small as it can be: real sockets, and each transaction on another server session."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_SSL, _GSS = 80877103, 80877104  # requests that may stand before the startup message


@dataclass
class Pool:
    """
    Stands before one server.

    Attributes:
        path: of the server's socket.
        session: whether a client keeps its server session, as a pool in session mode does.
        turns: whether transactions go from one server session to the next even for a single client, instead of to the
            one that was free last, as PgBouncer does.
        own_key: whether it tells a session key of its own, as PgBouncer does.
    """

    path: Path
    session: bool = False
    turns: bool = False
    own_key: bool = True
    port: int = 0
    greeting: bytes = b""
    free: list[socket.socket] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, client: socket.socket, startup: bytes) -> None:
        """Serve one client until it leaves."""
        mine: socket.socket | None = None
        if self.session or not self.greeting:
            mine, said = self.another(startup)
            self.greeting = b"".join(kind + body for kind, body in said)
        client.sendall(self.greeting)
        if mine is not None and not self.session:
            self.put(mine)
            mine = None
            if self.turns:
                self.put(self.another(startup)[0])
        while message := _message(client):
            if message[0] == b"X":
                break
            if mine is None:
                mine = self.take(startup)
            mine.sendall(message[0] + message[1])
            if message[0] in (b"Q", b"S") and self.answer(mine, client) == b"I" and not self.session:
                self.put(mine)
                mine = None
        if mine is not None:
            mine.close()

    def answer(self, server: socket.socket, client: socket.socket) -> bytes:
        """Hand an answer on; gives the state of the transaction."""
        while message := _message(server):
            client.sendall(message[0] + message[1])
            if message[0] == b"Z":
                return message[1][4:]
        return b""

    def take(self, startup: bytes) -> socket.socket:
        """Give a free session of the server, or a new one."""
        with self.guard:
            if self.free:
                return self.free.pop(0 if self.turns else -1)
        return self.another(startup)[0]

    def put(self, server: socket.socket) -> None:
        """Take a session back."""
        with self.guard:
            self.free.append(server)

    def another(self, startup: bytes) -> tuple[socket.socket, list[tuple[bytes, bytes]]]:
        """Open a session of the server; gives what it said first."""
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self.path))
        server.sendall(startup)
        said = []
        while message := _message(server):
            kind, body = message
            if kind == b"K" and self.own_key:
                body = body[:4] + os.urandom(8)
            said.append((kind, body))
            if kind == b"Z":
                break
        return server, said


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = source.recv(size - len(data))
        if not more:
            return b""
        data += more
    return data


def _message(source: socket.socket) -> tuple[bytes, bytes] | None:
    """Read one message: its letter, and the rest with its length."""
    with suppress(OSError):
        kind, length = _exactly(source, 1), _exactly(source, 4)
        if kind and length:
            return kind, length + _exactly(source, struct.unpack("!I", length)[0] - 4)
    return None


def _startup(client: socket.socket) -> bytes:
    while True:
        length = _exactly(client, 4)
        if not length:
            return b""
        body = _exactly(client, struct.unpack("!I", length)[0] - 4)
        if struct.unpack("!I", body[:4])[0] not in (_SSL, _GSS):
            return length + body
        client.sendall(b"N")


@contextmanager
def pool(path: Path, **options: bool) -> Iterator[Pool]:
    """Start a pool before the server at a socket; gives it with its port."""
    stood = Pool(path, **options)  # type: ignore[arg-type]  # flags
    clients: list[socket.socket] = []

    def serve(client: socket.socket) -> None:
        with client:
            startup = _startup(client)
            if startup:
                stood.serve(client, startup)

    def listen(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                clients.append(client)
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        stood.port = listener.getsockname()[1]
        thread = threading.Thread(target=listen, args=(listener,), daemon=True)
        thread.start()
        try:
            yield stood
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for one in (*clients, *stood.free):
                one.close()
