"""A small catalog with every annotation that rules read, so that tests do not depend on the real type files."""

from __future__ import annotations

from functools import cache
from typing import Any

from flametree_cfg.schema import Catalog

_TEXT = {"type": "string"}
_SECRET = {"type": "string", "writeOnly": True}


def _type(properties: dict[str, Any], **annotations: Any) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A type",
        "description": "Of the tests.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "x-category": "Tests",
        "x-lifecycle": "none",
        **{f"x-{name.replace('_', '-')}": value for name, value in annotations.items()},
    }


def _role(name: str, *, many: bool = False, ordered: bool = False) -> dict[str, Any]:
    return {"name": name, "title": name.upper(), "many": many, "ordered": ordered}


_ACCOUNT = {
    "type": "object",
    "properties": {"address": _TEXT, "password": _SECRET, "imap_server": _TEXT, "smtp_server": _TEXT},
    "required": ["address"],
    "additionalProperties": False,
}

DOCUMENTS: dict[str, Any] = {
    "connectors/llm": _type({"token": _SECRET}, role=_role("llm")),
    "connectors/stt": _type({"token": _SECRET}, role=_role("stt")),
    "connectors/tts": _type({"token": _SECRET}, role=_role("tts", many=True, ordered=True)),
    "connectors/mcp": _type({"code": _TEXT}, role=_role("mcp", many=True), unique_per_agent=["code"]),
    "connectors/openapi": _type(
        {"code": _TEXT, "url": _TEXT},
        role=_role("openapi", many=True),
        unique_per_agent=["code"],
        required_when_many=["code"],
    ),
    "connectors/api_key": _type({"key": _SECRET}, role=_role("uses", many=True)),
    "connectors/oauth": _type({"client_secret": _SECRET}, role=_role("uses", many=True)),
    "channels/telegram": _type({"bot_token": _SECRET}, lifecycle="own"),
    "channels/sip": _type({"password": _SECRET}, lifecycle="agent", requires_roles=["stt", "tts"]),
    "channels/email": _type(
        {"accounts": {"type": "array", "minItems": 1, "items": _ACCOUNT}},
        lifecycle="own",
        accounts={"setting": "accounts", "key": "address", "fields": list(_ACCOUNT["properties"])},
    ),
    "agent": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Agent",
        "description": "Of the tests.",
        "type": "object",
        "properties": {},
        "x-types": {"inbound": {"title": "Inbound", "description": "Answers."}},
    },
}


@cache
def catalog() -> Catalog:
    """Build the catalog once."""
    return Catalog.from_documents(DOCUMENTS)
