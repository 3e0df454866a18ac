"""What rich does for a terminal: which colours it knows, frames around cards. Loaded for terminals only."""

from __future__ import annotations

import io
from typing import TextIO

from rich.box import ASCII, ROUNDED, Box
from rich.color import ColorSystem
from rich.console import Console
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from flametree_cfg.report._lines import Tone

# The eight basic colours, so that every theme of every terminal stays readable.
THEME = {
    Tone.HEAD: Style(bold=True),
    Tone.FAINT: Style(dim=True),
    Tone.CREATE: Style(color="green"),
    Tone.CHANGE: Style(color="yellow"),
    Tone.DELETE: Style(color="red"),
    Tone.REPLACE: Style(color="magenta"),
    Tone.HANDOVER: Style(color="cyan"),
    Tone.RESTART: Style(color="blue"),
    Tone.ERROR: Style(color="red", bold=True),
    Tone.WARNING: Style(color="yellow", bold=True),
    Tone.GOOD: Style(color="green", bold=True),
}
WIDEST = 100  # columns: a card is read, not scanned


def tones(stream: TextIO) -> dict[Tone, tuple[str, str]]:
    """
    Give the codes before and after a line of each tone; empty where the terminal shows none.

    Worked out once, because a console call for each of a plan's lines costs more than the plan.
    """
    console = Console(file=stream)
    if console.color_system is None or console.no_color or console.legacy_windows:
        return {}
    codes = {}
    for tone, style in THEME.items():
        before, _, after = style.render("|", color_system=ColorSystem.STANDARD).partition("|")
        codes[tone] = (before, after)
    return codes


def framed(title: str, lines: list[tuple[str, Tone]], stream: TextIO) -> str:
    """Draw a frame around lines; the texts are data, never markup."""
    seen = Console(file=stream)
    body = Text("\n").join(Text(text, THEME.get(tone, "")) for text, tone in lines)
    canvas = io.StringIO()
    console = Console(
        file=canvas,
        width=max(8, min(seen.width, WIDEST)),
        force_terminal=True,
        color_system="standard" if seen.color_system and not seen.no_color else None,
        legacy_windows=False,
        safe_box=True,
        markup=False,
        emoji=False,
        highlight=False,
    )
    title_text = Text(title, style=Style(bold=True))
    frame = Panel(body, title=title_text, title_align="left", box=_box(stream))
    console.print(frame)
    return canvas.getvalue()


def _box(stream: TextIO) -> Box:
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return ROUNDED if utf8 else ASCII
