"""Mermaid, which forges draw where it stands in a comment or a document: a subgraph for each tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flametree_cfg.model import Kind
from flametree_cfg.report._documents import Document
from flametree_cfg.report._drawings import PICTURES
from flametree_cfg.report._lines import Block, Line, Symbols
from flametree_cfg.report._markup import in_mermaid
from flametree_cfg.report._wiring import Edge, Mark, Node, Wiring

_SHAPES = {Kind.CHANNEL: ("([", "])"), Kind.AGENT: ("[", "]"), Kind.CONNECTOR: ("[[", "]]")}
_CLASSES = {
    Mark.CREATE: "stroke:#1a7f37,stroke-width:3px",
    Mark.CHANGE: "stroke:#9a6700,stroke-width:3px",
    Mark.REPLACE: "stroke:#9a6700,stroke-width:3px",
    Mark.WARNING: "stroke:#9a6700,stroke-width:3px",
    Mark.DELETE: "stroke:#d1242f,stroke-width:3px,stroke-dasharray:5 3",
    Mark.ERROR: "stroke:#d1242f,stroke-width:3px",
    Mark.RESTART: "stroke:#0969da,stroke-width:3px",
    Mark.OUTSIDE: "stroke:#8250df,stroke-width:3px",
}


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write one flowchart; a result that cannot be drawn gives an empty one."""
    yield from map(Line, mermaid_lines(_WRITERS[kind](kind, document)))


def mermaid_lines(pictures: list[Wiring]) -> Iterator[str]:
    """Write pictures as one flowchart, from channels over agents to connectors."""
    yield "flowchart LR"
    for place, picture in enumerate(pictures):
        yield f'  subgraph t{place}["{in_mermaid(picture.tenant)}"]'
        names = {node.address: f"n{place}x{number}" for number, node in enumerate(picture.nodes)}
        for node in picture.nodes:
            opening, closing = _SHAPES[node.address.kind]
            css = f":::{node.mark.tone}" if node.mark else ""
            yield f'    {names[node.address]}{opening}"{_label(node)}"{closing}{css}'
        for edge in picture.edges:
            yield f'    {names[edge.source]} {_arrow(edge)}|"{in_mermaid(_said(edge))}"| {names[edge.target]}'
        yield "  end"
    for mark in sorted({node.mark for picture in pictures for node in picture.nodes if node.mark}):
        yield f"  classDef {mark.tone} {_CLASSES[mark]}"


def _label(node: Node) -> str:
    default = " (default)" if node.default else ""
    rows = (f"{node.sign} {node.address}".strip(), f"{node.type}{default}", node.name)
    return "<br/>".join(in_mermaid(row) for row in rows if row)


def _said(edge: Edge) -> str:
    return f"{edge.mark.sign} {edge.label}".strip()


def _arrow(edge: Edge) -> str:
    if edge.mark:
        return "==>"
    return "-.->" if edge.label == "outbound" else "-->"


_WRITERS = PICTURES
