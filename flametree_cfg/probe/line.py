"""
A connection for what blocks: to a judged address, inside a deadline, and no more read than agreed.

Python's own mail clients take it for a socket, so neither a drip nor a flood of a server gets past it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Any

from flametree_cfg.probe.addresses import IPAddress
from flametree_cfg.probe.answer import LARGEST, TooLarge
from flametree_cfg.probe.reach import CONNECTING


class Line:
    """
    One exchange: its deadline, and the bytes it may still read.

    Attributes:
        name: whom the certificate has to be made out to.
    """

    def __init__(self, name: str, context: ssl.SSLContext, deadline_s: float) -> None:
        self.name = name
        self._context = context
        self._ends_at = time.monotonic() + deadline_s
        self._left = LARGEST
        self._open: socket.socket | None = None

    def connect(self, addresses: Sequence[IPAddress], port: int) -> socket.socket:
        """
        Connect to the first address that takes the connection.

        Raises:
            OSError: none does.
        """
        each_s = self.left_s() * CONNECTING / len(addresses)
        for address in addresses[:-1]:
            with contextlib.suppress(OSError):
                return self._connected(address, port, each_s)
        return self._connected(addresses[-1], port, each_s)

    def _connected(self, address: IPAddress, port: int, timeout_s: float) -> socket.socket:
        plain = socket.create_connection((str(address), port), timeout_s)
        connected = _Plain(plain.family, plain.type, plain.proto, plain.detach())
        self._open = connected
        connected.line = self
        connected.settimeout(self.left_s())
        return connected

    def wrap_socket(self, sock: socket.socket, server_hostname: str | None = None) -> ssl.SSLSocket:  # noqa: ARG002
        """Speak TLS from here on: what `starttls` calls, which takes this for the context it is given."""
        sock.settimeout(self.left_s())
        self._context.sslsocket_class = _Secure
        wrapped = self._context.wrap_socket(sock, server_hostname=self.name)
        self._open = wrapped
        wrapped.line = self  # type: ignore[attr-defined]  # it is a `_Secure`
        return wrapped

    def left_s(self) -> float:
        """
        Give the seconds that are left.

        Raises:
            TimeoutError: none.
        """
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s

    def count(self, size: int) -> None:
        """
        Count bytes that came in.

        Raises:
            TooLarge: there are too many.
        """
        self._left -= size
        if self._left < 0:
            raise TooLarge

    def close(self) -> None:
        """Let go, although files may still be open on it; called by who uses it."""
        if self._open is not None and (number := self._open.detach()) >= 0:
            socket.close(number)

    def hang_up(self) -> None:
        """Wake whoever waits for the server; called by who does not wait any more."""
        if self._open is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._open, socket.SHUT_RDWR)


class _Plain(socket.socket):
    line: Line

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(self.line.left_s())
        size = super().recv_into(*arguments)
        self.line.count(size)
        return size


class _Secure(ssl.SSLSocket):
    line: Line

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(self.line.left_s())
        size = super().recv_into(*arguments)
        self.line.count(size)
        return size
