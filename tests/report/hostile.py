"""Texts that a report must show and never obey, and results full of them."""

from __future__ import annotations

from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.errors import error
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
        held=(evil,),
        unmanaged=(evil,),
        not_checked=(text,),
    )
    return Planned(text, plan, text, (error("x", "Summary", text, text, address=text),), digest="ab" * 32)
