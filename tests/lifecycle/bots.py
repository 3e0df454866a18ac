"""A tenant that has bots, and what is asked of it."""

from __future__ import annotations

from typing import Any

from tests.scenario.running import Zoo

TOKENS = {
    f"{name}_{n}": f"{1000 + n}:AAHcanary{name}CANARYcanaryCANARY{n:02}"
    for name in ("TOKEN", "NEW")
    for n in range(1, 21)
}
TOKEN, OTHER = TOKENS["TOKEN_1"], TOKENS["NEW_1"]

_MODEL = """
connectors:
  model:
    type: llm
    name: Model
    settings: {api_url: "https://llm.example/v1", access_token: "${env:OPENAI_KEY}", model_name: m, temperature: 0}
channels:
"""


_BOT = """
  bot-{n}:
    type: telegram
    name: Bot {n}
    {running}
    settings: {{bot_token: "${{env:{token}_{n}}}"}}
"""
_DESK = """
agents:
  desk:
    type: inbound
    name: Desk
    {running}
    instructions: {instructions}
    connectors: {{llm: model}}
    channels: {{{attached}}}
"""


def bots(
    count: int = 1,
    token: str = "TOKEN",  # the name of one
    running: str = "running: true",
    instructions: str = "Kind.",
) -> str:
    """Declare so many bots, and one agent that answers all of them."""
    channels = "".join(_BOT.format(n=n, running=running, token=token) for n in range(1, count + 1))
    attached = ", ".join(f"bot-{n}: {{inbound: true}}" for n in range(1, count + 1))
    return _MODEL + channels + _DESK.format(running=running, instructions=instructions, attached=attached)


def statuses(zoo: Zoo) -> dict[str, str]:
    """Give the status of every channel and agent, by name."""
    return {one["fields"]["name"]: one["status"] for one in zoo.objects() if one["kind"] in ("channel", "agent")}


def lines(zoo: Zoo, address: str) -> list[str]:
    """Give the log of a channel or an agent, without the seconds."""
    found: list[dict[str, Any]] = zoo.document("logs", "tenants/zoo", address)["lines"]
    return [line["text"].partition(" (")[0] for line in found]


def count(zoo: Zoo, address: str, status: str) -> int:
    """Tell how often something came into a status."""
    return sum(line.partition(":")[0] == status for line in lines(zoo, address))
