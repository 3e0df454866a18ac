"""Random valid tenants as plain JSON, and the edits that are hard to put in order."""

from __future__ import annotations

import copy
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
EXTERNAL = {"connectors": "ext-k", "channels": "ext-c", "agents": "ext-a"}
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
    return draw(
        st.dictionaries(
            st.sampled_from(["ONE", "TWO"]), st.sampled_from(["1", "2", "", {"secret": "${env:X}"}]), max_size=2
        )
    )


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


@st.composite
def edited(draw: Draw, before: Document, *, alone: bool = False) -> Document:
    """Draw an edit of a document, or another document altogether; the result is valid."""
    if draw(st.integers(0, 5)) == 0:
        return draw(documents())
    document = copy.deepcopy(before)
    for _ in range(draw(st.integers(1, 6))):
        attempt = copy.deepcopy(document)
        edit = draw(st.sampled_from(EDITS[:-3] if alone else EDITS))
        edit(draw, attempt)
        if read(attempt):
            document = attempt
    return document


def _some(draw: Draw, document: Document, section: str, number: int = 1) -> list[str]:
    """Draw some keys of a section, in any order; fewer if it has not so many."""
    keys = list(document.get(section, {}))
    return draw(st.permutations(keys))[:number] if keys else []


def _section(draw: Draw) -> str:
    return draw(st.sampled_from(["connectors", "connectors", "channels", "agents"]))


def _rotate(bodies: list[dict[str, Any]], field: str) -> None:
    values = [body.get(field) for body in bodies]
    for body, value in zip(bodies, [*values[1:], *values[:1]], strict=True):
        body.pop(field, None)
        if value is not None:
            body[field] = value


def rotate_names(draw: Draw, document: Document) -> None:
    """Swap the names of two, or of three in a circle."""
    section = _section(draw)
    _rotate([document[section][key] for key in _some(draw, document, section, draw(st.integers(2, 3)))], "name")


def rename(draw: Draw, document: Document) -> None:
    """Give something another name."""
    section = _section(draw)
    for key in _some(draw, document, section):
        document[section][key]["name"] = draw(st.sampled_from(NAMES))


def move_default(draw: Draw, document: Document) -> None:
    """Give the default of a type to somebody else, or to nobody."""
    for key in _some(draw, document, "connectors"):
        type_name = document["connectors"][key]["type"]
        for body in document["connectors"].values():
            if body["type"] == type_name:
                body.pop("default", None)
        if draw(st.integers(0, 3)) > 0:
            document["connectors"][key]["default"] = True


def rename_defaults_crosswise(draw: Draw, document: Document) -> None:
    """Swap name and default of two connectors of one type."""
    for first in _some(draw, document, "connectors"):
        body = document["connectors"][first]
        others = [b for k, b in document["connectors"].items() if k != first and b["type"] == body["type"]]
        if others:
            other = draw(st.sampled_from(others))
            _rotate([body, other], "name")
            _rotate([body, other], "default")


def rotate_inbound(draw: Draw, document: Document) -> None:
    """Hand channels from agent to agent, in a circle where there are three."""
    agents = _some(draw, document, "agents", 3)
    attached = [document["agents"][key].get("channels", {}) for key in agents]
    if draw(st.booleans()):
        _rotate([document["agents"][key] for key in agents], "channels")
        return
    for place in document.get("channels", {}):
        _rotate([one[place] for one in attached if place in one], "inbound")


def set_inbound(draw: Draw, document: Document) -> None:
    """Let another agent, or nobody, answer on a channel."""
    for place in _some(draw, document, "channels"):
        for body in document.get("agents", {}).values():
            if place in body.get("channels", {}):
                body["channels"][place] = {}
        for key in _some(draw, document, "agents"):
            document["agents"][key].setdefault("channels", {})[place] = {"inbound": True}


