"""DOT, for Graphviz: the picture of what a result speaks of, a cluster for each tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flametree_cfg.model import Kind
from flametree_cfg.report._documents import Document
from flametree_cfg.report._drawings import PICTURES
from flametree_cfg.report._lines import Block, Line, Symbols
from flametree_cfg.report._markup import in_dot
from flametree_cfg.report._wiring import Edge, Mark, Node, Wiring

_SHAPES = {Kind.CHANNEL: "oval", Kind.AGENT: "box", Kind.CONNECTOR: "component"}
_COLOURS = {
    Mark.CREATE: "#1a7f37",
    Mark.CHANGE: "#9a6700",
    Mark.REPLACE: "#9a6700",
    Mark.WARNING: "#9a6700",
    Mark.DELETE: "#d1242f",
    Mark.ERROR: "#d1242f",
    Mark.RESTART: "#0969da",
    Mark.OUTSIDE: "#8250df",
}


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write one digraph; a result that cannot be drawn gives an empty one."""
    yield from map(Line, _lines(_WRITERS[kind](kind, document)))


def _lines(pictures: list[Wiring]) -> Iterator[str]:
    yield "digraph flametree {"
    yield "  rankdir=LR"
    yield '  node [fontname="Helvetica" fontsize=11]'
    yield '  edge [fontname="Helvetica" fontsize=9]'
    for place, picture in enumerate(pictures):
        yield f"  subgraph cluster_{place} {{"
        yield f"    label={_quoted(picture.tenant)}"
        names = {node.address: f"n{place}_{number}" for number, node in enumerate(picture.nodes)}
        for node in picture.nodes:
            yield f"    {names[node.address]} [{_node(node)}]"
        for edge in picture.edges:
            yield f"    {names[edge.source]} -> {names[edge.target]} [{_edge(edge)}]"
        yield "  }"
    yield "}"


def _node(node: Node) -> str:
    default = " (default)" if node.default else ""
    rows = (f"{node.sign} {node.address}".strip(), f"{node.type}{default}", node.name)
    label = r"\n".join(in_dot(row) for row in rows if row)
    return f'label="{label}" shape={_SHAPES[node.address.kind]}{_coloured(node.mark)}'


def _edge(edge: Edge) -> str:
    dashed = " style=dashed" if edge.label == "outbound" else ""
    return f"label={_quoted(f'{edge.mark.sign} {edge.label}'.strip())}{dashed}{_coloured(edge.mark)}"


def _coloured(mark: Mark) -> str:
    colour = _COLOURS.get(mark)
    return f' color="{colour}" fontcolor="{colour}" penwidth=2 tooltip="{mark.value}"' if colour else ""


def _quoted(text: str) -> str:
    return f'"{in_dot(text)}"'


_WRITERS = PICTURES
