"""Servers of other people, each in a process of its own, so that what they warn of is theirs."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
STARTING_S = 60  # seconds: for a loaded machine


@contextlib.contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program until the test is over."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def serving(program: str, *arguments: str) -> Iterator[int]:
    """Run one of our programs; give the port that it prints."""
    with running(str(PROGRAMS / f"{program}.py"), *arguments) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextlib.contextmanager
def imap_serving(certificate: Path, user: str, password: str) -> Iterator[int]:
    """Run pymap, which turns to TLS; it cannot choose a port by itself."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--cert", str(certificate), "--key", str(certificate)]
    options += ["--no-service", "admin", "--no-service", "managesieve"]
    login = ["--demo-data", "--demo-user", user, "--demo-password", password]
    with running("-c", "from pymap.main import main; main()", *options, "dict", *login) as process:
        _wait_for(port, process)
        yield port


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    ends_at = time.monotonic() + STARTING_S
    while time.monotonic() < ends_at and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("the server did not start")
