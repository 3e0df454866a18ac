"""What other hands do in the portal between two plans; nothing here is ours to plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from tests.oracle.platform import WITH_AGENT, Platform, blank
from tests.oracle.rules import legal
from tests.plan.documents import NAMES
from tests.plan.sides import Applied

Draw = Callable[[st.SearchStrategy[Any]], Any]

_PORTAL_ALLOWS = ("R20", "R21")
"""Deleting or unlinking what an agent needs is only confirmed, not refused (domain.md R7, R8)."""


def meddle(draw: Draw, sides: Applied) -> Applied:
    """Draw a few things that people do in the portal; what the portal refuses does not happen."""
    for _ in range(draw(st.integers(1, 4))):
        platform = sides.platform.copy()
        draw(st.sampled_from(DEEDS))(draw, platform)
        known = legal(sides.platform.objects)
        if all(rule in known or rule.startswith(_PORTAL_ALLOWS) for rule in legal(platform.objects)):
            sides = replace(sides, platform=platform)
    return sides


def _pick(draw: Draw, platform: Platform, *kinds: str) -> str | None:
    found = sorted(key for key, one in platform.objects.items() if one["kind"] in kinds and not one.get("system"))
    return draw(st.sampled_from(found)) if found else None


def rename(draw: Draw, platform: Platform) -> None:
    """Rename something."""
    key = _pick(draw, platform, "connector", "channel", "agent")
    if key:
        platform.objects[key]["name"] = draw(st.sampled_from([*NAMES, "Quux"]))


def describe(draw: Draw, platform: Platform) -> None:
    """Describe something."""
    key = _pick(draw, platform, "connector", "channel", "agent")
    if key:
        platform.objects[key]["description"] = "Changed in the portal."


def edit_settings(draw: Draw, platform: Platform) -> None:
    """Change a setting, known or strange to us."""
    key = _pick(draw, platform, "connector", "channel")
    if key:
        one = platform.objects[key]
        name = draw(st.sampled_from(["strange", "model_name", "username"]))
        if name == "strange" or name in one["settings"]:
            one["settings"][name] = "edited"


def delete(draw: Draw, platform: Platform) -> None:
    """Delete something."""
    key = _pick(draw, platform, "connector", "channel", "agent", "attachment")
    if key:
        platform.delete(key)


def add_connector(draw: Draw, platform: Platform) -> None:
    """Make a connector, perhaps the default, perhaps with a name we want."""
    type_name = draw(st.sampled_from(["llm", "stt", "tts"]))
    key = f"f{len(platform.objects)}"
    platform.objects[key] = {**blank("connector"), "type": type_name, "name": _name(draw, key)}
    if draw(st.booleans()):
        platform.make_default(key)


def add_channel(draw: Draw, platform: Platform) -> None:
    """Make a channel."""
    key = f"f{len(platform.objects)}"
    type_name = draw(st.sampled_from(["telegram", "sip"]))
    platform.objects[key] = {**blank("channel"), "type": type_name, "name": _name(draw, key), "stale": False}


def add_agent(draw: Draw, platform: Platform) -> None:
    """Make an agent that links what is there."""
    key = f"f{len(platform.objects)}"
    one = {**blank("agent"), "type": "inbound", "name": _name(draw, key), "stale": False}
    platform.objects[key] = one
    link(draw, platform, key)
    one["running"] = draw(st.booleans())


def _name(draw: Draw, key: str) -> str:
    name: str = draw(st.sampled_from([f"Their {key}", f"Their {key}", f"Their {key}", *NAMES]))
    return name


def link(draw: Draw, platform: Platform, agent: str | None = None) -> None:
    """Link a connector to an agent, ours or not."""
    agent = agent or _pick(draw, platform, "agent")
    key = _pick(draw, platform, "connector")
    if agent and key and platform.objects[key]["type"] in ("llm", "stt", "tts"):
        platform.objects[agent]["connectors"][platform.objects[key]["type"]] = [key]


def unlink(draw: Draw, platform: Platform) -> None:
    """Take a role's connectors from an agent."""
    agent = _pick(draw, platform, "agent")
    if agent and platform.objects[agent]["connectors"]:
        roles = sorted(platform.objects[agent]["connectors"])
        del platform.objects[agent]["connectors"][draw(st.sampled_from(roles))]


def attach(draw: Draw, platform: Platform) -> None:
    """Attach a channel to an agent, or change Inbound."""
    agent, channel = _pick(draw, platform, "agent"), _pick(draw, platform, "channel")
    if agent and channel:
        ends = {"agent": agent, "channel": channel, "inbound": draw(st.booleans())}
        platform.objects[f"{agent}/{channel}"] = {"kind": "attachment", **ends}


def make_default(draw: Draw, platform: Platform) -> None:
    """Make another connector the default, or release it."""
    key = _pick(draw, platform, "connector")
    if key and platform.objects[key]["default"]:
        platform.objects[key]["default"] = False
    elif key:
        platform.make_default(key)


def switch(draw: Draw, platform: Platform) -> None:
    """Start or stop something."""
    key = _pick(draw, platform, "channel", "agent")
    if key and platform.objects[key]["type"] not in WITH_AGENT:
        platform.objects[key]["running"] = not platform.objects[key]["running"]


DEEDS = (
    rename,
    describe,
    edit_settings,
    delete,
    add_connector,
    add_channel,
    add_agent,
    link,
    unlink,
    attach,
    attach,
    attach,
    make_default,
    switch,
)
