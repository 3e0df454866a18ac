"""The MCP SDK's own server with two tools: `streamable-http`|`sse` KEY; prints its port."""

from __future__ import annotations

import socket
import sys

import uvicorn
from mcp.server import MCPServer

way, key = sys.argv[1:]
server = MCPServer("tools")


@server.tool()
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@server.tool()
def greet(name: str) -> str:
    """Greet."""
    return f"Hello {name}"


tools = server.sse_app() if way == "sse" else server.streamable_http_app()


async def app(scope, receive, send) -> None:
    """Let in who has the key."""
    if scope["type"] == "http" and (b"authorization", f"Bearer {key}".encode()) not in scope["headers"]:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"error": "invalid_token"}'})
    else:
        await tools(scope, receive, send)


listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])
