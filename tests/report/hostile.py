"""Texts that a report must show and never obey, and results full of them."""

from __future__ import annotations

from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.errors import error, warning
from flametree_cfg.impact.types import (
    DefaultMove,
    Impact,
    InboundMove,
    Loss,
    Mention,
    Model,
    ModelChange,
    Rename,
    Restart,
)
from flametree_cfg.model import Address, Kind, Note, agent, connector
from flametree_cfg.plan.types import Handover, Plan
from tests.report.plans import Planned, create, delete, field, steps, update

HOSTILE = (
    "`", "```", "````", "~~~~", "</details>", "<script>alert(1)</script>", "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))", "@org/team", "#12", "GH-12", "org/repo#12", "https://evil.example", "www.evil.example",
    "me@evil.example", "<https://evil.example>", "<!--", "-->", "|", "\\|", "\\", "\n", "\r", "\n\n", "\n```\n",
    "\n| --- |\n", "\u2028", "\u202e", "\x1b[31m", "\x00", "\ud800", "# ", "> ", "&lt;", "[^1]", "$$", "***", "*a*",
    "_a_", ":tada:", " ", "",
)  # fmt: skip


def hostile_plan(text: str) -> Planned:
    """Put a text wherever a plan can hold one."""
    evil = Address(Kind.CONNECTOR, f"id:{text}")
    plan = Plan(
        text,
        steps(1),
        changes=(
            create(connector("a"), text, text, settings={text: text, "list": [text]}),
            update(evil, field("settings.a", text, text + "\n" + text), field("name", text, "b"), name=text),
            delete(agent("z"), text, text),
        ),
        handovers=(Handover(f"default {text}", text, text),),
        restarts=(Address(Kind.AGENT, text), Address(Kind.CHANNEL, text)),
        drift=(Drift(evil, DriftKind.CHANGED, text, text, (field("settings.a", text, "b", Note.ROTATED),)),),
        held=(evil, connector("b")),
        protected=(evil,),
        impact=hostile_impact(text),
        refusals=(error("x", "Summary", text, text, address=text),),
        durations=(1.0, 2.0, 3.0),
        unmanaged=(evil,),
        not_checked=(text,),
    )
    shouted = warning("secret-to-new-host", "Summary", text, text, address=text)
    return Planned(text, plan, text, (error("x", "Summary", text, text, address=text), shouted), digest="ab" * 32)


def hostile_impact(text: str) -> Impact:
    """Put a text wherever an impact can hold one."""
    evil = Address(Kind.AGENT, text)
    models = (Model(evil, text, default=True),)
    return Impact(
        restarts=(Restart(evil, (text, text), (evil,)),),
        stopped=(evil,),
        models=(ModelChange(evil, text, models, ()), ModelChange(evil, text, (), models)),
        inbound=(InboundMove(evil, evil, None), InboundMove(evil, None, None)),
        defaults=(DefaultMove(text, evil, evil, (evil,)),),
        losses=(Loss(evil, evil, text, (evil,)),),
        mentions=(Mention(evil, evil, text, text), Mention(evil, evil, text)),
        renames=(Rename(evil, evil),),
        deleted=(evil,),
        affected=(evil,),
    )