def retype(draw: Draw, document: Document) -> None:
    """Give an object another type under the same key and name."""
    section = _section(draw)
    for key in _some(draw, document, section):
        body = document[section][key]
        if section == "agents":
            body["type"] = draw(st.sampled_from(["inbound", "outbound"]))
        elif section == "channels":
            document[section][key] = channel(draw, draw(st.sampled_from(CHANNEL_TYPES)), body["name"], key)
        elif not body.get("system"):
            document[section][key] = connector(draw, draw(st.sampled_from(TYPES)), body["name"])
            _drop_links(document, key)


def _drop_links(document: Document, gone: str) -> None:
    for body in document.get("agents", {}).values():
        for role, keys in list(body.get("connectors", {}).items()):
            if keys == gone:
                del body["connectors"][role]
            elif isinstance(keys, list) and gone in keys:
                body["connectors"][role] = [key for key in keys if key != gone]


def remove(draw: Draw, document: Document) -> None:
    """Take something out, after relinking what used it, or stopping it."""
    section = _section(draw)
    for key in _some(draw, document, section):
        del document[section][key]
        for body in document.get("agents", {}).values():
            if section == "channels":
                body.get("channels", {}).pop(key, None)
        if section == "connectors":
            for body in document.get("agents", {}).values():
                llms = [k for k, b in document["connectors"].items() if b["type"] == "llm"]
                if body.get("connectors", {}).get("llm") == key:
                    other = draw(st.sampled_from([None, *llms]))
                    body["connectors"]["llm"] = other
                    if other is None:
                        del body["connectors"]["llm"]
                        body["running"] = False
            _drop_links(document, key)


def add(draw: Draw, document: Document) -> None:
    """Declare something more."""
    section = _section(draw)
    free = [key for key in KEYS[section] if key not in document.get(section, {})]
    if free:
        key, name = draw(st.sampled_from(free)), draw(st.sampled_from(NAMES))
        match section:
            case "connectors":
                body = connector(draw, draw(st.sampled_from(TYPES)), name)
            case "channels":
                body = channel(draw, draw(st.sampled_from(CHANNEL_TYPES)), name, key)
            case _:
                body = agent(draw, name, {"connectors": {}, "channels": {}, **document})
        document.setdefault(section, {})[key] = body


def rename_key(draw: Draw, document: Document) -> None:
    """Rename a key, saying so or not; references follow."""
    section = _section(draw)
    free = [key for key in KEYS[section] if key not in document.get(section, {})]
    for before in _some(draw, document, section) if free else []:
        after = draw(st.sampled_from(free))
        body = document[section].pop(before)
        if draw(st.booleans()):
            body["previously"] = [before]
        document[section][after] = body
        for owner in document.get("agents", {}).values():
            if section == "channels" and before in owner.get("channels", {}):
                owner["channels"][after] = owner["channels"].pop(before)
            for role, keys in list(owner.get("connectors", {}).items()) if section == "connectors" else ():
                owner["connectors"][role] = (
                    [after if key == before else key for key in keys]
                    if isinstance(keys, list)
                    else after
                    if keys == before
                    else keys
                )


def swap_codes(draw: Draw, document: Document) -> None:
    """Swap the integration codes of connectors of one type."""
    type_name = draw(st.sampled_from(["mcp", "openapi"]))
    bodies = [body for body in document.get("connectors", {}).values() if body["type"] == type_name]
    if len(bodies) > 1:
        chosen = draw(st.permutations(bodies))[: draw(st.integers(2, 3))]
        _rotate([body["settings"] for body in chosen], "integration_code")


def relink(draw: Draw, document: Document) -> None:
    """Link other connectors."""
    for key in _some(draw, document, "agents"):
        document["agents"][key]["connectors"] = links(draw, document)


def no_speech(draw: Draw, document: Document) -> None:
    """Take STT or TTS from an agent, and SIP with it; or only from an agent that has defaults."""
    for key in _some(draw, document, "agents"):
        body = document["agents"][key]
        body.get("connectors", {}).pop(draw(st.sampled_from(["stt", "tts"])), None)
        if not speaks(body, document):
            for place, one in document.get("channels", {}).items():
                if one["type"] == "sip":
                    body.get("channels", {}).pop(place, None)


