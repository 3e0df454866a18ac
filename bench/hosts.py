"""
Providers on this machine, one of them slow: a program of its own that prints its ports.

Each answers a completion after a pause, and refuses with 429 what is more than it, or all together, should be asked at
once: so a check that is not bounded ends red.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HOSTS = 25
AT_ONCE = 4  # calls to one host, as `probe.Limits` says
ALL_AT_ONCE = 32
PAUSE_S, SLOW_S = 0.05, 1.0
_BODY = json.dumps({"choices": [{"message": {"content": "p"}}]}).encode()


@contextmanager
def running() -> Iterator[list[int]]:
    """Run this program; give its ports, the slow host's first."""
    with subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


class _Host:
    inside_all = 0

    def __init__(self, pause_s: float) -> None:
        self.pause_s = pause_s
        self.inside = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        await reader.readexactly(length)
        self.inside, _Host.inside_all = self.inside + 1, _Host.inside_all + 1
        status = "429 Too many" if self.inside > AT_ONCE or _Host.inside_all > ALL_AT_ONCE else "200 OK"
        await asyncio.sleep(self.pause_s)
        self.inside, _Host.inside_all = self.inside - 1, _Host.inside_all - 1
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + _BODY)
        await writer.drain()
        writer.close()


async def _serve() -> None:
    hosts = [_Host(SLOW_S if number == 0 else PAUSE_S) for number in range(HOSTS)]
    servers = [await asyncio.start_server(host.answer, "127.0.0.1", 0, backlog=256) for host in hosts]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
