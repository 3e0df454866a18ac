"""Random valid tenants as plain JSON."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from flametree_cfg.config import load_catalog, read_tenant
from flametree_cfg.invariants import check_tenant
from flametree_cfg.model import Tenant
from tests.oracle.platform import Platform, blank
from tests.oracle.rules import GENERIC

Document = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

CATALOG = load_catalog()
NAMES = ("Ann", "Bea", "Cid", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jo")
CODES = ("A", "B", "C")
TYPES = ("llm", "llm", "llm", "stt", "tts", "tts", "mcp", "mcp", "openapi", "api_key")
CHANNEL_TYPES = ("telegram", "telegram", "sip", "email")
KEYS = {
    "connectors": tuple(f"k{n}" for n in range(9)),
    "channels": ("c1", "c2", "c3", "c4"),
    "agents": ("a1", "a2", "a3"),
}
_FOLDER = tempfile.TemporaryDirectory(prefix="flametree-cfg-tests-")


def read(document: Mapping[str, Any], parts: int = 1) -> Tenant | None:
    """
    Read a document through the real reader, written as JSON (which is YAML) into one or several files.

    Returns:
        None if it is not valid.
    """
    folder = Path(_FOLDER.name) / "zoo"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for number, piece in enumerate(_split(document, parts)):
        (folder / f"{number}.yaml").write_text(json.dumps(piece), encoding="utf-8")
    reading = read_tenant(folder, CATALOG)
    if reading.tenant is None:
        return None
    found = check_tenant(reading.tenant, CATALOG)
    return None if any(one.severity == "error" for one in found) else reading.tenant


def _split(document: Mapping[str, Any], parts: int) -> list[Document]:
    """Spread a document over files; with several, everything stands in the opposite order."""
    if parts == 1:
        return [dict(document)]
    pieces: list[Document] = [{"tenant": document["tenant"]} for _ in range(parts)]
    for section in reversed([key for key in document if key != "tenant"]):
        pieces[0][section] = {}
        for number, key in enumerate(reversed(document[section])):
            body = dict(reversed(document[section][key].items()))
            pieces[number % parts].setdefault(section, {})[key] = body
    return pieces


@st.composite
def documents(draw: Draw) -> Document:
    """Draw a valid tenant."""
    document: Document = {"tenant": "zoo", "connectors": {}, "channels": {}, "agents": {}}
    names = draw(st.permutations(NAMES))
    keys = KEYS["connectors"][: draw(st.integers(1, 8))]
    for key, name in zip(keys, names, strict=False):
        document["connectors"][key] = connector(draw, draw(st.sampled_from(TYPES)), name)
    defaults: dict[str, list[str]] = {}
    for key, body in document["connectors"].items():
        defaults.setdefault(body["type"], []).append(key)
    for holders in defaults.values():
        holder = draw(st.sampled_from([None, *holders]))
        if holder:
            document["connectors"][holder]["default"] = True
    names = draw(st.permutations(NAMES))
    for key, name in zip(KEYS["channels"][: draw(st.integers(0, 4))], names, strict=False):
        document["channels"][key] = channel(draw, draw(st.sampled_from(CHANNEL_TYPES)), name, key)
    names = draw(st.permutations(NAMES))
    for key, name in zip(KEYS["agents"][: draw(st.integers(0, 3))], names, strict=False):
        document["agents"][key] = agent(draw, name, document)
    for section in KEYS:
        for body in document[section].values():
            if draw(st.integers(0, 9)) == 0:
                body["protected"] = True
    for key in document["channels"]:
        attached = [body["channels"][key] for body in document["agents"].values() if key in body.get("channels", {})]
        if attached and draw(st.booleans()):
            draw(st.sampled_from(attached))["inbound"] = True
    return document if read(document) else {"tenant": "zoo", "connectors": {}, "channels": {}, "agents": {}}


def connector(draw: Draw, type_name: str, name: str) -> dict[str, Any]:
    """Draw the body of a connector."""
    token = "${env:" + draw(st.sampled_from("XYZ")) + "}"
    match type_name:
        case "mcp":
            settings = {"integration_code": draw(st.sampled_from(CODES)), "server_endpoint": "https://mcp.example/1"}
        case "openapi":
            settings = {"openapi_url": "https://a.example/o.json", "base_url": "https://a.example"}
            code = draw(st.sampled_from([None, *CODES]))
            settings |= {"integration_code": code} if code else {}
            headers = draw(st.dictionaries(st.sampled_from(["X-A", "X-B"]), st.just(token), max_size=2))
            settings |= {"auth_type": "custom", "custom_headers": headers} if headers else {}
        case "api_key":
            settings = {"api_key": token}
        case _:
            model = draw(st.sampled_from(["m-1", "m-2"]))
            settings = {"api_url": "https://llm.example/v1", "access_token": token, "model_name": model}
            if type_name == "llm":
                settings["temperature"] = draw(st.sampled_from([0, 0.0, 0.5, 1]))
                params = draw(st.sampled_from([None, {"max_tokens": 7}]))
                settings |= {"json_params": params} if params else {}
    return {"type": type_name, "name": name, "settings": settings}


def channel(draw: Draw, type_name: str, name: str, key: str) -> dict[str, Any]:
    """Draw the body of a channel; no two share a credential."""
    match type_name:
        case "telegram":
            settings: dict[str, Any] = {"bot_token": f"${{env:{key}}}"}
        case "sip":
            settings = {"server": "sip.example", "username": draw(st.sampled_from("uv")), "password": f"${{env:{key}}}"}
        case _:
            settings = {
                "accounts": [_account(key, name) for name in draw(st.permutations("pqr"))[: draw(st.integers(1, 3))]]
            }
    body: dict[str, Any] = {"type": type_name, "name": name, "settings": settings}
    running = draw(st.sampled_from([None, True, True, False]))
    if running is not None and type_name != "sip":
        body["running"] = running
    if draw(st.booleans()):
        body["environment"] = environment(draw)
    return body


def environment(draw: Draw) -> dict[str, Any]:
    """Draw environment variables, some of them secret."""
    values = st.sampled_from(["1", "2", "", {"secret": "${env:X}"}])
    variables: dict[str, Any] = draw(st.dictionaries(st.sampled_from(["ONE", "TWO"]), values, max_size=2))
    return variables


def _account(key: str, name: str) -> dict[str, Any]:
    servers = {"imap_server": "i.example", "imap_port": 993, "smtp_server": "s.example", "smtp_port": 465}
    return {"address": f"{name}@{key}.example", "password": f"${{env:{key}-{name}}}", **servers}


def agent(draw: Draw, name: str, document: Document) -> dict[str, Any]:
    """Draw the body of an agent that keeps the rules in its document."""
    body: dict[str, Any] = {"type": draw(st.sampled_from(["inbound", "inbound", "outbound"])), "name": name}
    if draw(st.integers(0, 9)) > 0:
        body["connectors"] = links(draw, document)
    if draw(st.integers(0, 9)) > 0:
        fit = [key for key, one in document["channels"].items() if one["type"] != "sip" or speaks(body, document)]
        body["channels"] = {key: {} for key in fit if draw(st.booleans())}
    if _has(body, document, "llm") and draw(st.integers(0, 3)) > 0:
        body["running"] = True
    elif draw(st.booleans()):
        body["running"] = False
    said = {"max_opened_sessions": 5, "instructions": "Be kind.", "description": "About."}
    said |= {
        "web_widget": {"enabled": True, "tooltip_text": name},
        "push": {"events": ["new"], "url": "https://p.example"},
    }
    body |= {key: value for key, value in said.items() if draw(st.integers(0, 4)) == 0}
    if "push" in body and draw(st.booleans()):
        body["push"] = {**body["push"], "headers": environment(draw)}
    if draw(st.integers(0, 4)) == 0:
        body["environment"] = environment(draw)
    return body


def links(draw: Draw, document: Document) -> dict[str, Any]:
    """Draw what an agent links, with codes that agree."""
    by_type: dict[str, list[str]] = {}
    for key, body in document.get("connectors", {}).items():
        by_type.setdefault("uses" if body["type"] in GENERIC else body["type"], []).append(key)
    linked: dict[str, Any] = {}
    for role, keys in by_type.items():
        if draw(st.integers(0, 4)) == 0:
            continue
        chosen = draw(st.permutations(keys))
        if role in ("llm", "stt"):
            linked[role] = draw(st.sampled_from([*chosen, chosen[0]]))
        else:
            chosen = chosen[: draw(st.integers(0, len(chosen)))]
            linked[role] = _with_own_codes(chosen, document) if role in ("mcp", "openapi") else list(chosen)
    return linked


def _with_own_codes(keys: Any, document: Document) -> list[str]:
    found: dict[str, str] = {}
    for key in keys:
        found.setdefault(document["connectors"][key].get("settings", {}).get("integration_code", ""), key)
    if len(found) > 1:
        found.pop("", None)
    return list(found.values())


def speaks(body: Mapping[str, Any], document: Document) -> bool:
    """Tell whether an agent has STT and TTS."""
    return _has(body, document, "stt") and _has(body, document, "tts")


def _has(body: Mapping[str, Any], document: Document, role: str) -> bool:
    default = any(one["type"] == role and one.get("default") for one in document.get("connectors", {}).values())
    return default or bool(body.get("connectors", {}).get(role))


def neighbours() -> Platform:
    """Give a platform with what others have: a shared LLM, and a connector, a channel and an agent of theirs."""
    platform = Platform()
    llm = {"type": "llm", "settings": {"json_params": {}}}
    platform.objects = {
        "sys": {**blank("connector"), **llm, "name": "Shared", "system": True},
        "fk": {**blank("connector"), **llm, "name": "Theirs"},
        "fc": {**blank("channel"), "type": "telegram", "name": "Theirs", "stale": False},
        "fa": {**blank("agent"), "type": "inbound", "name": "Theirs", "stale": False, "connectors": {"llm": ["fk"]}},
    }
    return platform