def change_settings(draw: Draw, document: Document) -> None:
    """Change settings or environment."""
    section = draw(st.sampled_from(["connectors", "channels"]))
    for key in _some(draw, document, section):
        body = document[section][key]
        if section == "channels" and not body.get("external"):
            document[section][key] = channel(draw, body["type"], body["name"], key)
        elif not (body.get("system") or body.get("external")):
            fresh = connector(draw, body["type"], body["name"])
            document[section][key] = {**body, "settings": fresh["settings"]}


def about_agent(draw: Draw, document: Document) -> None:
    """Draw an agent anew under its key and name."""
    for key in _some(draw, document, "agents"):
        if not document["agents"][key].get("external"):
            fresh = agent(draw, document["agents"][key]["name"], {"connectors": {}, "channels": {}, **document})
            document["agents"][key] = fresh


def switch(draw: Draw, document: Document) -> None:
    """Start or stop."""
    section = draw(st.sampled_from(["channels", "agents"]))
    for key in _some(draw, document, section):
        document[section][key]["running"] = draw(st.booleans())


def unmanage(draw: Draw, document: Document) -> None:
    """Leave out a whole section, or what an agent says of connectors or channels."""
    section = draw(st.sampled_from(["connectors", "channels", "agents", "connectors of", "channels of"]))
    if section.endswith(" of"):
        for key in _some(draw, document, "agents"):
            document["agents"][key].pop(section.removesuffix(" of"), None)
        return
    document.pop(section, None)
    for body in document.get("agents", {}).values() if section != "agents" else ():
        body.pop(section, None)
        if section == "connectors":
            body.pop("running", None)


def protect(draw: Draw, document: Document) -> None:
    """Protect something, or no longer."""
    section = _section(draw)
    for key in _some(draw, document, section):
        body = document[section][key]
        body["protected"] = not body.get("protected", False)


def declare_external(draw: Draw, document: Document) -> None:
    """Declare what belongs to others."""
    match _section(draw):
        case "connectors":
            key = draw(st.sampled_from(["ext-k", "sys-k"]))
            body: dict[str, Any] = {"type": "llm", "name": "Shared" if key == "sys-k" else "Theirs"}
            body |= {"system": True} if key == "sys-k" else {"external": True}
            if key == "sys-k" and draw(st.booleans()):
                for other in document.get("connectors", {}).values():
                    if other["type"] == "llm":
                        other.pop("default", None)
                body["default"] = True
            document.setdefault("connectors", {})[key] = body
        case "channels":
            document.setdefault("channels", {})["ext-c"] = {"type": "telegram", "name": "Theirs", "external": True}
        case _:
            fresh = agent(draw, "Theirs", {"connectors": {}, "channels": {}, **document})
            kept = {key: fresh[key] for key in ("connectors", "channels") if key in fresh}
            document.setdefault("agents", {})["ext-a"] = {"type": "inbound", "name": "Theirs", "external": True, **kept}


def adopt(draw: Draw, document: Document) -> None:
    """Declare as one's own what was external, or now and then the other way round."""
    for section, key in (("connectors", "ext-k"), ("channels", "ext-c"), ("agents", "ext-a")):
        body = document.get(section, {}).get(key)
        if not (body and body.pop("external", False)):
            continue
        if section == "connectors":
            document[section][key] = connector(draw, "llm", "Theirs")
        elif section == "channels":
            document[section][key] = channel(draw, "telegram", "Theirs", key)
    section = _section(draw)
    for key in _some(draw, document, section) if draw(st.integers(0, 9)) == 0 else ():
        body = document[section][key]
        kept = {name: body[name] for name in ("connectors", "channels") if name in body}
        document[section][key] = {"type": body["type"], "name": body["name"], "external": True, **kept}


EDITS = (
    rotate_names,
    rotate_names,
    rename,
    move_default,
    rename_defaults_crosswise,
    rotate_inbound,
    set_inbound,
    set_inbound,
    retype,
    remove,
    remove,
    remove,
    add,
    rename_key,
    swap_codes,
    relink,
    no_speech,
    change_settings,
    about_agent,
    switch,
    unmanage,
    protect,
    declare_external,
    declare_external,
    adopt,
)


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
