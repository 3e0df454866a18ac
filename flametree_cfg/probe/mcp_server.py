"""
Ask an MCP server for its tools, with the official SDK; its every request goes through our door.

Imports `mcp` where a check is made: it is an extra.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from flametree_cfg.model import Health, Hiding
from flametree_cfg.probe.attempt import Attempt, Means
from flametree_cfg.probe.call import AGENT, aimed, header_of, known_settings, text_of
from flametree_cfg.probe.policy import Policy
from flametree_cfg.probe.quiet import hush
from flametree_cfg.probe.result import Finding, NoCall, Request, Verdict

if TYPE_CHECKING:
    from mcp import ClientSession

    from flametree_cfg.probe.mcp_door import McpDoor

_NOT_PARSED = -32700  # by JSON-RPC


class _Server(Hiding, frozen=True):
    never_shown = frozenset({"headers"})

    where: str
    url: str
    transport: str
    headers: Mapping[str, str]
    endpoint: str


def prepare(request: Request, policy: Policy) -> list[Attempt]:
    """
    Prepare `initialize` and `tools/list`.

    Raises:
        NoCall: a setting is missing, the SDK is not installed, or the server is a command.
    """
    from flametree_cfg.probe.door import shown

    settings = known_settings(request)
    if settings.get("transport") == "stdio":
        raise NoCall(Finding.NEVER, "a server that is a command is not checked: that would run it here")
    try:
        import mcp  # noqa: F401
    except ImportError:
        raise NoCall(
            Finding.NO_SDK, "MCP servers are checked with their SDK: pip install 'flametree-cfg[mcp]'"
        ) from None
    hush()
    headers, hidden = _login(settings)
    endpoint = policy.endpoint(request.type)
    url = text_of(settings, "server_endpoint")
    url = aimed(url, endpoint) if endpoint else url
    server = _Server(shown(url), url, settings.get("transport") or "streamable_http", headers, endpoint)
    return [Attempt(server.where, partial(_attempt, server), hidden)]


def _login(settings: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Give the headers of the way to log in, and what they hide."""
    match settings.get("auth_type"):
        case "bearer":
            (token,) = _needed(settings, "bearer_token")
            return {"Authorization": header_of("Authorization", f"Bearer {token}")}, (token,)
        case "basic":
            user, password = _needed(settings, "username", "password")
            pair = b64encode(f"{user}:{password}".encode()).decode("ascii")
            return {"Authorization": f"Basic {pair}"}, (password, pair)
        case "api_key":
            key, name = _needed(settings, "api_key", "api_key_header")
            return {name: header_of(name, key)}, (key,)
        case _:
            return {}, ()


def _needed(settings: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    given = {name: text_of(settings, name) for name in names}
    absent = [name for name, value in given.items() if not value]
    if absent:
        raise NoCall(Finding.INCOMPLETE, f"`{absent[0]}` is not set, or not known here")
    return tuple(given.values())


async def _attempt(server: _Server, means: Means) -> Verdict:
    from flametree_cfg.probe.mcp_door import McpDoor

    door = McpDoor(server.where, server.endpoint, means)
    talk = asyncio.create_task(_talk(server, door))
    try:
        # The SDK may go on waiting after a request of it failed: what went wrong at our door ends the talk.
        waited: set[asyncio.Future[Any]] = {talk, door.fault}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if door.fault.done():
            raise door.fault.result()
        return await talk
    finally:
        door.fault.cancel()
        talk.cancel()
        await asyncio.wait({talk})
        talk.cancelled() or talk.exception()  # asked for, so that nobody is told of it twice


async def _talk(server: _Server, door: McpDoor) -> Verdict:
    from mcp import ClientSession
    from mcp.types import Implementation

    async with (
        door.streams(server.url, server.transport, server.headers) as (reading, writing),
        ClientSession(reading, writing, client_info=Implementation(name=AGENT, version="1")) as session,
    ):
        return await _listed(server.where, session)


async def _listed(where: str, session: ClientSession) -> Verdict:
    from mcp import MCPError

    try:
        await session.initialize()
        listed = await session.list_tools()
    except MCPError as problem:
        if problem.code != _NOT_PARSED:
            return Verdict(Health.UNHEALTHY, Finding.FAILED, f"{where} said no: {problem.message}")
    except (ValueError, RuntimeError):  # what came does not fit the protocol, or its version is none we know
        pass
    else:
        count = f"{len(listed.tools)}{' or more' if listed.next_cursor else ''}"
        return Verdict(Health.HEALTHY, Finding.OK, f"{where} offers {count} tool{'' if count == '1' else 's'}")
    sentence = f"{where} answered with something that is not MCP: is this the server's address?"
    return Verdict(Health.UNHEALTHY, Finding.UNREADABLE, sentence)
