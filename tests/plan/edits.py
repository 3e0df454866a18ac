"""Edits of a tenant that are hard to put in order, one function each."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from tests.plan.documents import (
    CHANNEL_TYPES,
    KEYS,
    NAMES,
    TYPES,
    Document,
    Draw,
    agent,
    channel,
    connector,
    documents,
    links,
    read,
    speaks,
)


@st.composite
def edited(draw: Draw, before: Document, *, alone: bool = False) -> Document:
    """Draw an edit of a document, or another document altogether; the result is valid."""
    if draw(st.integers(0, 5)) == 0:
        another: Document = draw(documents())
        return another
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
    section: str = draw(st.sampled_from(["connectors", "connectors", "channels", "agents"]))
    return section


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
            kept: dict[str, Any] = {key: fresh[key] for key in ("connectors", "channels") if key in fresh}
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
