"""What a plan does to running things and what goes, as rows that every format shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from flametree_cfg.drift import DriftKind
from flametree_cfg.errors import Diagnostic
from flametree_cfg.model import Address, Kind
from flametree_cfg.plan.types import Plan
from flametree_cfg.report._fields import Sign, rows

if TYPE_CHECKING:
    from flametree_cfg.impact.types import DefaultMove, Impact, InboundMove, Loss, Mention, Model, ModelChange, Restart

SHOUTED = frozenset({"secret-to-new-host"})
"""What a reader has to see before anything else."""

HELD_PROTECTED = "Held: protected"
HELD_UNASKED = "Held: deletions were not asked for"

Said = tuple[str, list[str]]
"""What happens, in our own words (Markdown's backticks among them), and to what it happens."""


def impact_of(plan: Plan) -> Iterator[Said]:
    """List what happens, all of it."""
    changed = rows(plan.changes)
    outside = [one.address for one in plan.drift if one.kind is not DriftKind.ADDED]
    restarts = plan.impact.restarts if plan.impact else ()
    said: list[tuple[str, Iterable[object]]] = [
        ("Apply refuses, unless it is allowed", [one.hint for one in plan.refusals]),
        ("Agents restart", _restarts(plan, restarts, Kind.AGENT)),
        ("Channels restart", _restarts(plan, restarts, Kind.CHANNEL)),
        *(consequences(plan.impact) if plan.impact else ()),
        ("Handed over", [str(one).removeprefix("handover ") for one in plan.handovers]),
        ("Agents deleted, with what they hold (needs `--allow-delete`)", plan.agents_deleted),
        ("Deleted", [r.address for r in changed if r.sign is Sign.DELETE and r.address not in plan.agents_deleted]),
        ("Deleted and made anew", [row.address for row in changed if row.sign is Sign.REPLACE]),
        ("Protections lifted", [row.address for row in changed if _lifts(row.fields)]),
        *held(plan),
        ("No longer managed", plan.unmanaged),
        ("Changed outside since the last apply", outside),
        ("Secrets not checked here", plan.not_checked),
    ]
    for what, which in said:
        listed = [str(one) for one in which]
        if listed:
            yield what, listed


def held(plan: Plan) -> Iterator[Said]:
    """List what is no longer declared and stays, by why."""
    yield HELD_PROTECTED, [str(one) for one in plan.held if one in plan.protected]
    yield HELD_UNASKED, [str(one) for one in plan.held if one not in plan.protected]


def _lifts(fields: Iterable[object]) -> bool:
    return any(getattr(one, "path", ()) == ("protected",) and getattr(one, "before", None) is True for one in fields)


def _restarts(plan: Plan, known: Sequence[Restart], kind: Kind) -> Iterator[str]:
    reasons = {one.address: reasons_text(one) for one in known}
    for address in plan.restarts:
        if address.kind is kind:
            why = reasons.get(address, "")
            yield f"{address} ({why})" if why else str(address)


def reasons_text(restart: Restart, shown: int = 3) -> str:
    """Say why something restarts, and whom it leaves without a channel meanwhile, in a few words."""
    why = _first(restart.reasons, shown)
    whom = _first([str(one) for one in restart.without], shown)
    return "; ".join(part for part in (why, f"{whom} without it meanwhile" if whom else "") if part)


def _first(said: Sequence[str], shown: int) -> str:
    more = f" and {len(said) - shown} more" if len(said) > shown else ""
    return ", ".join(said[:shown]) + more


def consequences(impact: Impact) -> Iterator[Said]:
    """List what a plan does besides what it changes and restarts."""
    yield "Stopped", [str(address) for address in impact.stopped]
    yield "Agents lose their model", [_model(one) for one in impact.models if not one.after]
    yield "Agents get another model", [_model(one) for one in impact.models if one.before and one.after]
    yield "Agents get a model", [_model(one) for one in impact.models if not one.before]
    moves = impact.inbound
    yield "Channels that no agent answers any more", [_inbound(m) for m in moves if m.before and not m.after]
    yield "Channels answered by another agent", [_inbound(one) for one in moves if one.before and one.after]
    yield "Channels that get an agent", [_inbound(one) for one in moves if one.after and not one.before]
    yield "New channels that no agent answers", [str(m.channel) for m in moves if not (m.before or m.after)]
    yield "Defaults move", [_default(one) for one in impact.defaults]
    yield "Agents that linked a connector which is deleted", [_loss(one) for one in impact.losses]
    yield "Instructions name what is no longer called so", [_mention(one) for one in impact.mentions]
    yield "Likely renames", [f"{r.before} → {r.after}: previously: [{r.before.key}]" for r in impact.renames]


def _model(change: ModelChange) -> str:
    return f"{change.agent} {change.role}: {_models(change.before)} → {_models(change.after)}"


def _models(models: Sequence[Model]) -> str:
    return ", ".join(map(_one_model, models)) or "none"


def _one_model(model: Model) -> str:
    about = ", ".join(part for part in (model.name, "the default" if model.default else "") if part)
    return f"{model.connector} ({about})" if about else str(model.connector)


def _inbound(move: InboundMove) -> str:
    return f"{move.channel}: {move.before or 'nobody'} → {move.after or 'nobody'}"


def _default(move: DefaultMove) -> str:
    served = f"; agents that select none: {_some(move.agents)}" if move.agents else "; every agent selects one"
    return f"{move.type}: {move.before or 'nobody'} → {move.after or 'nobody'}{served}"


def _loss(loss: Loss) -> str:
    instead = f"; links {_some(loss.instead)} now" if loss.instead else ""
    return f"{loss.agent} {loss.role}: {loss.connector}{instead}"


def _mention(mention: Mention) -> str:
    now = f"called {mention.now!r} now" if mention.now else "deleted"
    return f"{mention.agent}: {mention.name!r}, {mention.connector}, {now}"


def _some(addresses: Sequence[Address], shown: int = 10) -> str:
    more = f" and {len(addresses) - shown} more" if len(addresses) > shown else ""
    return ", ".join(map(str, addresses[:shown])) + more


def shouted(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """List what has to be seen first."""
    return [one for one in diagnostics if one.code in SHOUTED]


def quiet(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """List the others."""
    return [one for one in diagnostics if one.code not in SHOUTED]


def durations_text(plan: Plan) -> str:
    """Say what to expect of an apply, where enough of them were measured; else nothing."""
    if not plan.durations:
        return ""
    least, most = f"{min(plan.durations):.1f}", f"{max(plan.durations):.1f}"
    return f"the last {len(plan.durations)} applies took {least if least == most else f'{least} to {most}'} s"
