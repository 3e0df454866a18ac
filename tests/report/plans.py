"""Plans to render: what a reviewer might meet, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flametree_cfg.diff import Change
from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.errors import Diagnostic, ExitCode, Location, warning
from flametree_cfg.model import (
    Action,
    Address,
    FieldChange,
    Note,
    Operation,
    Probed,
    Resource,
    Secret,
    agent,
    attachment,
    channel,
    connector,
)
from flametree_cfg.plan.types import Handover, Plan
from flametree_cfg.report import Document, Line, Symbols, render
from flametree_cfg.report._documents import Reading
from flametree_cfg.report._lines import UNICODE, Panel


@dataclass(frozen=True)
class Planned:
    """A tenant's plan, as the engine hands it in."""

    tenant_name: str
    plan: Plan | None
    folder: str = ""
    diagnostics: Sequence[Diagnostic] = ()
    exit_code: ExitCode = ExitCode.OK
    digest: str = ""
    reading: Reading | None = None
    probed: Sequence[Probed] = ()


@dataclass(frozen=True)
class Drifted:
    """A tenant's drift, as the engine hands it in."""

    tenant_name: str
    drift: Sequence[Drift]
    status: str = "drifted"
    folder: str = ""
    diagnostics: Sequence[Diagnostic] = ()
    exit_code: ExitCode = ExitCode.DRIFT
    reading: Reading | None = None
    ignored: Sequence[Drift] = ()
    not_observable: int = 0


@dataclass(frozen=True)
class Validated:
    """What was found in a tenant, as the engine hands it in."""

    tenant_name: str
    diagnostics: Sequence[Diagnostic]
    folder: str = ""
    exit_code: ExitCode = ExitCode.INVALID
    resources: int = 1
    reading: Reading | None = None


def resource(address: Address, type_: str = "llm", name: str = "GPT", **fields: object) -> Resource:
    """Make a resource."""
    return Resource(address, {"type": type_, "name": name, **fields})


def field(path: str, before: object, after: object, note: Note = Note.NONE) -> FieldChange:
    """Make a field's change from a dotted path."""
    return FieldChange(tuple(path.split(".")), before, after, note)


def update(address: Address, *fields: FieldChange, type_: str = "llm", name: str = "GPT") -> Change:
    """Make a change of something that stays."""
    side = resource(address, type_, name)
    return Change(address, Action.UPDATE, side, side, fields)


def create(address: Address, type_: str, name: str, **fields: object) -> Change:
    """Make a creation as the planner gives it: whole values."""
    after = resource(address, type_, name, **fields)
    return Change(address, Action.CREATE, None, after, tuple(field(k, None, v) for k, v in after.fields.items()))


def delete(address: Address, type_: str, name: str) -> Change:
    """Make a deletion."""
    return Change(address, Action.DELETE, resource(address, type_, name), None)


def steps(count: int) -> tuple[Operation, ...]:
    """Make operations, all alike."""
    return tuple(Operation(f"{i:05}", Action.UPDATE, connector("gpt")) for i in range(count))


EVERYTHING = Plan(
    "acme",
    operations=steps(9),
    changes=(
        update(agent("support"), field("connectors.llm", "gpt", "sonnet"), type_="inbound", name="Support agent"),
        create(attachment("support", "tg"), "", "", agent="support", channel="tg", inbound=True),
        create(
            channel("tg"), "telegram", "Support bot", running=True, settings={"bot_token": Secret("${env:BOT_TOKEN}")}
        ),
        update(
            connector("gpt"),
            field("settings.temperature", 0.7, 0.0),
            field("settings.access_token", Secret("${env:KEY}", "k:1"), Secret("${env:KEY}", "k:2"), Note.ROTATED),
        ),
        delete(connector("zz"), "mcp", "Old tools"),
    ),
    handovers=(Handover("default llm", "connector.gpt", "connector.sonnet"),),
    restarts=(agent("support"),),
    drift=(
        Drift(connector("gpt"), DriftKind.CHANGED, "llm", "GPT", (field("settings.temperature", 0.0, 0.7),)),
        Drift(connector("id:77"), DriftKind.ADDED, "llm", "Somebody's"),
    ),
    unmanaged=(channel("inbox"),),
    checks=120,
    not_checked=("channel.tg settings.bot_token",),
)

WARNED = warning(
    "deprecated-type",
    "Type is deprecated",
    "`old` stays only for what exists",
    "use `new`",
    address="connector.old",
    location=Location("tenants/acme/a.yaml", 3, 5),
)


def text_of(kind: Document, document: object, symbols: Symbols = UNICODE) -> str:
    """Render as text; panels as lines."""
    lines: list[str] = []
    for block in render(kind, "text", document, symbols=symbols):
        given = [Line(block.title), *block.lines] if isinstance(block, Panel) else [block]
        lines.extend(line.text for line in given)
    return "\n".join(lines)


def json_of(kind: Document, document: object) -> str:
    """Render as JSON."""
    (line,) = render(kind, "json", document)
    assert isinstance(line, Line)
    return line.text
