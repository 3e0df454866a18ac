"""Ten applies of one tenant that do everything a plan can do, and what the objects were after each."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.scenario.running import HOME, SECRETS, Zoo

PATH = "tenants/zoo"
FREELY = ("--allow-delete", "all", "--max-delete", "100%")


@dataclass
class Told:
    """
    A tenant that was applied ten times.

    Attributes:
        texts: the YAML of each apply, by number.
        objects: what `seen` gave after each.
    """

    root: Path
    environment: dict[str, str]
    texts: dict[int, str] = field(default_factory=dict)
    objects: dict[int, Seen] = field(default_factory=dict)

    def is_back(self, zoo: Zoo, number: int) -> bool:
        """Tell whether ledger and platform have the objects of an apply, no more and no less."""
        wanted = self.objects[number]
        return seen(zoo).as_far_as(wanted) == wanted

    def copy(self, root: Path) -> Zoo:
        """Give a zoo of one's own in which the ten applies happened."""
        shutil.copytree(self.root / HOME, root / HOME)
        shutil.copytree(self.root / "tenants", root / "tenants")
        return Zoo(root, dict(self.environment))


def llm(name: str, *more: str, secret: str = "OPENAI_KEY", temperature: float = 0) -> str:
    """Declare a language model."""
    settings = (
        f'{{api_url: "https://llm.example/v1", access_token: "${{env:{secret}}}", model_name: m, '
        f"temperature: {temperature}}}"
    )
    return "{" + ", ".join(["type: llm", f"name: {name}", *more, f"settings: {settings}"]) + "}"


def agent(name: str, model: str, channels: str, *more: str, tools: str = "") -> str:
    """Declare an agent."""
    links = f"connectors: {{llm: {model}{f', mcp: [{tools}]' if tools else ''}}}"
    return "{" + ", ".join(["type: inbound", f"name: {name}", *more, links, f"channels: {channels}"]) + "}"


def bot(*more: str, secret: str = "BOT_TOKEN") -> str:
    """Declare a Telegram channel."""
    token = f'settings: {{bot_token: "${{env:{secret}}}"}}'
    return "{" + ", ".join(["type: telegram", "name: Bot", *more, token]) + "}"


OTHER, NIGHT = {"secret": "OTHER_KEY"}, {"secret": "NIGHT_BOT_TOKEN"}
SAID = "instructions: Be brief."
IN, OUT = "{bot: {inbound: true}}", "{bot: {inbound: false}}"
MCP = "{type: mcp, name: Orders, settings: {integration_code: ORDERS, server_endpoint: 'https://mcp.example/orders'}}"
KEY = '{type: api_key, name: Tool, settings: {api_key: "${env:OTHER_KEY}"}}'
EMBEDDER = (
    '{type: embedder, name: Tool, settings: {api_url: "https://llm.example/v1", access_token: "${env:OTHER_KEY}", '
    "model_name: e}}"
)


def document(connectors: dict[str, str], channels: dict[str, str], agents: dict[str, str]) -> str:
    """Put a tenant's YAML together."""
    sections = {"connectors": connectors, "channels": channels, "agents": agents}
    lines = []
    for name, section in sections.items():
        lines += [f"{name}:{'' if section else ' {}'}", *(f"  {key}: {body}" for key, body in section.items())]
    return "\n".join(lines) + "\n"


