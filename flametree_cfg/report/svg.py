"""SVG: the picture of what a result speaks of, every tenant below the one before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flametree_cfg.report._documents import Document
from flametree_cfg.report._drawings import PICTURES
from flametree_cfg.report._lines import Block, Line, Symbols
from flametree_cfg.report._svg import svg_lines


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write one picture; a result that cannot be drawn gives an empty one."""
    yield from map(Line, svg_lines(_WRITERS[kind](kind, document), alone=True))


_WRITERS = PICTURES
