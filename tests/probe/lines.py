"""A small server of the tests' own that speaks in lines, and fails as it is told."""

from __future__ import annotations

import contextlib
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

Speak = Callable[[BinaryIO, BinaryIO, threading.Event], None]
"""What it says: reads from the first, writes to the second, until the event."""


@contextlib.contextmanager
def speaking(speak: Speak, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve until the test is over; give the port."""
    stopping = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            if tls is not None:
                self.request = tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def handle(self) -> None:
            speak(self.rfile, self.wfile, stopping)

        def finish(self) -> None:
            with contextlib.suppress(OSError):
                super().finish()
            self.request.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: Any, _: Any) -> None:
            """Say nothing: callers that hang up are the point of many tests."""
            request.close()

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            stopping.set()
            server.shutdown()
            thread.join()


def imap(user: str, password: str, greeting: bytes = b"* OK ready\r\n") -> Speak:
    """Speak IMAP to who logs in with `LOGIN`."""

    def speak(reading: BinaryIO, writing: BinaryIO, _: threading.Event) -> None:
        writing.write(greeting)
        while line := reading.readline().decode():
            tag, command, *rest = line.split()
            if command == "CAPABILITY":
                writing.write(b"* CAPABILITY IMAP4rev1\r\n")
            elif command == "LOGIN" and rest != [user, f'"{password}"']:
                writing.write(f"{tag} NO [AUTHENTICATIONFAILED] {' '.join(rest)} is wrong\r\n".encode())
                continue
            writing.write(f"{tag} OK done\r\n".encode())

    return speak


def dripping(_: BinaryIO, writing: BinaryIO, stopping: threading.Event) -> None:
    """Send a little again and again."""
    while not stopping.wait(0.02):
        writing.write(b"* ")


def flooding(line: bytes) -> Speak:
    """Send a gigabyte in lines that are not the last."""

    def speak(_: BinaryIO, writing: BinaryIO, __: threading.Event) -> None:
        for _ in range(1 << 14):
            writing.write(line * ((1 << 16) // len(line)))

    return speak


def hanging_up(_: BinaryIO, __: BinaryIO, ___: threading.Event) -> None:
    """Close at once."""


def saying(text: bytes) -> Speak:
    """Say one thing."""

    def speak(reading: BinaryIO, writing: BinaryIO, _: threading.Event) -> None:
        writing.write(text)
        writing.flush()
        reading.readline()

    return speak
