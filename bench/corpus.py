"""A made-up estate: teams of ten resources each, the same for every writer and every run with one seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

RESOURCES_PER_TEAM = 10  # four connectors, two channels, two agents, two attachments
MODELS = ("gpt-4o", "gpt-4o-mini", "mistral-small-latest", "llama-3.3-70b-instruct")
PURPOSES = ("billing", "returns", "deliveries", "bookings", "claims", "onboarding", "loyalty", "outages")
REASONS = (
    "agreed with the contact centre in March",
    "do not raise: the provider throttles us",
    "owner is on the rota in the wiki",
    "the old key is revoked next quarter",
)


@dataclass(frozen=True)
class Team:
    """What one team declares; `reason` is the comment somebody left, `secrets` the names it needs."""

    number: int
    purpose: str
    reason: str
    connectors: dict[str, Any] = field(default_factory=dict)
    channels: dict[str, Any] = field(default_factory=dict)
    agents: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


def make_teams(count: int, seed: int, first: int = 0) -> list[Team]:
    """Draw `count` teams of one tenant, numbered from `first`: no two tenants share a name, a secret or a mailbox."""
    draw = random.Random(seed)
    return [_team(first + index, range(first, first + count), draw) for index in range(count)]


def _team(number: int, tenant: range, draw: random.Random) -> Team:
    team = Team(number, draw.choice(PURPOSES), draw.choice(REASONS))
    _connectors(team, draw)
    _channels(team)
    _agents(team, neighbour=draw.choice(tenant))
    return team


def _secret(team: Team, what: str, value: str = "") -> str:
    name = f"BENCH_{team.number:05}_{what}"
    team.secrets[name] = value or f"bench-{name.lower()}"
    return f"${{env:{name}}}"


def _connectors(team: Team, draw: random.Random) -> None:
    n, purpose = f"{team.number:05}", team.purpose
    model = draw.choice(MODELS)
    team.connectors[f"model-{n}"] = {
        "type": "llm",
        "name": f"{model} for {purpose} {n}",
        "description": f"Used by the {purpose} desk",
        "settings": {
            "api_url": "https://llm.example/v1",
            "access_token": _secret(team, "LLM"),
            "model_name": model,
            "temperature": draw.choice((0.0, 0.2, 0.7)),
            "json_params": {"max_tokens": draw.choice((512, 1024, 2048))},
        },
    }
    team.connectors[f"tools-{n}"] = {
        "type": "mcp",
        "name": f"{purpose} tools {n}",
        "settings": {
            "integration_code": f"TOOLS{n}",
            "server_endpoint": f"https://mcp.example/{purpose}/{n}",
            "transport": "streamable_http",
        },
    }
    team.connectors[f"records-{n}"] = {
        "type": "openapi",
        "name": f"{purpose} records {n}",
        "settings": {
            "openapi_url": f"https://records.example/{n}/openapi.json",
            "base_url": f"https://records.example/{n}",
            "integration_code": f"REC{n}",
            "auth_type": "bearer",
            "bearer_token": _secret(team, "RECORDS"),
        },
    }
    team.connectors[f"crm-{n}"] = {
        "type": "api_key",
        "name": f"CRM of {purpose} {n}",
        "settings": {"api_key": _secret(team, "CRM")},
    }


def _channels(team: Team) -> None:
    n, purpose = f"{team.number:05}", team.purpose
    team.channels[f"mail-{n}"] = {
        "type": "email",
        "name": f"{purpose} mail {n}",
        "running": True,
        "settings": {
            "accounts": [
                {
                    "address": f"{box}-{n}@desk.example",
                    "password": _secret(team, f"MAIL_{box.upper()}"),
                    "imap_server": "imap.desk.example",
                    "imap_port": 993,
                    "smtp_server": "smtp.desk.example",
                    "smtp_port": 465,
                }
                for box in ("help", "team")
            ]
        },
        "environment": {"POLL_SECONDS": "30"},
    }
    team.channels[f"chat-{n}"] = {
        "type": "telegram",
        "name": f"{purpose} bot {n}",
        "running": True,
        "settings": {"bot_token": _secret(team, "BOT", f"1002003{team.number:05}:bench-{n}-abcdefghijklmnopqrstuvw")},
    }


def _agents(team: Team, neighbour: int) -> None:
    n, purpose = f"{team.number:05}", team.purpose
    team.agents[f"front-{n}"] = {
        "type": "inbound",
        "name": f"{purpose} front desk {n}",
        "running": True,
        "instructions": f"Answer about {purpose}. Look things up before you speak; hand over what costs money.",
        "connectors": {
            "llm": f"model-{n}",
            "mcp": [f"tools-{n}"],
            "openapi": [f"records-{n}"],
            "uses": [f"crm-{n}"],
        },
        "channels": {f"mail-{n}": {"inbound": True}, f"chat-{n}": {"inbound": True}},
        "max_opened_sessions": 20,
    }
    team.agents[f"back-{n}"] = {
        "type": "outbound",
        "name": f"{purpose} back office {n}",
        "running": False,
        "connectors": {"llm": f"model-{neighbour:05}", "mcp": [f"tools-{n}"]},
    }