CHAPTERS = (
    # 1: a model that is the default, a bot, and the agent that answers there
    document({"a": llm("Alpha", "default: true")}, {"bot": bot("running: true")}, {"day": agent("Day", "a", IN)}),
    # 2: a second model and a second agent; instructions come into our care
    document(
        {"a": llm("Alpha", "default: true"), "b": llm("Beta", **OTHER)},
        {"bot": bot("running: true")},
        {"day": agent("Day", "a", IN, "instructions: Be kind."), "night": agent("Night", "b", OUT)},
    ),
    # 3: the default passes on, a field changes
    document(
        {"a": llm("Alpha", temperature=0.5), "b": llm("Beta", "default: true", **OTHER)},
        {"bot": bot("running: true")},
        {"day": agent("Day", "a", IN, SAID), "night": agent("Night", "b", OUT)},
    ),
    # 4: inbound passes to the other agent
    document(
        {"a": llm("Alpha", temperature=0.5), "b": llm("Beta", "default: true", **OTHER)},
        {"bot": bot("running: true")},
        {"day": agent("Day", "a", OUT, SAID), "night": agent("Night", "b", IN)},
    ),
    # 5: a key is renamed, and so is the agent that uses it
    document(
        {"first": llm("Alpha", "previously: [a]", temperature=0.5), "b": llm("Beta", "default: true", **OTHER)},
        {"bot": bot("running: true")},
        {"early": agent("Early", "first", OUT, "previously: [day]", SAID), "night": agent("Night", "b", IN)},
    ),
    # 6: tools are linked, a variable is set, a secret has another reference
    document(
        {"first": llm("Alpha", temperature=0.5, **OTHER), "b": llm("Beta", "default: true", **OTHER), "orders": MCP},
        {"bot": bot("running: true", 'environment: {POLL: "30"}', **NIGHT)},
        {"early": agent("Early", "first", OUT, SAID, tools="orders"), "night": agent("Night", "b", IN, tools="orders")},
    ),
    # 7: two models change names and places
    document(
        {"first": llm("Beta", "default: true", **OTHER), "b": llm("Alpha", **OTHER), "orders": MCP},
        {"bot": bot("running: true", 'environment: {POLL: "60"}', **NIGHT)},
        {"early": agent("Early", "b", OUT, SAID, tools="orders"), "night": agent("Night", "first", IN, tools="orders")},
    ),
    # 8: an agent and the tools go, inbound with them
    document(
        {"first": llm("Beta", "default: true", **OTHER), "b": llm("Alpha", **OTHER), "tool": KEY},
        {"bot": bot("running: true", **NIGHT)},
        {"early": agent("Early", "b", IN, SAID)},
    ),
    # 9: something becomes of another type, something is protected
    document(
        {"first": llm("Beta", "default: true", "protected: true"), "b": llm("Alpha"), "tool": EMBEDDER},
        {"bot": bot("running: true")},
        {"early": agent("Early", "b", IN, SAID)},
    ),
    # 10: nearly everything is another one
    document(
        {"first": llm("Beta", "default: true", "protected: false"), "c": llm("Gamma", temperature=1)},
        {"bot": bot("running: false"), "night-bot": bot("running: true", **NIGHT).replace("Bot", "Night bot")},
        {"late": agent("Late", "c", "{bot: {inbound: true}, night-bot: {inbound: true}}")},
    ),
)


def tell(zoo: Zoo) -> Told:
    """Apply all chapters; before the last one the value of a secret changes."""
    told = Told(zoo.root, zoo.environment)
    for number, text in enumerate(CHAPTERS, 1):
        if number == len(CHAPTERS):
            zoo.environment["OPENAI_KEY"] = SECRETS["OPENAI_KEY"] + "-rotated"
        zoo.declare(text)
        zoo.apply(*FREELY)
        told.texts[number] = text
        told.objects[number] = seen(zoo)
    return told


@dataclass(frozen=True)
class Seen:
    """
    Every object, without ids, which differ after a deletion.

    Attributes:
        ledger: entries by address; secrets by reference.
        live: what the platform has, references by name.
    """

    ledger: dict[str, Any]
    live: list[str]

    def as_far_as(self, other: Seen) -> Seen:
        """Leave out of the ledger what another did not have in its care then."""
        return Seen({key: _within(one, other.ledger.get(key, {})) for key, one in self.ledger.items()}, self.live)


def seen(zoo: Zoo) -> Seen:
    """Give every object as ledger and platform have it."""
    entries = json.loads(zoo.ok("state", "export", PATH))["entries"]
    ledger = {one["address"]: _without_prints({key: one[key] for key in one if key != "id"}) for one in entries}
    live = zoo.objects()
    names = {one["id"]: f"{one['kind']} {one['fields'].get('name')}" for one in live if one["kind"] != "attachment"}
    return Seen(ledger, sorted(_named(one, names) for one in live))


def _named(one: dict[str, Any], names: dict[str, str]) -> str:
    text = json.dumps({key: one[key] for key in ("kind", "status", "system", "fields")}, sort_keys=True)
    for platform_id, name in names.items():
        text = text.replace(platform_id, name)
    return text


def _without_prints(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_prints(item) for key, item in value.items() if key != "fingerprint"}
    return [_without_prints(item) for item in value] if isinstance(value, list) else value


def _within(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    known = other.get("fields", {})
    fields = {key: value for key, value in one["fields"].items() if key in known}
    if "connectors" in fields:
        fields["connectors"] = {
            role: value for role, value in fields["connectors"].items() if role in known["connectors"]
        }
    return {**one, "fields": fields}
