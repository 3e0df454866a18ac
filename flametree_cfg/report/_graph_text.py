"""What a tenant's agents are connected to, as people read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from flametree_cfg.model import Address, Kind
from flametree_cfg.report._counts import joined, number
from flametree_cfg.report._documents import Document, Drawn
from flametree_cfg.report._drawings import drawings
from flametree_cfg.report._lines import BLANK, Block, Line, Symbols, Tone
from flametree_cfg.report._values_text import quoted
from flametree_cfg.report._wiring import Node, Wiring

_LISTED = (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)


def graph_document(items: Sequence[Drawn], symbols: Symbols) -> Iterator[Block]:
    """Write each agent with its channels and connectors, then what no agent uses; the last line is the summary."""
    pictures = drawings(Document.GRAPH, items)
    for picture in pictures:
        yield Line(f"Tenant {picture.tenant}", Tone.HEAD)
        yield from _tenant(picture, symbols)
        yield BLANK
    yield Line(graph_summary(pictures), Tone.HEAD)


def graph_summary(pictures: Sequence[Wiring]) -> str:
    """Write how much there is."""
    kinds = Counter(node.address.kind for picture in pictures for node in picture.nodes)
    listed = joined([number(kinds[kind], kind.value) for kind in _LISTED])
    connections = number(sum(len(picture.edges) for picture in pictures), "connection")
    return f"Graph: {listed}, {connections} in {number(len(pictures), 'tenant')}"


def _tenant(picture: Wiring, symbols: Symbols) -> Iterator[Line]:
    said: dict[Address, list[str]] = {}
    for edge in picture.edges:
        on_channel = edge.source.kind is Kind.CHANNEL
        text = f"{edge.label}: from {edge.source}" if on_channel else f"{edge.label}: {edge.target}"
        said.setdefault(edge.target if on_channel else edge.source, []).append(text)
    for node in picture.nodes:
        if node.address.kind is Kind.AGENT:
            yield Line(f"  {_named(node)}")
            yield from (Line(f"    {symbols.arrow} {text}") for text in said.get(node.address, ()))
    used = {end for edge in picture.edges for end in (edge.source, edge.target)}
    alone = [node for node in picture.nodes if node.address not in used and node.address.kind is not Kind.AGENT]
    if alone:
        yield Line("  linked to no agent by name")
        yield from (Line(f"    {_named(node)}{' (default)' if node.default else ''}") for node in alone)


def _named(node: Node) -> str:
    return "   ".join(part for part in (str(node.address), node.type, quoted(node.name) if node.name else "") if part)
