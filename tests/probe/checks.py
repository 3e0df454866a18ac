"""Requests as the engine makes them: the check of a real type, and settings."""

from __future__ import annotations

import asyncio
import json
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from flametree_cfg.probe import Policy, Request, Result, make_policy, probe
from flametree_cfg.probe.addresses import IPAddress
from flametree_cfg.probe.lookup import UnknownHost
from tests.probe.provider import KEY, MODEL

SCHEMAS = Path(__file__).parents[2] / "schemas"
HERE = make_policy(["127.0.0.0/8"])


def check_of(path: str) -> dict[str, Any]:
    """Read a type's `x-check`."""
    check: dict[str, Any] = json.loads((SCHEMAS / f"{path}.json").read_text())["x-check"]
    return check


def llm(api_url: str, **settings: Any) -> Request:
    """Ask for the check of a language model."""
    given = {"api_url": api_url, "access_token": KEY, "model_name": MODEL, **settings}
    return Request("connector.m", "llm", check_of("connectors/llm"), given, (KEY,))


def telegram(token: str = KEY) -> Request:
    """Ask for the check of a Telegram bot, whose URL holds the token."""
    return Request("channel.bot", "telegram", check_of("channels/telegram"), {"bot_token": token}, (token,))


def run(request: Request, policy: Policy = HERE, deadline_s: float = 10.0) -> Result:
    """Check one thing."""
    return asyncio.run(probe(request, policy, deadline_s))


class Names:
    """What the world calls its hosts; counts who asks."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): addresses for name, addresses in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> tuple[IPAddress, ...]:
        """Answer as a resolver does."""
        assert port
        self.asked.append(host)
        if host not in self.answers:
            raise UnknownHost
        return tuple(map(ip_address, self.answers[host]))

    def run(self, request: Request, policy: Policy, deadline_s: float = 10.0) -> Result:
        """Check one thing in that world."""
        return asyncio.run(probe(request, policy, deadline_s, resolve=self))
