"""Short YAML bodies, and a plan as short lines."""

from __future__ import annotations

from flametree_cfg.model import Action
from flametree_cfg.plan import Plan


def llm(name: str, *more: str, model: str = "m-1", token: str = "A") -> str:
    """Write the body of an LLM."""
    settings = (
        f'api_url: "https://llm.example/v1", access_token: "${{env:{token}}}", model_name: {model}, temperature: 0'
    )
    return _body("llm", name, settings, *more)


def speech(kind: str, name: str, *more: str) -> str:
    """Write the body of an STT or TTS."""
    settings = 'api_url: "https://llm.example/v1", access_token: "${env:A}", model_name: m-1'
    return _body(kind, name, settings, *more)


def mcp(name: str, code: str, *more: str) -> str:
    """Write the body of an MCP server."""
    return _body("mcp", name, f'integration_code: {code}, server_endpoint: "https://mcp.example"', *more)


def telegram(name: str, *more: str, token: str = "T") -> str:
    """Write the body of a Telegram channel."""
    return _body("telegram", name, f'bot_token: "${{env:{token}}}"', *more)


def sip(name: str, *more: str, user: str = "u") -> str:
    """Write the body of a SIP channel."""
    return _body("sip", name, f'server: sip.example, username: {user}, password: "${{env:S}}"', *more)


def agent(name: str, *more: str) -> str:
    """Write the body of an inbound agent."""
    return f"{{{', '.join(['type: inbound', f'name: {name}', *more])}}}"


def external(kind: str, name: str, *more: str) -> str:
    """Write the body of an object that belongs to others."""
    return f"{{{', '.join([f'type: {kind}', f'name: {name}', 'external: true', *more])}}}"


def _body(kind: str, name: str, settings: str, *more: str) -> str:
    return f"{{{', '.join([f'type: {kind}', f'name: {name}', f'settings: {{{settings}}}', *more])}}}"


def lines(plan: Plan) -> list[str]:
    """Write a plan down: `update connector.a name settings.model_name`."""
    return [
        " ".join(
            [
                operation.action.value,
                str(operation.address),
                *(
                    ".".join(map(str, change.path))
                    for change in (operation.changes if operation.action is Action.UPDATE else ())
                ),
            ]
        )
        for operation in plan.operations
    ]
